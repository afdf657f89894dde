package iplink

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/words"
)

var vxlanKind = kind{
	config:   "VXLAN",
	info:     newVXLANInfo,
	mtu:      [2]uint32{68, 65535},
	tunnel:   true,
	underlay: uapi.IFLA_VXLAN_LINK,
	clamps:   true,
	mtuAlone: true,
	lists:    []string{"vnis"},
	fixed:    vxlanFixed,

	announced:  true,
	entries:    true,
	underlayOf: func(i info) int { return i.(*VXLANInfo).Dev },
	overheads:  vxlanOverheads,
	copied:     vxlanCopied,
	flood:      vxlanFlood,
	defaults: "srcport 0 0 dstport 8472 ttl 0 tos 0x0 df unset flowlabel 0x0 learning ageing 300 maxaddress 0 noproxy norsc nol2miss nol3miss " +
		"udpcsum noudp6zerocsumtx noudp6zerocsumrx noremcsumtx noremcsumrx noexternal localbypass reserved_bits 0xf7ffffff000000ff label_policy fixed",
}

// vxlanFlood returns nil for a link that filters its networks, each of which may have a group.
func vxlanFlood(i any) *own.Flood {
	v, ok := i.(*VXLANInfo)
	if !ok || v.VNIFilter {
		return nil
	}
	return &own.Flood{Remote: v.Remote, VNI: v.VNI}
}

// vxlanCopied leaves out checksum offload that is off: the kernel takes its bits of the
// header for used if a request names it.
func vxlanCopied(l *Link, s *own.Settings) {
	v := l.Info.(*VXLANInfo)
	if !v.RemCSumTx && !v.RemCSumRx {
		s.Set.Remove(uapi.IFLA_VXLAN_REMCSUM_TX)
		s.Set.Remove(uapi.IFLA_VXLAN_REMCSUM_RX)
	}
}

// VXLANInfo is the kernel's report of a VXLAN link, RFC 7348.
type VXLANInfo struct {
	// VNI is the network identifier, 0 to 16777215 (IFLA_VXLAN_ID).
	VNI uint32
	// Remote is the destination of frames for unknown addresses: another end, or a
	// multicast group (IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6).
	Remote netip.Addr
	// Local is the source address (IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6).
	Local netip.Addr
	// Dev is the interface index of the underlay, 0 for any (IFLA_VXLAN_LINK).
	Dev int
	// Port is the UDP destination port (IFLA_VXLAN_PORT).
	Port uint16
	// PortLow and PortHigh are the limits of the UDP source port; 0 and 0 select the
	// system's range (IFLA_VXLAN_PORT_RANGE).
	PortLow, PortHigh uint16
	// TTL is the time to live of the outer packet; 0 lets the kernel choose
	// (IFLA_VXLAN_TTL).
	TTL uint8
	// TTLInherit copies it from the inner packet (IFLA_VXLAN_TTL_INHERIT).
	TTLInherit bool
	// TOS is the type of service of the outer packet; 1 copies it from the inner one
	// (IFLA_VXLAN_TOS).
	TOS uint8
	// DF determines the don't-fragment bit of the outer IPv4 packet (IFLA_VXLAN_DF).
	DF VXLANDF
	// FlowLabel is the IPv6 flow label, 20 bits (IFLA_VXLAN_LABEL), and LabelPolicy
	// its source (IFLA_VXLAN_LABEL_POLICY).
	FlowLabel   uint32
	LabelPolicy VXLANLabelPolicy
	// Learning reports whether source addresses are learned (IFLA_VXLAN_LEARNING),
	// Ageing is the time after which they are forgotten (IFLA_VXLAN_AGEING), and
	// Limit is the maximum number of them, 0 for no limit (IFLA_VXLAN_LIMIT).
	Learning bool
	Ageing   time.Duration
	Limit    uint32
	// Proxy answers ARP on behalf of others (IFLA_VXLAN_PROXY), RSC short-circuits
	// routes (IFLA_VXLAN_RSC), and L2Miss and L3Miss notify programs of unknown
	// addresses (IFLA_VXLAN_L2MISS, IFLA_VXLAN_L3MISS).
	Proxy, RSC, L2Miss, L3Miss bool
	// UDPCSum reports UDP checksums over IPv4 (IFLA_VXLAN_UDP_CSUM), and
	// UDPZeroCSum6Tx and UDPZeroCSum6Rx their absence over IPv6
	// (IFLA_VXLAN_UDP_ZERO_CSUM6_TX, IFLA_VXLAN_UDP_ZERO_CSUM6_RX).
	UDPCSum, UDPZeroCSum6Tx, UDPZeroCSum6Rx bool
	// RemCSumTx, RemCSumRx and RemCSumNoPartial control remote checksum offload
	// (IFLA_VXLAN_REMCSUM_TX, …_RX, …_NOPARTIAL).
	RemCSumTx, RemCSumRx, RemCSumNoPartial bool
	// GBP carries group policies (IFLA_VXLAN_GBP), and GPE protocols other than
	// Ethernet (IFLA_VXLAN_GPE).
	GBP, GPE bool
	// External leaves the tunnel's parameters to routes, tc and OVS
	// (IFLA_VXLAN_COLLECT_METADATA).
	External bool
	// VNIFilter accepts only the VNIs in a list (IFLA_VXLAN_VNIFILTER).
	VNIFilter bool
	// LocalBypass hands frames for a VXLAN on the same host over directly
	// (IFLA_VXLAN_LOCALBYPASS).
	LocalBypass bool
	// MCRoute routes multicast of the outer packet (IFLA_VXLAN_MC_ROUTE). The
	// kernel does not report it.
	MCRoute bool
	// ReservedBits is the mask of header bits that must be zero on receipt
	// (IFLA_VXLAN_RESERVED_BITS).
	ReservedBits uint64
}

