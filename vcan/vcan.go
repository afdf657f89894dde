// Package vcan makes vcan links: CAN buses without hardware, on which what a
// program sends reaches all others.
package vcan
