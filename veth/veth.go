// Package veth makes pairs of virtual Ethernet links: what goes in at one end
// comes out at the other, often in another namespace.
package veth
