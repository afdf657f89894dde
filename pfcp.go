package iplink

import (
	"context"
	"fmt"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
)

var pfcpKind = kind{
	config:     "PFCP",
	since:      attr.Version{Major: 6, Minor: 10},
	tunnel:     true,
	hidesNetNS: true,
	address:    "a pfcp link has no link-layer address",
	sizes:      pfcpSizes,
	defaults:   "arp off mtu 0",
}

// pfcpSizes rejects an MTU with which IPv4 or IPv6 would use the link. The driver has no
// function that sends, and the kernel calls it regardless (Linux 6.10 to 7.3).
func pfcpSizes(mtu uint32) string {
	if mtu < 68 {
		return ""
	}
	return fmt.Sprintf("with %d, IP sends on the link, the driver cannot, and the kernel crashes: up to 67 it only receives", mtu)
}

// pfcpPort is the UDP port of the protocol (3GPP TS 29.244, section 6.6).
const pfcpPort = 8805

// sessionPortTaken finds the owner of the UDP port on which the link is to receive.
func (t *transaction) sessionPortTaken(ctx context.Context, s *step, errno syscall.Errno) fact {
	j := s.job
	if j.spec.Kind != KindPFCP || errno != syscall.EADDRINUSE || s.what != stepCreate {
		return fact{}
	}
	for _, p := range []*nsConn{j.under, j.at} {
		if l := p.firstOf(ctx, KindPFCP, func(*Link) bool { return true }); l != nil {
			return fact{text: fmt.Sprintf("a namespace has one pfcp link, and that is %q here", l.Name)}
		}
	}
	return fact{text: fmt.Sprintf("UDP port %d is taken by %s", pfcpPort, t.portOwner(ctx, j.under, j.index, pfcpPort))}
}
