package iplink

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/netns"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/words"
)

// Tunnels in UDP: amt, bareudp and pfcp, and the owner of a UDP port that a tunnel needs.

// portOwner describes the owner of a UDP port: a VXLAN link other than the one with
// the index, or a process.
func (t *transaction) portOwner(ctx context.Context, p *nsConn, index int, port uint16) string {
	if p == nil {
		return unknownSocket
	}
	for _, l := range p.vxlans(ctx) {
		if v := l.Info.(*VXLANInfo); l.Up() && l.Index != index && v.Port == port {
			return fmt.Sprintf("%q, which shares it only with links that have the same GBP, GPE, External and LocalBind", l.Name)
		}
	}
	ns, err := t.namespace(p)
	if err != nil {
		return unknownSocket
	}
	if owner := netns.UDPOwner(ns.Do, port); owner != "" {
		return owner
	}
	return unknownSocket
}

// unknownSocket stands for an owner of a UDP port that cannot be found.
const unknownSocket = "another socket"

// vxlans returns the VXLAN links of a namespace, if it can be read.
func (p *nsConn) vxlans(ctx context.Context) []*Link {
	links, err := (&Conn{rt: p.rt}).list(ctx, filter{kind: KindVXLAN})
	if err != nil {
		return nil
	}
	var all []*Link
	for _, l := range links {
		if _, ok := l.Info.(*VXLANInfo); ok {
			all = append(all, l)
		}
	}
	return all
}

var amtKind = kind{
	config:      "AMT",
	info:        func() info { return new(AMTInfo) },
	required:    attr.SetOf(uapi.IFLA_AMT_MODE, uapi.IFLA_AMT_LINK, uapi.IFLA_AMT_LOCAL_IP),
	afterCreate: attr.SetOf(uapi.IFLA_MTU),
	underlayOf:  func(i info) int { return i.(*AMTInfo).Dev },
	defaults:    "relay_port 2268 gateway_port 2268 discovery 0.0.0.0 max_tunnels 128",
}

// AMTInfo is the kernel's report of an amt link, automatic multicast tunneling, RFC 7450.
type AMTInfo struct {
	// Mode is the end of the tunnel that the link is (IFLA_AMT_MODE).
	Mode AMTMode
	// RelayPort and GatewayPort are the UDP ports of the two ends (IFLA_AMT_RELAY_PORT,
	// IFLA_AMT_GATEWAY_PORT).
	RelayPort, GatewayPort uint16
	// Dev is the interface index of the link that the packets of the tunnel go through
	// (IFLA_AMT_LINK).
	Dev int
	// Local is the source address of these packets (IFLA_AMT_LOCAL_IP).
	Local netip.Addr
	// Discovery is the address at which a gateway looks for a relay
	// (IFLA_AMT_DISCOVERY_IP). It is 0.0.0.0 for a relay.
	Discovery netip.Addr
	// Remote is the relay that answered, and the zero Addr while none has and for a
	// relay (IFLA_AMT_REMOTE_IP).
	Remote netip.Addr
	// MaxTunnels is the maximum number of gateways of a relay (IFLA_AMT_MAX_TUNNELS).
	MaxTunnels uint32
}

func (v *AMTInfo) attrs(c *attr.Codec) {
	attr.Enum(c.CreateOnly(), uapi.IFLA_AMT_MODE, "mode", &v.Mode, amtModes)
	attr.BE16(c.CreateOnly(), uapi.IFLA_AMT_RELAY_PORT, "relay_port", &v.RelayPort, 1, 65535)
	attr.BE16(c.CreateOnly(), uapi.IFLA_AMT_GATEWAY_PORT, "gateway_port", &v.GatewayPort, 1, 65535)
	attr.Index(c.CreateOnly(), uapi.IFLA_AMT_LINK, "dev", &v.Dev)
	attr.Addr4(c.CreateOnly(), uapi.IFLA_AMT_LOCAL_IP, "local", &v.Local)
	attr.Addr4(c.CreateOnly(), uapi.IFLA_AMT_DISCOVERY_IP, "discovery", &v.Discovery)
	attr.ReportedAddr(c, uapi.IFLA_AMT_REMOTE_IP, "remote", &v.Remote)
	attr.U32(c.CreateOnly(), uapi.IFLA_AMT_MAX_TUNNELS, "max_tunnels", &v.MaxTunnels, 1, 1<<32-1)
}

