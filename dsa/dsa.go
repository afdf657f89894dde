// Package dsa changes the ports of Ethernet switches that Linux drives itself, by its
// Distributed Switch Architecture. Each port is a link; frames between the switch and the
// processor pass another one, the conduit. The ports are there when the driver of the
// switch finds the hardware, and are neither made nor deleted.
package dsa
