package iplink

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var geneveKind = kind{
	config:         "GENEVE",
	info:           func() info { return new(GeneveInfo) },
	mtu:            [2]uint32{68, 65535},
	tunnel:         true,
	hidesNetNS:     true,
	fixed:          geneveFixed,
	validateChange: geneveBefore,
	defaults:       "id 0 remote 0.0.0.0 remote :: ttl 0 tos 0x0 df unset flowlabel 0x0 dstport 6081 port_range 1 65535 noudpcsum udp6zerocsumrx mtu 65485",
}

// GeneveInfo is the kernel's report of a GENEVE link, RFC 8926.
type GeneveInfo struct {
	// VNI is the network identifier, 0 to 16777215 (IFLA_GENEVE_ID).
	VNI uint32
	// Remote is the other end (IFLA_GENEVE_REMOTE, IFLA_GENEVE_REMOTE6). The zero Addr
	// stands for External.
	Remote netip.Addr
	// Local is the source address, if one was set (IFLA_GENEVE_LOCAL,
	// IFLA_GENEVE_LOCAL6).
	Local netip.Addr
	// Port is the UDP destination port (IFLA_GENEVE_PORT).
	Port uint16
	// PortLow and PortHigh are the limits of the UDP source port
	// (IFLA_GENEVE_PORT_RANGE).
	PortLow, PortHigh uint16
	// TTL is the time to live of the outer packet; 0 lets the kernel choose
	// (IFLA_GENEVE_TTL). TTLInherit copies it from the inner packet instead
	// (IFLA_GENEVE_TTL_INHERIT).
	TTL        uint8
	TTLInherit bool
	// TOS is the type of service of the outer packet; 1 copies it from the inner one
	// (IFLA_GENEVE_TOS).
	TOS uint8
	// DF determines the don't-fragment bit of the outer IPv4 packet (IFLA_GENEVE_DF).
	DF GeneveDF
	// Label is the IPv6 flow label, 20 bits (IFLA_GENEVE_LABEL).
	Label uint32
	// UDPChecksum reports UDP checksums over IPv4 (IFLA_GENEVE_UDP_CSUM), and
	// UDPZeroCSum6Tx and UDPZeroCSum6Rx their absence over IPv6
	// (IFLA_GENEVE_UDP_ZERO_CSUM6_TX, IFLA_GENEVE_UDP_ZERO_CSUM6_RX). Over IPv4,
	// UDPZeroCSum6Rx is true and means nothing.
	UDPChecksum, UDPZeroCSum6Tx, UDPZeroCSum6Rx bool
	// External leaves the tunnel's parameters to routes, tc and OVS
	// (IFLA_GENEVE_COLLECT_METADATA).
	External bool
	// InnerProtoInherit carries IP packets without Ethernet headers
	// (IFLA_GENEVE_INNER_PROTO_INHERIT).
	InnerProtoInherit bool
	// GROHint helps the receiver to merge packets (IFLA_GENEVE_GRO_HINT).
	GROHint bool
}

