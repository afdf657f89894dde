package iplink

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/words"
)

var sitKind = kind{
	config:      "IPV6_SIT",
	info:        func() info { return new(SITInfo) },
	start:       func() info { return &SITInfo{Mode: IPIPModeIP6IP, TunnelIPv4: TunnelIPv4{TTL: 64}} },
	wholeChange: true,
	address:     noAddress,
	addrLen:     4,
	fallback:    "sit0",
	spelled:     attr.SetOf(uapi.IFLA_IPTUN_PROTO, uapi.IFLA_IPTUN_TTL),
	fixed:       tunnelFixed(uapi.IFLA_IPTUN_REMOTE),
	defaults:    tunnelDefaults + " " + withoutARP + " 6rd-prefix 2002::/16 6rd-relay_prefix 0.0.0.0/0",
}

// SITInfo is the kernel's report of a sit link: IPv6 in IPv4, RFC 4213. Such links have
// no External.
type SITInfo struct {
	Tunnel
	TunnelIPv4
	// Mode is the protocol of the inner packets (IFLA_IPTUN_PROTO).
	Mode IPIPMode
	// ISATAP makes the link one of RFC 5214 (IFLA_IPTUN_FLAGS).
	ISATAP bool
	// SixRDPrefix and SixRDRelay are the prefixes of 6rd, RFC 5969; by default the
	// prefixes of 6to4, 2002::/16 and 0.0.0.0/0 (IFLA_IPTUN_6RD_PREFIX, …_6RD_PREFIXLEN,
	// …_6RD_RELAY_PREFIX, …_6RD_RELAY_PREFIXLEN).
	SixRDPrefix, SixRDRelay netip.Prefix
}

func (v *SITInfo) attrs(c *attr.Codec) {
	attr.Enum(c.CreateOnly().Takes("ipv6/ipv4=41 ip4ip4=4 ipv4/ipv4=4 any/ipv4=0 mpls/ipv4=137"), uapi.IFLA_IPTUN_PROTO, "mode", &v.Mode, sitModes)
	v.Tunnel.ends(c, ipTunnel, attr.Addr4)
	v.TunnelIPv4.attrs(c, ipTunnel)
	attr.Packed16(uapi.IFLA_IPTUN_FLAGS).Words(c.CreateOnly(), own.TunnelISATAP, uapi.SIT_ISATAP, "isatap", &v.ISATAP)
	attr.Custom(c, uapi.IFLA_IPTUN_6RD_PREFIX, "6rd-prefix", (*prefixAddr)(&v.SixRDPrefix))
	attr.Custom(c, uapi.IFLA_IPTUN_6RD_PREFIXLEN, "6rd-prefix", (*prefixLen)(&v.SixRDPrefix))
	attr.Custom(c, uapi.IFLA_IPTUN_6RD_RELAY_PREFIX, "6rd-relay_prefix", (*prefixAddr)(&v.SixRDRelay))
	attr.Custom(c, uapi.IFLA_IPTUN_6RD_RELAY_PREFIXLEN, "6rd-relay_prefix", (*prefixLen)(&v.SixRDRelay))
	v.Encap.attrs(c, ipTunnel)
}

// ipDefaults makes packets copy the TTL.
func (v *SITInfo) ipDefaults(missing attr.Set) {
	if missing.Has(uapi.IFLA_IPTUN_TTL) {
		v.TTL = 0
	}
}

// afterWords adds the lengths of the prefixes, which the same words give.
func (v *SITInfo) afterWords(s *own.Settings) {
	for _, pair := range [][2]uint16{
		{uapi.IFLA_IPTUN_6RD_PREFIX, uapi.IFLA_IPTUN_6RD_PREFIXLEN}, {uapi.IFLA_IPTUN_6RD_RELAY_PREFIX, uapi.IFLA_IPTUN_6RD_RELAY_PREFIXLEN},
	} {
		if s.Set.Has(pair[0]) {
			s.Set.Add(pair[1])
		}
	}
}