// newVXLANInfo returns an info with the behaviour of kernels that do not report a
// setting because it is fixed.
func newVXLANInfo() info {
	return &VXLANInfo{LocalBypass: true}
}

func (v *VXLANInfo) attrs(c *attr.Codec) {
	attr.U32(c.CreateOnly().Takes("vni"), uapi.IFLA_VXLAN_ID, "id", &v.VNI, 0, 1<<24-1)
	attr.Addr(c.Takes("remote group").Key("remote"), uapi.IFLA_VXLAN_GROUP, uapi.IFLA_VXLAN_GROUP6, v.remoteWord(), &v.Remote)
	attr.Addr(c, uapi.IFLA_VXLAN_LOCAL, uapi.IFLA_VXLAN_LOCAL6, "local", &v.Local)
	attr.Index(c, uapi.IFLA_VXLAN_LINK, "dev", &v.Dev)
	attr.Custom(c.CreateOnly().Takes("port"), uapi.IFLA_VXLAN_PORT_RANGE, "srcport", (*portRange)(v))
	attr.BE16(c.CreateOnly(), uapi.IFLA_VXLAN_PORT, "dstport", &v.Port)
	attr.U8(c.Takes("hoplimit auto=0"), uapi.IFLA_VXLAN_TTL, "ttl", &v.TTL)
	attr.Flag(c.CreateOnly().Takes("hoplimit"), uapi.IFLA_VXLAN_TTL_INHERIT, "ttl inherit", &v.TTLInherit)
	attr.U8(c.Hex().Base16().Takes("dsfield inherit=1"), uapi.IFLA_VXLAN_TOS, "tos", &v.TOS)
	attr.Enum(c, uapi.IFLA_VXLAN_DF, "df", &v.DF, vxlanDFs)
	attr.BE32(c.Hex().Takes("label"), uapi.IFLA_VXLAN_LABEL, "flowlabel", &v.FlowLabel, 0, 1<<20-1)
	attr.Enum(c.Since(6, 8).NoKeyword(), uapi.IFLA_VXLAN_LABEL_POLICY, "label_policy", &v.LabelPolicy, vxlanLabelPolicies)
	attr.Bool(c, uapi.IFLA_VXLAN_LEARNING, "learning", &v.Learning)
	attr.Seconds(c.Takes("none=0"), uapi.IFLA_VXLAN_AGEING, "ageing", &v.Ageing)
	attr.U32(c.CreateOnly().Takes("unlimited=0"), uapi.IFLA_VXLAN_LIMIT, "maxaddress", &v.Limit)
	v.features(c)
}

