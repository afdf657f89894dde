// Package uapi holds the numbers of the kernel's link interface, under the kernel's
// own names, so that its source can be searched for them.
//
// They are repeated here because golang.org/x/sys/unix has them on Linux only and
// lacks the newest ones. A test compares the numbers that both packages have.
package uapi