// An AMTMode is an end of a tunnel.
type AMTMode uint32

// Ends of a tunnel.
const (
	AMTGateway AMTMode = iota // asks a relay for multicast
	AMTRelay                  // sends multicast to gateways
)

var amtModes = attr.Words{"gateway", "relay"}

// String returns the word of iproute2.
func (m AMTMode) String() string {
	return attr.Word(amtModes, m)
}

// MarshalText returns the result of String.
func (m AMTMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *AMTMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(amtModes, "AMT mode", text, m)
}

// validate applies the rules of amt_validate and amt_newlink in the kernel.
func (v *AMTInfo) validate(op string, s *spec) error {
	has := s.Set.Has
	if fault := unicastFault("local", v.Local, has(uapi.IFLA_AMT_LOCAL_IP)); fault != nil {
		return fault
	}
	if fault := unicastFault("discovery", v.Discovery, has(uapi.IFLA_AMT_DISCOVERY_IP)); fault != nil {
		return fault
	}
	if !has(uapi.IFLA_AMT_MODE) {
		return nil
	}
	const gateways, relays = "only a Gateway has it", "only a Relay has it"
	switch gateway := v.Mode == AMTGateway; {
	case gateway && op == "create" && !has(uapi.IFLA_AMT_DISCOVERY_IP):
		return &attr.Error{Name: "discovery", Text: "a Gateway has no default for it"}
	case gateway && has(uapi.IFLA_AMT_MAX_TUNNELS):
		return &attr.Error{Name: "max_tunnels", Text: relays}
	case !gateway && has(uapi.IFLA_AMT_DISCOVERY_IP):
		return &attr.Error{Name: "discovery", Text: gateways}
	case !gateway && has(uapi.IFLA_AMT_GATEWAY_PORT):
		return &attr.Error{Name: "gateway_port", Text: gateways}
	}
	return nil
}

// unicastFault rejects an address that is set and that no host has.
func unicastFault(name string, a netip.Addr, set bool) *attr.Error {
	if set && a.Is4() && (a.As4()[0] == 0 || a.IsLoopback() || a.IsMulticast()) {
		return &attr.Error{Name: name, Text: fmt.Sprintf("%v is not an address of a host", a)}
	}
	return nil
}

// streamRefused explains why the kernel does not accept the Dev of an amt link, and finds
// the owner of its UDP port. The kernel's own message names another setting.
func (t *transaction) streamRefused(ctx context.Context, s *step, errno syscall.Errno) fact {
	v, ok := s.job.spec.Info.(*AMTInfo)
	switch {
	case s.what > stepChange:
	case errno == syscall.EADDRINUSE:
		return t.relayPortTaken(ctx, s)
	case ok && s.what == stepCreate && errno == syscall.EINVAL && !t.isEthernet(ctx, s.job, v):
		return fact{"dev", "an amt link sends through an Ethernet link"}
	}
	return fact{}
}

// isEthernet reports whether the Dev of a new amt link is Ethernet, or unknown.
func (t *transaction) isEthernet(ctx context.Context, j *job, v *AMTInfo) bool {
	index, _ := refIndex(j.infoRefs, uapi.IFLA_AMT_LINK, v.Dev)
	below, err := j.at.readIndex(ctx, index)
	return err != nil || below.Type == HardwareEther
}

// relayPort is the default UDP port of both ends (RFC 7450, section 7.2).
const relayPort = 2268

