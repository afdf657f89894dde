// Package vxcan makes pairs of virtual CAN links: what goes in at one end comes
// out at the other, often in another namespace.
package vxcan
