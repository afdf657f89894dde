// Package uapi holds the numbers of the kernel's link interface, under the
// kernel's own names, so that they can be grepped for in its source.
//
// They are repeated here rather than taken from golang.org/x/sys/unix because
// that package has them on Linux only and lacks the newest ones. A test
// compares those that both have.
package uapi