func (v *GeneveInfo) attrs(c *attr.Codec) {
	attr.U32(c.CreateOnly().Takes("vni"), uapi.IFLA_GENEVE_ID, "id", &v.VNI, 0, 1<<24-1)
	attr.Addr(c, uapi.IFLA_GENEVE_REMOTE, uapi.IFLA_GENEVE_REMOTE6, "remote", &v.Remote)
	attr.Addr(c.CreateOnly().NoKeyword().Since(7, 2), uapi.IFLA_GENEVE_LOCAL, uapi.IFLA_GENEVE_LOCAL6, "local", &v.Local)
	attr.U8(c.Takes("hoplimit auto=0"), uapi.IFLA_GENEVE_TTL, "ttl", &v.TTL)
	attr.ByteFlag(c.Takes("hoplimit"), uapi.IFLA_GENEVE_TTL_INHERIT, "ttl inherit", &v.TTLInherit)
	attr.U8(c.Hex().Base16().Takes("dsfield inherit=1"), uapi.IFLA_GENEVE_TOS, "tos", &v.TOS)
	attr.Enum(c, uapi.IFLA_GENEVE_DF, "df", &v.DF, geneveDFs)
	attr.BE32(c.Hex().Takes("label"), uapi.IFLA_GENEVE_LABEL, "flowlabel", &v.Label, 0, 1<<20-1)
	attr.BE16(c.CreateOnly(), uapi.IFLA_GENEVE_PORT, "dstport", &v.Port)
	attr.Custom(c.CreateOnly().NoKeyword().Since(6, 15), uapi.IFLA_GENEVE_PORT_RANGE, "port_range", (*genevePorts)(v))
	attr.Flag(c.CreateOnly(), uapi.IFLA_GENEVE_COLLECT_METADATA, "external", &v.External)
	attr.Bool(c.CreateOnly().Optional(), uapi.IFLA_GENEVE_UDP_CSUM, "udpcsum", &v.UDPChecksum)
	attr.Bool(c.CreateOnly().Optional(), uapi.IFLA_GENEVE_UDP_ZERO_CSUM6_TX, "udp6zerocsumtx", &v.UDPZeroCSum6Tx)
	attr.Bool(c.CreateOnly(), uapi.IFLA_GENEVE_UDP_ZERO_CSUM6_RX, "udp6zerocsumrx", &v.UDPZeroCSum6Rx)
	attr.Flag(c.CreateOnly(), uapi.IFLA_GENEVE_INNER_PROTO_INHERIT, "innerprotoinherit", &v.InnerProtoInherit)
	attr.Flag(c.CreateOnly().NoKeyword().Since(7, 0), uapi.IFLA_GENEVE_GRO_HINT, "gro_hint", &v.GROHint)
}

// A GeneveDF determines the don't-fragment bit of the outer IPv4 packet.
type GeneveDF uint8

// Values of the don't-fragment bit.
const (
	GeneveDFUnset   GeneveDF = iota // never
	GeneveDFSet                     // always
	GeneveDFInherit                 // as in the inner packet
)

var geneveDFs = attr.Words{"unset", "set", "inherit"}

// String returns the word of iproute2.
func (d GeneveDF) String() string {
	return attr.Word(geneveDFs, d)
}

// MarshalText returns the result of String.
func (d GeneveDF) MarshalText() ([]byte, error) {
	return []byte(d.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (d *GeneveDF) UnmarshalText(text []byte) error {
	return attr.ReadWord(geneveDFs, "geneve DF", text, d)
}

// genevePorts is the pair of UDP source ports, in network byte order.
type genevePorts GeneveInfo

// AppendPayload appends low and high.
func (p *genevePorts) AppendPayload(b []byte) []byte {
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, p.PortLow), p.PortHigh)
}

// ParsePayload reads low and high.
func (p *genevePorts) ParsePayload(b []byte) error {
	if err := attr.Width(b, 4); err != nil {
		return err
	}
	p.PortLow, p.PortHigh = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	return nil
}

// Same compares both ports.
func (p *genevePorts) Same(have attr.Payload) bool {
	h := have.(*genevePorts)
	return p.PortLow == h.PortLow && p.PortHigh == h.PortHigh
}

// AppendWords appends both ports.
func (p *genevePorts) AppendWords(b []byte) []byte {
	return fmt.Appendf(b, "%d %d", p.PortLow, p.PortHigh)
}

// JSONValue returns both ports.
func (p *genevePorts) JSONValue() any { return &[2]*uint16{&p.PortLow, &p.PortHigh} }

// Check rejects a range that ends before it begins.
func (p *genevePorts) Check() error {
	if p.PortHigh < p.PortLow {
		return fmt.Errorf("the range %d…%d ends before it begins", p.PortLow, p.PortHigh)
	}
	return nil
}

