// Package virtwifi makes virt_wifi links, wireless stations without a radio on top of an
// Ethernet link. Programs that expect a wireless link scan, find one network and connect
// to it; then the frames of the station go through the link below.
package virtwifi
