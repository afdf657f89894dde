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

// The IP tunnels without GRE; tunnel.go has the settings and rules that they share with it.

var ipipKind = kind{
	config:      "NET_IPIP",
	info:        func() info { return new(IPIPInfo) },
	start:       func() info { return &IPIPInfo{Mode: IPIPModeIPIP} },
	wholeChange: true,
	address:     noAddress,
	addrLen:     4,
	fallback:    "tunl0",
	spelled:     attr.SetOf(uapi.IFLA_IPTUN_PROTO),
	fixed:       tunnelFixed(uapi.IFLA_IPTUN_REMOTE),
	defaults:    tunnelDefaults + " " + withoutARP,
}

// IPIPInfo is the kernel's report of an ipip link, RFC 2003.
type IPIPInfo struct {
	Tunnel
	TunnelIPv4
	// Mode is the protocol of the inner packets (IFLA_IPTUN_PROTO).
	Mode IPIPMode
}

func (v *IPIPInfo) attrs(c *attr.Codec) {
	attr.Enum(c.CreateOnly().Takes("ip4ip4=4 ipv4/ipv4=4 any/ipv4=0 mpls/ipv4=137"), uapi.IFLA_IPTUN_PROTO, "mode", &v.Mode, ipipModes)
	v.Tunnel.ends(c, ipTunnel, attr.Addr4)
	v.TunnelIPv4.attrs(c, ipTunnel)
	v.Encap.attrs(c, ipTunnel)
	attr.Flag(c.CreateOnly(), uapi.IFLA_IPTUN_COLLECT_METADATA, "external", &v.External)
}

// ipDefaults leaves the mode of a new builder.
func (v *IPIPInfo) ipDefaults(attr.Set) {}

// An IPIPMode is the protocol of the packets inside a tunnel over IPv4.
type IPIPMode uint8

// Protocols inside a tunnel over IPv4.
const (
	IPIPModeAny    IPIPMode = 0   // all that the driver knows
	IPIPModeIPIP   IPIPMode = 4   // IPv4
	IPIPModeIP6IP  IPIPMode = 41  // IPv6, only of sit links
	IPIPModeMPLSIP IPIPMode = 137 // MPLS
)

var (
	ipipModes = attr.Words{0: "any", 4: "ipip", 137: "mplsip"}
	sitModes  = attr.Words{0: "any", 4: "ipip", 41: "ip6ip", 137: "mplsip"}
)

// String returns the word of iproute2.
func (m IPIPMode) String() string {
	return attr.Word(sitModes, m)
}

// MarshalText returns the result of String.
func (m IPIPMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *IPIPMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(sitModes, "IPIP mode", text, m)
}

// validate applies the rules of the ipip driver.
func (v *IPIPInfo) validate(_ string, s *spec) error {
	if fault := v.externalFault(s, ipTunnel); fault != nil {
		return fault
	}
	if fault := v.encapFault(s, ipTunnel); fault != nil {
		return fault
	}
	return pmtuFault(s, 0)
}

func (v *IPIPInfo) outer() *TunnelIPv4 { return &v.TunnelIPv4 }

// overIPv4 is the info of a tunnel over IPv4.
type overIPv4 interface{ outer() *TunnelIPv4 }

// pmtuFault rejects a tunnel that clears the don't-fragment bit and has a TTL: the kernel
// sets the bit all the same. initial is the kernel's default of the TTL.
func pmtuFault(s *spec, initial uint8) error {
	ttl := now(s, uapi.IFLA_IPTUN_TTL, func(v overIPv4) uint8 { return v.outer().TTL }, initial)
	pmtu := now(s, uapi.IFLA_IPTUN_PMTUDISC, func(v overIPv4) bool { return v.outer().PMTUDiscovery }, true)
	if pmtu || ttl == 0 || !s.Set.Has(uapi.IFLA_IPTUN_PMTUDISC) && !s.Set.Has(uapi.IFLA_IPTUN_TTL) {
		return nil
	}
	return &attr.Error{Name: "pmtudisc", Text: "the kernel turns it off only with TTL(0), which copies the TTL of the inner packet"}
}

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

var ip6tnlKind = kind{
	config:      "IPV6_TUNNEL",
	info:        func() info { return new(IP6TnlInfo) },
	wholeChange: true,
	address:     noAddress,
	addrLen:     16,
	fallback:    "ip6tnl0",
	spelled:     attr.SetOf(uapi.IFLA_IPTUN_PROTO, uapi.IFLA_IPTUN_TTL, uapi.IFLA_IPTUN_ENCAP_LIMIT),
	defaults:    tunnelDefaults + " " + withoutARP,
}

// IP6TnlInfo is the kernel's report of an ip6tnl link: IPv4 or IPv6 in IPv6, RFC 2473.
type IP6TnlInfo struct {
	Tunnel
	TunnelIPv6
	// Mode is the protocol of the inner packets (IFLA_IPTUN_PROTO).
	Mode IP6TnlMode
}

func (v *IP6TnlInfo) attrs(c *attr.Codec) {
	attr.Enum(c.Takes("ipv6/ipv6=41 ip4ip6=4 ipv4/ipv6=4 any/ipv6=0"), uapi.IFLA_IPTUN_PROTO, "mode", &v.Mode, ip6tnlModes)
	v.Tunnel.ends(c, ipTunnel, attr.Addr6)
	v.TunnelIPv6.attrs(c, ipTunnel)
	v.Encap.attrs(c, ipTunnel)
	attr.Flag(c.CreateOnly(), uapi.IFLA_IPTUN_COLLECT_METADATA, "external", &v.External)
}

