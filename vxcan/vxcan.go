// Package vxcan makes pairs of virtual CAN links. Frames sent into one end come out
// at the other, often in another namespace.
package vxcan