// validate applies the rules of geneve_nl2info and geneve_configure in the kernel.
func (v *GeneveInfo) validate(op string, s *spec) error {
	has := s.Set.Has
	external := has(uapi.IFLA_GENEVE_COLLECT_METADATA)
	switch {
	case op == "create" && !has(uapi.IFLA_GENEVE_ID) && !external:
		return &attr.Error{Name: "id", Text: "there is no default for it: set VNI, or External"}
	case external:
		return v.requireNone(has)
	case has(uapi.IFLA_GENEVE_INNER_PROTO_INHERIT) && s.linkSet.Has(uapi.IFLA_ADDRESS):
		return &attr.Error{Name: "address", Text: "a link with InnerProtoInherit has none"}
	}
	if fault := v.addrFault(has); fault != nil {
		return fault
	}
	if fault := v.over(op, s).familyFault(has, v); fault != nil {
		return fault
	}
	return nil
}

// requireNone rejects settings that routes and filters give for each packet of an
// external link.
func (v *GeneveInfo) requireNone(has func(uint16) bool) error {
	for _, row := range []struct {
		typ  uint16
		name string
		is   bool
	}{
		{uapi.IFLA_GENEVE_ID, "id", v.VNI != 0},
		{uapi.IFLA_GENEVE_REMOTE, "remote", true},
		{uapi.IFLA_GENEVE_LOCAL, "local", true},
		{uapi.IFLA_GENEVE_TTL, "ttl", v.TTL != 0},
		{uapi.IFLA_GENEVE_TOS, "tos", v.TOS != 0},
		{uapi.IFLA_GENEVE_LABEL, "flowlabel", v.Label != 0},
		{uapi.IFLA_GENEVE_UDP_CSUM, "udpcsum", v.UDPChecksum},
		{uapi.IFLA_GENEVE_UDP_ZERO_CSUM6_TX, "udp6zerocsumtx", v.UDPZeroCSum6Tx},
	} {
		if row.is && has(row.typ) {
			return &attr.Error{Name: row.name, Text: "cannot go with External, where it comes with each packet"}
		}
	}
	return nil
}

// addrFault rejects addresses that no GENEVE link can have.
func (v *GeneveInfo) addrFault(has func(uint16) bool) *attr.Error {
	for _, a := range []struct {
		typ  uint16
		name string
		addr netip.Addr
	}{{uapi.IFLA_GENEVE_REMOTE, "remote", v.Remote}, {uapi.IFLA_GENEVE_LOCAL, "local", v.Local}} {
		switch {
		case !has(a.typ):
		case a.addr.IsMulticast():
			return &attr.Error{Name: a.name, Text: fmt.Sprintf("%v is a multicast address", a.addr)}
		case a.addr.Is6() && a.addr.IsLinkLocalUnicast():
			return &attr.Error{Name: a.name, Text: fmt.Sprintf("%v is link-local, and the link has no Dev", a.addr)}
		}
	}
	if has(uapi.IFLA_GENEVE_REMOTE) && has(uapi.IFLA_GENEVE_LOCAL) && v.Remote.Is4() != v.Local.Is4() {
		return &attr.Error{Name: "local", Text: fmt.Sprintf("%v and remote %v are of different families", v.Local, v.Remote)}
	}
	return nil
}

// A geneveFamily is the address family of a link's outer packets.
type geneveFamily uint8

const (
	geneveUnknown geneveFamily = iota
	geneveOver4
	geneveOver6
)

// over returns the family of the outer packets. A new link without addresses uses IPv4.
func (v *GeneveInfo) over(op string, s *spec) geneveFamily {
	addr := v.Remote
	if now, ok := s.standing.(*GeneveInfo); ok && !addr.IsValid() {
		addr = now.Remote
	}
	if !addr.IsValid() {
		addr = v.Local
	}
	switch {
	case addr.Is6():
		return geneveOver6
	case addr.IsValid() || op == "create":
		return geneveOver4
	}
	return geneveUnknown
}

