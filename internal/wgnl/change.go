package wgnl

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strconv"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Change describes settings of a device: the contents of a request, or the wanted state.
// Settings that are nil stay as they are.
type Change struct {
	Index   int
	Private []byte // 32 zeros remove the key
	Port    *uint16
	FwMark  *uint32
	Peers   []PeerChange
}

// A PeerChange describes a peer: in a request, or as it is wanted. Settings that are nil
// or empty stay as they are.
type PeerChange struct {
	Public    Key
	Remove    bool   // the peer is not to exist
	Update    bool   // change an existing peer, but add none
	Preshared []byte // 32 zeros remove the key
	Endpoint  netip.AddrPort
	Keepalive *uint16
	Replace   bool           // AllowedIPs are to be the only ones
	Allowed   []netip.Prefix // to be added
	Disallow  []netip.Prefix // to be removed, which kernels before Linux 6.16 ignore
}

// IsEmpty reports whether there is nothing to change.
func (c *Change) IsEmpty() bool {
	return c.Private == nil && c.Port == nil && c.FwMark == nil && len(c.Peers) == 0
}

// Upper bounds of the sizes of parts of a request.
const (
	mostBytes   = 16 << 10 // of a request
	deviceBytes = 128
	peerBytes   = 160
	ipBytes     = 48
)

// split returns the parts of a change that fit a request each. A long list of allowed
// IPs continues in the next part.
func (c *Change) split() []Change {
	part := Change{Index: c.Index, Private: c.Private, Port: c.Port, FwMark: c.FwMark}
	all, room := []Change(nil), mostBytes-deviceBytes
	for _, p := range c.Peers {
		for more := true; more; {
			if room < peerBytes+ipBytes {
				all = append(all, part)
				part, room = Change{Index: c.Index}, mostBytes-deviceBytes
			}
			var head PeerChange
			head, more = p.cut((room - peerBytes) / ipBytes)
			part.Peers = append(part.Peers, head)
			room -= peerBytes + ipBytes*(len(head.Allowed)+len(head.Disallow))
		}
	}
	return append(all, part)
}

// cut removes the settings of the peer with up to n allowed IPs from p, and returns them.
// It reports whether allowed IPs remain.
func (p *PeerChange) cut(n int) (head PeerChange, more bool) {
	head = *p
	allow := min(n, len(p.Allowed))
	disallow := min(n-allow, len(p.Disallow))
	head.Allowed, head.Disallow = p.Allowed[:allow], p.Disallow[:disallow]
	*p = PeerChange{Public: p.Public, Update: p.Update, Allowed: p.Allowed[allow:], Disallow: p.Disallow[disallow:]}
	return head, len(p.Allowed)+len(p.Disallow) > 0
}

// Append appends the request without the netlink header.
func (c *Change) Append(b []byte, version uint8) []byte {
	b = append(b, uapi.WG_CMD_SET_DEVICE, version, 0, 0)
	b = wire.AppendU32(b, uapi.WGDEVICE_A_IFINDEX, uint32(c.Index))
	if c.Private != nil {
		b = wire.AppendAttr(b, uapi.WGDEVICE_A_PRIVATE_KEY, c.Private)
	}
	if c.Port != nil {
		b = wire.AppendU16(b, uapi.WGDEVICE_A_LISTEN_PORT, *c.Port)
	}
	if c.FwMark != nil {
		b = wire.AppendU32(b, uapi.WGDEVICE_A_FWMARK, *c.FwMark)
	}
	if len(c.Peers) == 0 {
		return b
	}
	b, list := wire.Begin(b, uapi.WGDEVICE_A_PEERS|uapi.NLA_F_NESTED)
	for i := range c.Peers {
		b = c.Peers[i].append(b)
	}
	return wire.End(b, list)
}

func (p *PeerChange) append(b []byte) []byte {
	b, at := wire.Begin(b, uapi.NLA_F_NESTED)
	b = wire.AppendAttr(b, uapi.WGPEER_A_PUBLIC_KEY, p.Public[:])
	if flags := p.flags(); flags != 0 {
		b = wire.AppendU32(b, uapi.WGPEER_A_FLAGS, flags)
	}
	if p.Preshared != nil {
		b = wire.AppendAttr(b, uapi.WGPEER_A_PRESHARED_KEY, p.Preshared)
	}
	if p.Endpoint.IsValid() {
		var room [sockaddrIn6]byte
		b = wire.AppendAttr(b, uapi.WGPEER_A_ENDPOINT, appendEndpoint(room[:0], p.Endpoint))
	}
	if p.Keepalive != nil {
		b = wire.AppendU16(b, uapi.WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, *p.Keepalive)
	}
	return wire.End(p.appendAllowedIPs(b), at)
}

func (p *PeerChange) flags() (flags uint32) {
	if p.Remove {
		flags |= uapi.WGPEER_F_REMOVE_ME
	}
	if p.Replace {
		flags |= uapi.WGPEER_F_REPLACE_ALLOWEDIPS
	}
	if p.Update {
		flags |= uapi.WGPEER_F_UPDATE_ONLY
	}
	return flags
}