func (v *SITInfo) outer() *TunnelIPv4 { return &v.TunnelIPv4 }

// validate applies the rules of the sit driver.
func (v *SITInfo) validate(_ string, s *spec) error {
	if fault := v.encapFault(s, ipTunnel); fault != nil {
		return fault
	}
	if s.Set.Has(uapi.IFLA_IPTUN_6RD_PREFIXLEN) && v.SixRDPrefix.Bits() > 32+max(v.SixRDRelay.Bits(), 0) {
		return &attr.Error{Name: "6rd-prefix", Text: fmt.Sprintf("%v leaves no room for the IPv4 address after the %d bits of the relay prefix",
			v.SixRDPrefix, max(v.SixRDRelay.Bits(), 0))}
	}
	return pmtuFault(s, 64)
}

// prefixAddr is the address of a prefix, in an attribute of its own.
type prefixAddr netip.Prefix

func (p *prefixAddr) prefix() netip.Prefix { return netip.Prefix(*p) }

// AppendPayload appends the address.
func (p *prefixAddr) AppendPayload(b []byte) []byte {
	return append(b, p.prefix().Addr().AsSlice()...)
}

// ParsePayload reads the address, and keeps the length.
func (p *prefixAddr) ParsePayload(b []byte) error {
	addr, ok := netip.AddrFromSlice(b)
	if !ok {
		return fmt.Errorf("%d bytes where 4 or 16 are due", len(b))
	}
	*p = prefixAddr(netip.PrefixFrom(addr, max(p.prefix().Bits(), 0)))
	return nil
}

// AppendWords appends the prefix.
func (p *prefixAddr) AppendWords(b []byte) []byte { return p.prefix().AppendTo(b) }

// ReadWords reads the prefix.
func (p *prefixAddr) ReadWords(_ string, args *words.Args) error {
	prefix, err := args.Prefix()
	*p = prefixAddr(prefix)
	return err
}

// JSONValue returns the prefix.
func (p *prefixAddr) JSONValue() any { return (*netip.Prefix)(p) }

// Same compares the addresses.
func (p *prefixAddr) Same(have attr.Payload) bool {
	return p.prefix().Addr() == have.(*prefixAddr).prefix().Addr()
}

// Check rejects a prefix with bits beyond its length.
func (p *prefixAddr) Check() error {
	switch prefix := p.prefix(); {
	case !prefix.IsValid():
		return errors.New("the zero netip.Prefix is not a prefix")
	case prefix != prefix.Masked():
		return fmt.Errorf("%v has bits beyond its length", prefix)
	}
	return nil
}

// prefixLen is the length of a prefix, in an attribute of its own. iproute2 writes it with
// the address.
type prefixLen netip.Prefix

func (p *prefixLen) prefix() netip.Prefix { return netip.Prefix(*p) }

// AppendPayload appends the length.
func (p *prefixLen) AppendPayload(b []byte) []byte {
	return binary.NativeEndian.AppendUint16(b, uint16(max(p.prefix().Bits(), 0)))
}

// ParsePayload reads the length. The address may come later.
func (p *prefixLen) ParsePayload(b []byte) error {
	if err := attr.Width(b, 2); err != nil {
		return err
	}
	addr, bits := p.prefix().Addr(), int(binary.NativeEndian.Uint16(b))
	if !addr.IsValid() {
		addr = netip.IPv6Unspecified()
	}
	if bits > addr.BitLen() {
		return fmt.Errorf("a prefix length of %d", bits)
	}
	*p = prefixLen(netip.PrefixFrom(addr, bits))
	return nil
}

// AppendWords appends nothing.
func (p *prefixLen) AppendWords(b []byte) []byte { return b }

// Within compares the lengths.
func (p *prefixLen) Within(have attr.Payload) bool {
	return p.prefix().Bits() == have.(*prefixLen).prefix().Bits()
}

// Same compares the lengths.
func (p *prefixLen) Same(have attr.Payload) bool { return p.Within(have) }

// Check accepts any length: prefixAddr checks it.
func (p *prefixLen) Check() error { return nil }
