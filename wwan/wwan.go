// Package wwan makes links for the data sessions of cellular modems. The modem, such as
// wwan0 of /sys/class/wwan, is there when its driver finds the hardware, and many drivers
// make the link of the first session by themselves. A program such as ModemManager connects
// a session, and gives the link its addresses.
package wwan
