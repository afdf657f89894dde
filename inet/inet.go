// Package inet has plain types for the addresses, routes, neighbours and sysctls of links.
// They are the arguments of the setters Addrs, Routes, Neighs and Sysctls of a builder in
// package iplink, and the results of the methods with those names of a Link.
package inet
