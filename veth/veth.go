// Package veth makes pairs of virtual Ethernet links. Frames sent into one end come
// out at the other, often in another namespace.
package veth