func (p *PeerChange) appendAllowedIPs(b []byte) []byte {
	if len(p.Allowed)+len(p.Disallow) == 0 {
		return b
	}
	b, list := wire.Begin(b, uapi.WGPEER_A_ALLOWEDIPS|uapi.NLA_F_NESTED)
	for _, ip := range p.Allowed {
		b = appendAllowedIP(b, ip, 0)
	}
	for _, ip := range p.Disallow {
		b = appendAllowedIP(b, ip, uapi.WGALLOWEDIP_F_REMOVE_ME)
	}
	return wire.End(b, list)
}

func appendAllowedIP(b []byte, ip netip.Prefix, flags uint32) []byte {
	family := uint16(uapi.AF_INET)
	if ip.Addr().Is6() {
		family = uapi.AF_INET6
	}
	b, at := wire.Begin(b, uapi.NLA_F_NESTED)
	b = wire.AppendU16(b, uapi.WGALLOWEDIP_A_FAMILY, family)
	b = wire.AppendAttr(b, uapi.WGALLOWEDIP_A_IPADDR, ip.Addr().AsSlice())
	b = wire.AppendU8(b, uapi.WGALLOWEDIP_A_CIDR_MASK, uint8(ip.Bits()))
	if flags != 0 {
		b = wire.AppendU32(b, uapi.WGALLOWEDIP_A_FLAGS, flags)
	}
	return wire.End(b, at)
}

// appendEndpoint appends a struct sockaddr_in or sockaddr_in6. A zone is a number.
func appendEndpoint(b []byte, e netip.AddrPort) []byte {
	addr := e.Addr().Unmap()
	if addr.Is4() {
		b = binary.BigEndian.AppendUint16(wire.Order.AppendUint16(b, uapi.AF_INET), e.Port())
		return append(append(b, addr.AsSlice()...), make([]byte, 8)...)
	}
	scope, _ := strconv.ParseUint(addr.Zone(), 10, 32) // checked before
	b = binary.BigEndian.AppendUint16(wire.Order.AppendUint16(b, uapi.AF_INET6), e.Port())
	b = append(append(b, 0, 0, 0, 0), addr.AsSlice()...)
	return wire.Order.AppendUint32(b, uint32(scope))
}

// Missing returns the part of the wanted settings that the device lacks.
func (c *Change) Missing(have *Device) Change {
	m := Change{Index: have.Index}
	if c.Private != nil && !sameSecret(clamped(c.Private), have.Private) {
		m.Private = c.Private
	}
	if c.Port != nil && *c.Port != have.Port {
		m.Port = c.Port
	}
	if c.FwMark != nil && *c.FwMark != have.FwMark {
		m.FwMark = c.FwMark
	}
	for i := range c.Peers {
		if p, differs := c.Peers[i].Missing(have.Peer(c.Peers[i].Public)); differs {
			m.Peers = append(m.Peers, p)
		}
	}
	return m
}

// Missing returns the part of a wanted peer that an existing one lacks, and whether there
// is any. The existing one may be nil.
func (p *PeerChange) Missing(have *Peer) (m PeerChange, differs bool) {
	switch {
	case p.Remove:
		return PeerChange{Public: p.Public, Remove: true}, have != nil
	case have == nil:
		return *p, true
	}
	m = PeerChange{Public: p.Public, Update: true}
	if p.Preshared != nil && !sameSecret(Key(p.Preshared), have.Preshared) {
		m.Preshared, differs = p.Preshared, true
	}
	if p.Endpoint.IsValid() && p.Endpoint != have.Endpoint {
		m.Endpoint, differs = p.Endpoint, true
	}
	if p.Keepalive != nil && *p.Keepalive != have.Keepalive {
		m.Keepalive, differs = p.Keepalive, true
	}
	if p.Replace && len(without(have.AllowedIPs, p.Allowed)) > 0 {
		m.Replace, m.Allowed, differs = true, p.Allowed, true
	} else if missing := without(p.Allowed, have.AllowedIPs); len(missing) > 0 {
		m.Allowed, differs = missing, true
	}
	return m, differs
}

// without returns the prefixes that are not among others.
func without(prefixes, others []netip.Prefix) []netip.Prefix {
	known := make(map[netip.Prefix]bool, len(others))
	for _, p := range others {
		known[p] = true
	}
	return slices.DeleteFunc(slices.Clone(prefixes), func(p netip.Prefix) bool { return known[p] })
}

// Exactly returns the description of a device as it is.
func Exactly(d *Device) Change {
	c := Change{Index: d.Index, Private: d.Private[:], Port: &d.Port, FwMark: &d.FwMark}
	for _, p := range d.Peers {
		c.Peers = append(c.Peers, PeerChange{Public: p.Public, Preshared: p.Preshared[:], Endpoint: p.Endpoint,
			Keepalive: &p.Keepalive, Replace: true, Allowed: p.AllowedIPs})
	}
	return c
}

// Back returns the change that restores a device as it was before.
func Back(before, now *Device) Change {
	c := Exactly(before)
	for _, p := range now.Peers {
		if before.Peer(p.Public) == nil {
			c.Peers = append(c.Peers, PeerChange{Public: p.Public, Remove: true})
		}
	}
	return c.Missing(now)
}