// relayPortTaken finds the owner of the UDP port on which an amt link is to receive. It is
// the port of the relay at both ends.
func (t *transaction) relayPortTaken(ctx context.Context, s *step) fact {
	v, ok := s.job.spec.Info.(*AMTInfo)
	if s.what != stepCreate {
		link, err := s.job.at.readIndex(ctx, s.job.index)
		if err != nil {
			return fact{}
		}
		v, ok = link.Info.(*AMTInfo)
	}
	if !ok {
		return fact{}
	}
	port := cmp.Or(v.RelayPort, relayPort)
	return fact{"relay_port", fmt.Sprintf("UDP port %d is taken by %s, and both ends receive on it: give both another RelayPort",
		port, t.portOwner(ctx, s.job.at, s.job.index, port))}
}

var bareudpKind = kind{
	config:     "BAREUDP",
	info:       func() info { return new(BareUDPInfo) },
	mtu:        [2]uint32{68, 65527},
	required:   attr.SetOf(uapi.IFLA_BAREUDP_PORT, uapi.IFLA_BAREUDP_ETHERTYPE),
	tunnel:     true,
	hidesNetNS: true,
	address:    "a bareudp link has no link-layer address",
	defaults:   "srcportmin 0 arp off",
}

// BareUDPInfo is the kernel's report of a bareudp link, packets in UDP without a header
// of their own, for example MPLS in UDP, RFC 7510.
type BareUDPInfo struct {
	// Port is the UDP destination port (IFLA_BAREUDP_PORT).
	Port uint16
	// EtherType is the protocol of the inner packets (IFLA_BAREUDP_ETHERTYPE).
	EtherType BareUDPEtherType
	// SourcePortMin is the least UDP source port; 0 selects the system's range
	// (IFLA_BAREUDP_SRCPORT_MIN).
	SourcePortMin uint16
	// MultiProto carries IPv6 beside IPv4, or multicast beside unicast MPLS
	// (IFLA_BAREUDP_MULTIPROTO_MODE).
	MultiProto bool
}

func (v *BareUDPInfo) attrs(c *attr.Codec) {
	attr.BE16(c.CreateOnly(), uapi.IFLA_BAREUDP_PORT, "dstport", &v.Port, 1, 65535)
	attr.Custom(c.CreateOnly(), uapi.IFLA_BAREUDP_ETHERTYPE, "ethertype", (*bareudpPayload)(&v.EtherType))
	attr.U16(c.CreateOnly(), uapi.IFLA_BAREUDP_SRCPORT_MIN, "srcportmin", &v.SourcePortMin)
	attr.Flag(c.CreateOnly(), uapi.IFLA_BAREUDP_MULTIPROTO_MODE, "multiproto", &v.MultiProto)
}

// A BareUDPEtherType is the protocol of the packets in a bareudp link: a number of the
// IEEE's registry of EtherTypes.
type BareUDPEtherType uint16

// Protocols.
const (
	BareUDPIPv4          BareUDPEtherType = 0x0800
	BareUDPIPv6          BareUDPEtherType = 0x86dd
	BareUDPMPLSUnicast   BareUDPEtherType = 0x8847 // RFC 3032
	BareUDPMPLSMulticast BareUDPEtherType = 0x8848 // RFC 5332
)

var bareUDPEtherTypes = map[BareUDPEtherType]string{BareUDPIPv4: "ipv4", BareUDPIPv6: "ipv6", BareUDPMPLSUnicast: "mpls_uc", BareUDPMPLSMulticast: "mpls_mc"}

// String returns the word of iproute2, or the number in hexadecimal.
func (e BareUDPEtherType) String() string {
	if word, ok := bareUDPEtherTypes[e]; ok {
		return word
	}
	return fmt.Sprintf("%#x", uint16(e))
}

// MarshalText returns the result of String.
func (e BareUDPEtherType) MarshalText() ([]byte, error) {
	return []byte(e.String()), nil
}

// UnmarshalText reads a result of String, or a number. The error matches fs.ErrInvalid.
func (e *BareUDPEtherType) UnmarshalText(text []byte) error {
	for v, word := range bareUDPEtherTypes {
		if strings.EqualFold(word, string(text)) {
			*e = v
			return nil
		}
	}
	n, ok := words.Number(string(text), 16)
	if !ok {
		return fmt.Errorf("%q is not an EtherType, ipv4, ipv6, mpls_uc, mpls_mc, or a number: %w", text, fs.ErrInvalid)
	}
	*e = BareUDPEtherType(n)
	return nil
}