func (v *VXLANInfo) features(c *attr.Codec) {
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_PROXY, "proxy", &v.Proxy)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_RSC, "rsc", &v.RSC)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_L2MISS, "l2miss", &v.L2Miss)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_L3MISS, "l3miss", &v.L3Miss)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_UDP_CSUM, "udpcsum", &v.UDPCSum)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_TX, "udp6zerocsumtx", &v.UDPZeroCSum6Tx)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_RX, "udp6zerocsumrx", &v.UDPZeroCSum6Rx)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_REMCSUM_TX, "remcsumtx", &v.RemCSumTx)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_REMCSUM_RX, "remcsumrx", &v.RemCSumRx)
	attr.Flag(c.CreateOnly().NoKeyword(), uapi.IFLA_VXLAN_REMCSUM_NOPARTIAL, "remcsum_nopartial", &v.RemCSumNoPartial)
	attr.Flag(c.CreateOnly(), uapi.IFLA_VXLAN_GBP, "gbp", &v.GBP)
	attr.Flag(c.CreateOnly(), uapi.IFLA_VXLAN_GPE, "gpe", &v.GPE)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_COLLECT_METADATA, "external", &v.External)
	attr.Bool(c.CreateOnly(), uapi.IFLA_VXLAN_VNIFILTER, "vnifilter", &v.VNIFilter)
	attr.Bool(c.Since(6, 5), uapi.IFLA_VXLAN_LOCALBYPASS, "localbypass", &v.LocalBypass)
	attr.Bool(c.WriteOnly().Since(6, 17), uapi.IFLA_VXLAN_MC_ROUTE, "mcroute", &v.MCRoute)
	attr.BE64(c.CreateOnly().Hex().Since(6, 14), uapi.IFLA_VXLAN_RESERVED_BITS, "reserved_bits", &v.ReservedBits)
}

// remoteWord returns the word for Remote: `ip` has two, depending on the address.
func (v *VXLANInfo) remoteWord() string {
	if v.Remote.IsMulticast() {
		return "group"
	}
	return "remote"
}

// portRange is the pair of UDP source ports, in network byte order.
type portRange VXLANInfo

// AppendPayload appends low and high.
func (r *portRange) AppendPayload(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, r.PortLow)
	return binary.BigEndian.AppendUint16(b, r.PortHigh)
}

// ParsePayload reads low and high.
func (r *portRange) ParsePayload(b []byte) error {
	if err := attr.Width(b, 4); err != nil {
		return err
	}
	r.PortLow, r.PortHigh = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	return nil
}

// Same compares both ports.
func (r *portRange) Same(have attr.Payload) bool {
	h := have.(*portRange)
	return r.PortLow == h.PortLow && r.PortHigh == h.PortHigh
}

// AppendWords appends both ports.
func (r *portRange) AppendWords(b []byte) []byte {
	return fmt.Appendf(b, "%d %d", r.PortLow, r.PortHigh)
}

// ReadWords reads both ports.
func (r *portRange) ReadWords(_ string, args *words.Args) error {
	low, err := args.Number(16)
	if err != nil {
		return err
	}
	high, err := args.Number(16)
	r.PortLow, r.PortHigh = uint16(low), uint16(high)
	return err
}

// JSONValue returns both ports.
func (r *portRange) JSONValue() any { return &[2]*uint16{&r.PortLow, &r.PortHigh} }

// Check rejects a range that ends before it begins.
func (r *portRange) Check() error {
	if r.PortHigh < r.PortLow {
		return fmt.Errorf("the range %d…%d ends before it begins", r.PortLow, r.PortHigh)
	}
	return nil
}

// validate applies the rules of vxlan_config_validate in the kernel.
func (v *VXLANInfo) validate(op string, s *spec) error {
	after := v.outcome(s)
	return errors.Join(after.requireAddrs(s), after.requireLabel(op, s), v.requireModes(s.Set.Has), v.requireFilter(op, s))
}

// requireFilter rejects networks for a link that does not filter them.
func (v *VXLANInfo) requireFilter(op string, s *spec) error {
	filters := v.VNIFilter && s.asks(uapi.IFLA_VXLAN_VNIFILTER)
	if now, ok := s.standing.(*VXLANInfo); ok {
		filters = filters || now.VNIFilter
	} else if op != "create" && op != "ensure" {
		return nil
	}
	if !filters && slices.ContainsFunc(s.Objects, func(o own.Objects) bool { return o.Word() == "vni" }) {
		return &attr.Error{Name: "VNIs", Text: "needs VNIFilter and External"}
	}
	return nil
}

// outcome returns the settings after the change that the rules on addresses examine.
func (v *VXLANInfo) outcome(s *spec) *VXLANInfo {
	after := *v
	now, ok := s.standing.(*VXLANInfo)
	if !ok {
		now = new(VXLANInfo)
	}
	if !s.asks(uapi.IFLA_VXLAN_GROUP) {
		after.Remote = now.Remote
	}
	if !s.asks(uapi.IFLA_VXLAN_LOCAL) {
		after.Local = now.Local
	}
	if !s.asks(uapi.IFLA_VXLAN_LINK) {
		after.Dev = now.Dev
	}
	return &after
}

