package fou

import (
	"fmt"
	"math"
	"net/netip"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// check returns the fault of a port that is to be added, or nil.
func (p *Port) check() *attr.Error {
	switch {
	case p.Type > GUE:
		return fault("type", "%d is not one of Direct, GUE", p.Type)
	case p.Type == Direct && p.Protocol == 0:
		return fault("ipproto", "there is no default for it: set Protocol, such as 4 for IPv4 packets, or Type to GUE")
	case p.Type == GUE && p.Protocol != 0:
		return fault("ipproto", "GUE has the protocol in its header: leave Protocol out")
	}
	return p.checkIdentity()
}

// checkIdentity returns the fault of the settings that identify a port, or nil.
func (p *Port) checkIdentity() *attr.Error {
	switch {
	case p.Port == 0:
		return fault("port", "0 is not a UDP port: set Port, 1 to 65535")
	case p.Family > IPv6:
		return fault("family", "%d is not one of IPv4, IPv6", p.Family)
	}
	for _, find := range []func() *attr.Error{p.localFault, p.peerFault, p.devFault} {
		if f := find(); f != nil {
			return f
		}
	}
	return nil
}

func (p *Port) localFault() *attr.Error {
	if !p.Local.IsValid() {
		return nil
	}
	return p.addrFault("local", p.Local)
}

func (p *Port) peerFault() *attr.Error {
	switch addr := p.Peer.Addr(); {
	case p.Peer == netip.AddrPort{}:
		return nil
	case !addr.IsValid():
		return fault("peer", "port %d has no address: set both, or neither", p.Peer.Port())
	case p.Peer.Port() == 0:
		return fault("peer_port", "%v has no port: set both, or neither", addr)
	case addr.IsUnspecified():
		return fault("peer", "%v is not an address of a sender: leave Peer out for any", addr)
	default:
		return p.addrFault("peer", addr)
	}
}

// addrFault returns the fault of an address, or nil.
func (p *Port) addrFault(word string, addr netip.Addr) *attr.Error {
	switch {
	case addr.Zone() != "":
		return fault(word, "%v has a zone: leave it out, and name the link with Dev", addr)
	case addr.Is4In6():
		return fault(word, "%v is an IPv4 address in IPv6 clothes: Unmap it", addr)
	case addr.Is4() != (p.Family == IPv4):
		return fault(word, "%v is of the other family: set Family to %s", addr, constant(addr))
	case addr.Is6() && addr.IsLinkLocalUnicast() && p.Dev == "" && p.DevIndex == 0:
		return fault("dev", "%v can be on each link: set Dev to one", addr)
	}
	return nil
}

// constant returns the name of the constant for the family of an address.
func constant(addr netip.Addr) string {
	if addr.Is4() {
		return "IPv4"
	}
	return "IPv6"
}

func (p *Port) devFault() *attr.Error {
	switch {
	case len(p.Dev) >= uapi.ALTIFNAMSIZ || strings.ContainsRune(p.Dev, 0):
		return fault("dev", "%q is not a name of a link", p.Dev)
	case p.Dev == "" && (p.DevIndex < 0 || p.DevIndex > math.MaxInt32):
		return fault("dev", "%d is not an interface index", p.DevIndex)
	}
	return nil
}

func fault(word, format string, args ...any) *attr.Error {
	return &attr.Error{Name: word, Text: fmt.Sprintf(format, args...)}
}
