// Package kerneltest holds tests of package iplink on the running kernel that use
// nothing but what the package exports and, to inject faults, the socket of a Conn, which
// lab.Socket returns. Tests that look inside are beside it.
package kerneltest