// requireAddrs applies the rules to a change of an address.
func (v *VXLANInfo) requireAddrs(s *spec) error {
	remote, local := s.Set.Has(uapi.IFLA_VXLAN_GROUP), s.Set.Has(uapi.IFLA_VXLAN_LOCAL)
	dev := v.Dev != 0 || s.asks(uapi.IFLA_VXLAN_LINK)
	switch {
	case (remote || local) && v.Remote.IsValid() && v.Local.IsValid() && v.Remote.Is4() != v.Local.Is4():
		return &attr.Error{Name: "local", Text: fmt.Sprintf("%v and remote %v are of different families", v.Local, v.Remote)}
	case local && v.Local.IsMulticast():
		return &attr.Error{Name: "local", Text: fmt.Sprintf("%v is a multicast address", v.Local)}
	case remote && v.Remote.IsMulticast() && !dev:
		return &attr.Error{Name: "dev", Text: fmt.Sprintf("the multicast group %v needs Dev", v.Remote)}
	case remote && v.Remote.Is6() && v.Remote.IsLinkLocalUnicast() && !dev:
		return &attr.Error{Name: "dev", Text: fmt.Sprintf("the link-local address %v needs Dev", v.Remote)}
	}
	return nil
}

// requireLabel rejects a flow label over IPv4, which is the default of a link
// without addresses.
func (v *VXLANInfo) requireLabel(op string, s *spec) error {
	over4 := v.Remote.Is4() || v.Local.Is4() || op == "create" && !v.Remote.IsValid() && !v.Local.IsValid()
	if s.Set.Has(uapi.IFLA_VXLAN_LABEL) && v.FlowLabel != 0 && over4 {
		return &attr.Error{Name: "flowlabel", Text: "needs a Remote or a Local of IPv6"}
	}
	return nil
}

func (v *VXLANInfo) requireModes(has func(uint16) bool) error {
	external := has(uapi.IFLA_VXLAN_COLLECT_METADATA) && v.External
	vnifilter, gpe := has(uapi.IFLA_VXLAN_VNIFILTER) && v.VNIFilter, has(uapi.IFLA_VXLAN_GPE) && v.GPE
	switch {
	case vnifilter && !external:
		return &attr.Error{Name: "vnifilter", Text: "needs External"}
	case gpe && !external:
		return &attr.Error{Name: "gpe", Text: "needs External"}
	case gpe && (v.Learning || !has(uapi.IFLA_VXLAN_LEARNING)):
		return &attr.Error{Name: "gpe", Text: "needs Learning(false)"}
	case gpe && v.GBP:
		return &attr.Error{Name: "gpe", Text: "cannot go with GBP"}
	}
	return nil
}

// vxlanOverheads are the bytes subtracted from the underlay's MTU for IPv4 and for
// IPv6, and the same with GPE, which carries no Ethernet header.
var vxlanOverheads = []uint32{50, 70, 36, 56}

// overUnderlay returns a message if the MTU exceeds the capacity of the VXLAN's
// underlay, or an empty string.
func (t *transaction) overUnderlay(ctx context.Context, j *job) string {
	l, err := readIndex(ctx, j.at.rt, j.index)
	if err != nil {
		return ""
	}
	info, ok := l.Info.(*VXLANInfo)
	if !ok || info.Dev == 0 || j.under == nil {
		return ""
	}
	under, err := readIndex(ctx, j.under.rt, info.Dev)
	if err != nil || j.spec.link.MTU <= under.MTU-info.overhead() {
		return ""
	}
	return fmt.Sprintf("%d is more than the %d that %s can carry, which has an MTU of %d",
		j.spec.link.MTU, under.MTU-info.overhead(), under.Name, under.MTU)
}

// overhead returns the size in bytes of the outer headers, as far as the link
// determines it.
func (v *VXLANInfo) overhead() uint32 {
	overhead := vxlanOverheads[0]
	if v.Remote.Is6() || v.Local.Is6() {
		overhead = vxlanOverheads[1]
	}
	if v.GPE {
		overhead -= 14
	}
	return overhead
}

// vxlanFixed returns the addresses of another family than those the link was made
// with, and the underlay if it would be removed.
func vxlanFixed(j *job, have info, changed attr.Set) (fixed attr.Set) {
	want, ok := j.spec.Info.(*VXLANInfo)
	now, is := have.(*VXLANInfo)
	if !ok || !is {
		return fixed
	}
	if changed.Has(uapi.IFLA_VXLAN_GROUP) && j.otherFamily(want.Remote, now) {
		fixed.Add(uapi.IFLA_VXLAN_GROUP)
	}
	if changed.Has(uapi.IFLA_VXLAN_LOCAL) && j.otherFamily(want.Local, now) {
		fixed.Add(uapi.IFLA_VXLAN_LOCAL)
	}
	if index, _ := refIndex(j.infoRefs, uapi.IFLA_VXLAN_LINK, want.Dev); changed.Has(uapi.IFLA_VXLAN_LINK) && index == 0 {
		fixed.Add(uapi.IFLA_VXLAN_LINK)
	}
	return fixed
}

