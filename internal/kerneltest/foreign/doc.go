// Package foreign holds tests that read links which other interfaces of the kernel make
// than route netlink, some of them in the first namespace.
package foreign