// familyFault rejects settings that mean nothing over the other family, which the kernel
// would refuse or ignore.
func (f geneveFamily) familyFault(has func(uint16) bool, v *GeneveInfo) *attr.Error {
	const needs4, needs6 = "needs a Remote of IPv4", "needs a Remote of IPv6"
	switch {
	case f == geneveOver4 && has(uapi.IFLA_GENEVE_LABEL) && v.Label != 0:
		return &attr.Error{Name: "flowlabel", Text: needs6}
	case f == geneveOver4 && has(uapi.IFLA_GENEVE_UDP_ZERO_CSUM6_TX):
		return &attr.Error{Name: "udp6zerocsumtx", Text: needs6 + ": over IPv4, UDPChecksum turns checksums on"}
	case f == geneveOver4 && has(uapi.IFLA_GENEVE_UDP_ZERO_CSUM6_RX) && !v.UDPZeroCSum6Rx:
		return &attr.Error{Name: "udp6zerocsumrx", Text: needs6}
	case f == geneveOver6 && has(uapi.IFLA_GENEVE_UDP_CSUM):
		return &attr.Error{Name: "udpcsum", Text: needs4 + ": over IPv6, UDPZeroCSum6Tx turns checksums off"}
	}
	return nil
}

// geneveFixed returns all settings of an external link, which the kernel does not
// change, and a remote that would be of another family. With another remote of IPv6, the
// kernel turns UDP checksums on, and takes no request to turn them off again.
func geneveFixed(j *job, have info, changed attr.Set) (fixed attr.Set) {
	want, ok := j.spec.Info.(*GeneveInfo)
	now, is := have.(*GeneveInfo)
	switch {
	case !ok || !is:
	case now.External:
		return changed
	case !changed.Has(uapi.IFLA_GENEVE_REMOTE):
	case want.Remote.Is4() != now.Remote.Is4(), want.Remote.Is6() && (now.UDPZeroCSum6Tx || now.UDPZeroCSum6Rx):
		fixed.Add(uapi.IFLA_GENEVE_REMOTE)
	}
	return fixed
}

// geneveBefore adds to a change the settings without which the kernel would change more:
// a link that stops to inherit the TTL needs another one, and with a new remote the
// kernel computes the MTU anew.
func geneveBefore(j *job, have *Link) *attr.Error {
	want, ok := j.spec.Info.(*GeneveInfo)
	if !ok {
		return nil
	}
	if j.infoSet.Has(uapi.IFLA_GENEVE_TTL_INHERIT) && !want.TTLInherit {
		j.infoSet.Add(uapi.IFLA_GENEVE_TTL)
	}
	if j.infoSet.Has(uapi.IFLA_GENEVE_REMOTE) && !j.linkSet.Has(uapi.IFLA_MTU) {
		j.repeatMTU(have.MTU)
	}
	return nil
}

// genevePort is the default UDP port of a GENEVE link (RFC 8926, section 3.3).
const genevePort = 6081

// tunnelTaken finds the owner of the UDP port on which a link is to receive, and the
// link that has the same network and other end.
func (t *transaction) tunnelTaken(ctx context.Context, s *step, errno syscall.Errno) fact {
	v, below := s.geneve(ctx)
	if v == nil || s.what > stepChange {
		return fact{}
	}
	port := v.Port
	if port == 0 {
		port = genevePort
	}
	switch errno {
	case syscall.EADDRINUSE:
		return fact{"dstport", fmt.Sprintf("UDP port %d is taken by %s: give the link another Port", port, t.portOwner(ctx, below, s.job.index, port))}
	case syscall.EBUSY:
		if s.what == stepCreate && !t.taken(s.job) {
			return fact{"id", fmt.Sprintf("another geneve link has VNI %d, the same Remote and UDP port %d: another VNI, Remote or Port makes room", v.VNI, port)}
		}
	}
	return fact{}
}

// geneve returns the known facts about the GENEVE link of a step, and the namespace of
// its socket, or nil. It returns nil for a link of another kind.
func (s *step) geneve(ctx context.Context) (v *GeneveInfo, below *nsConn) {
	j := s.job
	if s.what == stepCreate {
		v, _ = j.spec.Info.(*GeneveInfo)
		return v, j.under
	}
	link, err := j.at.readIndex(ctx, j.index)
	if err != nil {
		return nil, nil
	}
	v, _ = link.Info.(*GeneveInfo)
	return v, nil // the kernel does not report where the socket is
}
