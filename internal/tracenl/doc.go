// Package tracenl puts netlink messages into words, for the trace of a program: all of route
// netlink that this library uses, and all of its generic netlink families. It accepts any
// bytes, and never shows a key.
package tracenl
