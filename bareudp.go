package iplink

import (
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/words"
)

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
