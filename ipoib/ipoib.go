// Package ipoib makes IPoIB links: IP over InfiniBand in a partition, RFC 4391.
package ipoib

import "github.com/iplink-go/iplink"

// Modes: the InfiniBand transports.
const (
	Datagram  = iplink.IPoIBDatagram  // unreliable datagram, RFC 4391
	Connected = iplink.IPoIBConnected // reliable connected, RFC 4755
)