// A bareudpPayload is the payload of the EtherType: the number in network byte order.
type bareudpPayload BareUDPEtherType

// ReadWords reads the word, or the number.
func (p *bareudpPayload) ReadWords(_ string, args *words.Args) error {
	e := (*BareUDPEtherType)(p)
	word, err := args.Value()
	switch {
	case err != nil:
		return err
	case strings.EqualFold(word, "ip"): // the other word of iproute2
		*e = BareUDPIPv4
	case e.UnmarshalText([]byte(word)) != nil:
		return args.Unknown(slices.Collect(maps.Values(bareUDPEtherTypes)))
	}
	return nil
}

// JSONValue returns the EtherType.
func (p *bareudpPayload) JSONValue() any { return (*BareUDPEtherType)(p) }

func (p *bareudpPayload) AppendPayload(b []byte) []byte {
	return binary.BigEndian.AppendUint16(b, uint16(*p))
}

func (p *bareudpPayload) ParsePayload(b []byte) error {
	if err := attr.Width(b, 2); err != nil {
		return err
	}
	*p = bareudpPayload(binary.BigEndian.Uint16(b))
	return nil
}

func (p *bareudpPayload) Same(have attr.Payload) bool {
	return *p == *have.(*bareudpPayload)
}

func (p *bareudpPayload) AppendWords(b []byte) []byte {
	return append(b, BareUDPEtherType(*p).String()...)
}

// Check accepts every number.
func (p *bareudpPayload) Check() error { return nil }

// validate applies the rules of bareudp_configure in the kernel.
func (v *BareUDPInfo) validate(op string, s *spec) error {
	has := s.Set.Has
	if !has(uapi.IFLA_BAREUDP_MULTIPROTO_MODE) || !has(uapi.IFLA_BAREUDP_ETHERTYPE) || v.EtherType == BareUDPIPv4 || v.EtherType == BareUDPMPLSUnicast {
		return nil
	}
	return &attr.Error{Name: "multiproto", Text: fmt.Sprintf("goes with EtherType ipv4 or mpls_uc, not %v", v.EtherType)}
}

// innerPortTaken finds the owner of the UDP port of a bareudp link: another such link
// when it is made, and any socket when it comes up.
func (t *transaction) innerPortTaken(ctx context.Context, s *step, errno syscall.Errno) fact {
	v, below := s.bareUDP(ctx)
	if v == nil || s.what > stepChange {
		return fact{}
	}
	switch {
	case errno == syscall.EADDRINUSE:
		return fact{"dstport", fmt.Sprintf("UDP port %d is taken by %s: give the link another Port", v.Port, t.portOwner(ctx, below, s.job.index, v.Port))}
	case errno != syscall.EBUSY || s.what != stepCreate || t.taken(s.job):
		return fact{}
	}
	same := func(l *Link) bool { has, ok := l.Info.(*BareUDPInfo); return ok && has.Port == v.Port }
	for _, p := range []*nsConn{s.job.under, s.job.at} {
		if l := p.firstOf(ctx, KindBareUDP, same); l != nil {
			return fact{"dstport", fmt.Sprintf("%q has UDP port %d: another Port makes room", l.Name, v.Port)}
		}
	}
	return fact{"dstport", fmt.Sprintf("another bareudp link has UDP port %d: another Port makes room", v.Port)}
}

// bareUDP returns the known facts about the bareudp link of a step, and the namespace of
// its socket, or nil if that is unknown. It returns nil for a link of another kind.
func (s *step) bareUDP(ctx context.Context) (v *BareUDPInfo, below *nsConn) {
	j := s.job
	if s.what == stepCreate {
		v, _ = j.spec.Info.(*BareUDPInfo)
		return v, j.under
	}
	link, err := j.at.readIndex(ctx, j.index)
	if err != nil {
		return nil, nil
	}
	v, _ = link.Info.(*BareUDPInfo)
	return v, nil // the kernel does not report where the socket is
}

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
