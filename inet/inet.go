// Package inet has the addresses, routes and neighbours of links as plain values:
// what one gives to the setters Addrs, Routes and Neighs of a builder of package
// iplink, and what the methods of those names of a Link report.
package inet
