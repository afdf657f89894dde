// Package inet has plain types for the addresses, routes and neighbours of links.
// They are the arguments of the setters Addrs, Routes and Neighs of a builder in
// package iplink, and the results of the methods with those names of a Link.
package inet