// afterWords makes values replace inherited ones.
func (v *IP6TnlInfo) afterWords(s *own.Settings) { v.notInherited(s, ipTunnel) }

// ipDefaults makes a tunnel for IPv6.
func (v *IP6TnlInfo) ipDefaults(missing attr.Set) {
	if missing.Has(uapi.IFLA_IPTUN_PROTO) {
		v.Mode = IP6TnlModeIP6IP6
	}
	v.limits(missing, ipTunnel)
}

// An IP6TnlMode is the protocol of the packets inside an ip6tnl link.
type IP6TnlMode uint8

// Protocols inside an ip6tnl link.
const (
	IP6TnlModeAny    IP6TnlMode = 0  // IPv4 and IPv6
	IP6TnlModeIPIP6  IP6TnlMode = 4  // IPv4
	IP6TnlModeIP6IP6 IP6TnlMode = 41 // IPv6
)

var ip6tnlModes = attr.Words{0: "any", 4: "ipip6", 41: "ip6ip6"}

// String returns the word of iproute2.
func (m IP6TnlMode) String() string {
	return attr.Word(ip6tnlModes, m)
}

// MarshalText returns the result of String.
func (m IP6TnlMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *IP6TnlMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(ip6tnlModes, "ip6tnl mode", text, m)
}

// validate applies the rules of the ip6tnl driver.
func (v *IP6TnlInfo) validate(_ string, s *spec) error {
	if fault := v.externalFault(s, ipTunnel); fault != nil {
		return fault
	}
	if fault := v.encapFault(s, ipTunnel); fault != nil {
		return fault
	}
	return nil
}

var (
	vtiKind = kind{
		config: "NET_IPVTI", info: func() info { return new(VTIInfo) }, wholeChange: true,
		address: noAddress, addrLen: 4, fallback: "ip_vti0", fixed: tunnelFixed(uapi.IFLA_VTI_REMOTE), defaults: vtiDefaults,
	}
	vti6Kind = kind{
		config: "IPV6_VTI", info: func() info { return new(VTI6Info) }, wholeChange: true,
		address: noAddress, addrLen: 16, fallback: "ip6_vti0", defaults: vtiDefaults,
	}
)

const vtiDefaults = withoutARP + " remote 0.0.0.0 local 0.0.0.0 remote :: local :: ikey 0 okey 0 fwmark 0x0"

// VTIInfo is the kernel's report of a vti link: IPsec over IPv4.
type VTIInfo struct {
	// Local and Remote are the addresses of the two ends; the unspecified address stands
	// for any (IFLA_VTI_LOCAL, IFLA_VTI_REMOTE).
	Local, Remote netip.Addr
	// Dev is the index of the link that the outer packets leave by, or 0
	// (IFLA_VTI_LINK).
	Dev int
	// IKey and OKey are the marks that the IPsec states and policies of the link have,
	// for received and for sent packets, 0 for none (IFLA_VTI_IKEY, IFLA_VTI_OKEY).
	IKey, OKey uint32
	// FwMark is a mark that routes no packets: the IPsec state does that. A new vti link
	// has the MTU of the route for it, and a vti6 link only reports it; 0 for none
	// (IFLA_VTI_FWMARK).
	FwMark uint32
}

func (v *VTIInfo) attrs(c *attr.Codec) { v.attrsWith(c, attr.Addr4) }

// attrsWith has the rows for addresses of one family: addr is attr.Addr4 or attr.Addr6.
func (v *VTIInfo) attrsWith(c *attr.Codec, addr func(*attr.Codec, uint16, string, *netip.Addr)) {
	addr(c, uapi.IFLA_VTI_REMOTE, "remote", &v.Remote)
	addr(c, uapi.IFLA_VTI_LOCAL, "local", &v.Local)
	attr.Index(c, uapi.IFLA_VTI_LINK, "dev", &v.Dev, "")
	attr.BE32(c, uapi.IFLA_VTI_IKEY, "ikey", &v.IKey)
	attr.BE32(c, uapi.IFLA_VTI_OKEY, "okey", &v.OKey)
	attr.U32(c.Hex(), uapi.IFLA_VTI_FWMARK, "fwmark", &v.FwMark)
}

// readWord reads "key", for both directions.
func (v *VTIInfo) readWord(s *own.Settings, word string, args *words.Args) (bool, error) {
	if word != "key" {
		return false, nil
	}
	s.Set = s.Set.Or(attr.SetOf(uapi.IFLA_VTI_IKEY, uapi.IFLA_VTI_OKEY))
	return true, readBothKeys(args, &v.IKey, &v.OKey)
}

// moreWords returns the words of readWord.
func (v *VTIInfo) moreWords() []string { return []string{"key"} }

// identity has no key: the driver finds a tunnel by its ends alone.
func (v *VTIInfo) identity() tunnelIdentity {
	return tunnelIdentity{local: attr.Specified(v.Local), remote: attr.Specified(v.Remote), dev: v.Dev}
}

// VTI6Info is the kernel's report of a vti6 link: IPsec over IPv6.
type VTI6Info struct {
	VTIInfo
}

func (v *VTI6Info) attrs(c *attr.Codec) { v.attrsWith(c, attr.Addr6) }

// identity has no Dev: the driver finds a tunnel by the two addresses.
func (v *VTI6Info) identity() tunnelIdentity {
	return tunnelIdentity{local: attr.Specified(v.Local), remote: attr.Specified(v.Remote)}
}

// identifiedBy names the settings of the identity.
func (v *VTI6Info) identifiedBy() string { return "Local and Remote" }
