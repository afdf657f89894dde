// Package vcan makes vcan links: CAN buses without hardware, on which a frame sent
// by one program reaches all others.
package vcan