// otherFamily reports whether an address is of another family than the link's. A link
// that reports no address uses IPv4, unless it once had addresses of IPv6. The kernel
// is left to decide that case, unless the link may be replaced.
func (j *job) otherFamily(addr netip.Addr, now *VXLANInfo) bool {
	for _, has := range []netip.Addr{now.Remote, now.Local} {
		if has.IsValid() {
			return addr.IsValid() && addr.Is4() != has.Is4()
		}
	}
	return j.spec.recreate && addr.Is6()
}

// A VXLANDF determines the don't-fragment bit of the outer IPv4 packet.
type VXLANDF uint8

// Values of the don't-fragment bit.
const (
	VXLANDFUnset   VXLANDF = iota // never
	VXLANDFSet                    // always
	VXLANDFInherit                // as in the inner packet
)

var vxlanDFs = attr.Words{"unset", "set", "inherit"}

// String returns the word of iproute2.
func (d VXLANDF) String() string {
	return attr.Word(vxlanDFs, d)
}

// MarshalText returns the result of String.
func (d VXLANDF) MarshalText() ([]byte, error) {
	return []byte(d.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (d *VXLANDF) UnmarshalText(text []byte) error {
	return attr.ReadWord(vxlanDFs, "VXLAN DF", text, d)
}

// A VXLANLabelPolicy is the source of the IPv6 flow label.
type VXLANLabelPolicy uint32

// Sources of the flow label.
const (
	VXLANLabelFixed   VXLANLabelPolicy = iota // FlowLabel
	VXLANLabelInherit                         // the inner packet
)

var vxlanLabelPolicies = attr.Words{"fixed", "inherit"}

// String returns the kernel's word.
func (p VXLANLabelPolicy) String() string {
	return attr.Word(vxlanLabelPolicies, p)
}

// MarshalText returns the result of String.
func (p VXLANLabelPolicy) MarshalText() ([]byte, error) {
	return []byte(p.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (p *VXLANLabelPolicy) UnmarshalText(text []byte) error {
	return attr.ReadWord(vxlanLabelPolicies, "VXLAN label policy", text, p)
}

// vxlanPort is the default UDP port of a VXLAN link, unless the module was given
// another.
const vxlanPort = 8472

// udpPortTaken reports the owner of the UDP port on which a VXLAN link is to
// receive. The link opens the port when it comes up.
func (t *transaction) udpPortTaken(ctx context.Context, s *step, errno syscall.Errno) fact {
	if errno != syscall.EADDRINUSE || s.what > stepChange {
		return fact{}
	}
	v, below := s.vxlan(ctx)
	if v == nil {
		return fact{}
	}
	port := v.portOr(vxlanPort)
	return fact{"dstport", fmt.Sprintf("UDP port %d is taken by %s: give the link another Port", port, t.portOwner(ctx, below, s.job.index, port))}
}

// vxlan returns the known facts about the VXLAN link of a step, and the namespace of
// its socket, or nil if that is unknown. It returns nil for a link of another kind.
func (s *step) vxlan(ctx context.Context) (v *VXLANInfo, below *nsConn) {
	j := s.job
	if s.what == stepCreate {
		v, _ = j.spec.Info.(*VXLANInfo)
		return v, j.under
	}
	link, err := j.at.readIndex(ctx, j.index)
	if err != nil {
		return nil, nil
	}
	v, _ = link.Info.(*VXLANInfo)
	if link.NetNSID >= 0 {
		return v, nil
	}
	return v, j.at
}

func (v *VXLANInfo) portOr(unset uint16) uint16 {
	if v.Port == 0 {
		return unset
	}
	return v.Port
}

// vniTaken names the link that has the VNI on the same UDP port.
func (t *transaction) vniTaken(ctx context.Context, s *step, errno syscall.Errno) fact {
	v, ok := s.job.spec.Info.(*VXLANInfo)
	if !ok || errno != syscall.EEXIST || s.what != stepCreate || t.taken(s.job) {
		return fact{}
	}
	for _, p := range []*nsConn{s.job.under, s.job.at} {
		for _, l := range p.vxlans(ctx) {
			has := l.Info.(*VXLANInfo)
			if has.VNI == v.VNI && has.Port == v.portOr(has.Port) {
				return fact{text: fmt.Sprintf("%q has VNI %d on UDP port %d: another Port makes room", l.Name, has.VNI, has.Port)}
			}
		}
	}
	return fact{}
}
