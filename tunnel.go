package iplink

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// Tunnel holds the settings that all IP tunnels have.
type Tunnel struct {
	// Local and Remote are the addresses of the two ends; the unspecified address stands
	// for any (IFLA_IPTUN_LOCAL, IFLA_IPTUN_REMOTE, IFLA_GRE_LOCAL, IFLA_GRE_REMOTE).
	Local, Remote netip.Addr
	// Dev is the index of the link that the outer packets leave by, or 0
	// (IFLA_IPTUN_LINK, IFLA_GRE_LINK).
	Dev int
	// FwMark is the mark that routes the outer packets, 0 for none (IFLA_IPTUN_FWMARK,
	// IFLA_GRE_FWMARK).
	FwMark uint32
	// External leaves the tunnel's parameters to routes, tc and OVS
	// (IFLA_IPTUN_COLLECT_METADATA, IFLA_GRE_COLLECT_METADATA).
	External bool
	// Encap is the UDP encapsulation of the outer packets.
	Encap TunnelEncap
}

// TunnelEncap is a UDP encapsulation of the packets of a tunnel. The receiver needs a
// port for it, see package fou.
type TunnelEncap struct {
	// Type is the protocol between UDP and the packet (IFLA_IPTUN_ENCAP_TYPE,
	// IFLA_GRE_ENCAP_TYPE).
	Type TunnelEncapType
	// SourcePort and DestPort are the UDP ports. A source port of 0 depends on the flow
	// of the inner packet (…_ENCAP_SPORT, …_ENCAP_DPORT).
	SourcePort, DestPort uint16
	// Checksum and Checksum6 turn on UDP checksums over IPv4 and over IPv6, and
	// RemoteChecksum leaves the inner checksum to the receiver, for GUE
	// (…_ENCAP_FLAGS).
	Checksum, Checksum6, RemoteChecksum bool
}

// A TunnelEncapType is a protocol between UDP and the packet of a tunnel.
type TunnelEncapType uint16

// Encapsulations.
const (
	TunnelEncapNone TunnelEncapType = iota // no UDP
	TunnelEncapFOU                         // foo over UDP: nothing between them
	TunnelEncapGUE                         // generic UDP encapsulation
)

var tunnelEncaps = attr.Words{"none", "fou", "gue"}

// String returns the word of iproute2.
func (t TunnelEncapType) String() string {
	return attr.Word(tunnelEncaps, t)
}

// MarshalText returns the result of String.
func (t TunnelEncapType) MarshalText() ([]byte, error) {
	return []byte(t.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (t *TunnelEncapType) UnmarshalText(text []byte) error {
	return attr.ReadWord(tunnelEncaps, "tunnel encap type", text, t)
}

// TunnelIPv4 holds the settings of the outer packets of a tunnel over IPv4.
type TunnelIPv4 struct {
	// TTL is the time to live; 0 copies it from the inner packet (IFLA_IPTUN_TTL,
	// IFLA_GRE_TTL).
	TTL uint8
	// TOS is the type of service; 1 copies it from the inner packet (IFLA_IPTUN_TOS,
	// IFLA_GRE_TOS).
	TOS uint8
	// PMTUDiscovery sets the don't-fragment bit as path MTU discovery needs it; without
	// it the bit is copied from an inner IPv4 packet, and clear around others
	// (IFLA_IPTUN_PMTUDISC, IFLA_GRE_PMTUDISC).
	PMTUDiscovery bool
}

// TunnelIPv6 holds the settings of the outer packets of a tunnel over IPv6.
type TunnelIPv6 struct {
	// HopLimit is the hop limit; 0 copies it from the inner packet (IFLA_IPTUN_TTL,
	// IFLA_GRE_TTL).
	HopLimit uint8
	// EncapLimit is the number of further tunnels that a packet may pass, RFC 2473,
	// section 4.1.1 (IFLA_IPTUN_ENCAP_LIMIT, IFLA_GRE_ENCAP_LIMIT). NoEncapLimit omits
	// that option.
	EncapLimit   uint8
	NoEncapLimit bool
	// TClass and FlowLabel are the traffic class and the flow label, 20 bits
	// (IFLA_IPTUN_FLOWINFO, IFLA_GRE_FLOWINFO). TClassInherit and FlowLabelInherit copy
	// them from the inner packet instead.
	TClass           uint8
	FlowLabel        uint32
	TClassInherit    bool
	FlowLabelInherit bool
	// DSCPInherit copies the traffic class of a received outer packet to the inner one,
	// FwMarkInherit routes the outer packet by the mark of the inner one,
	// AllowLocalRemote allows a Remote that is an address of this machine, and MIP6
	// marks a link of Mobile IPv6 (IFLA_IPTUN_FLAGS, IFLA_GRE_FLAGS).
	DSCPInherit, FwMarkInherit, AllowLocalRemote, MIP6 bool
}

// tunnelNumbers are the numbers of the attributes of tunnels, which depend on the kind.
type tunnelNumbers struct {
	dev, local, remote, external, fwMark                 uint16
	ttl, tos, pmtuDisc, encapLimit, flowInfo, flags      uint16
	encapType, encapFlags, encapSourcePort, encapDstPort uint16
}

var ipTunnel = &tunnelNumbers{
	uapi.IFLA_IPTUN_LINK, uapi.IFLA_IPTUN_LOCAL, uapi.IFLA_IPTUN_REMOTE, uapi.IFLA_IPTUN_COLLECT_METADATA, uapi.IFLA_IPTUN_FWMARK,
	uapi.IFLA_IPTUN_TTL, uapi.IFLA_IPTUN_TOS, uapi.IFLA_IPTUN_PMTUDISC, uapi.IFLA_IPTUN_ENCAP_LIMIT, uapi.IFLA_IPTUN_FLOWINFO, uapi.IFLA_IPTUN_FLAGS,
	uapi.IFLA_IPTUN_ENCAP_TYPE, uapi.IFLA_IPTUN_ENCAP_FLAGS, uapi.IFLA_IPTUN_ENCAP_SPORT, uapi.IFLA_IPTUN_ENCAP_DPORT,
}

// ends has the rows of the two ends. addr is attr.Addr4 or attr.Addr6.
func (v *Tunnel) ends(c *attr.Codec, n *tunnelNumbers, addr func(*attr.Codec, uint16, string, *netip.Addr)) {
	addr(c, n.remote, "remote", &v.Remote)
	addr(c, n.local, "local", &v.Local)
	attr.Index(c, n.dev, "dev", &v.Dev, "")
	attr.U32(c.Hex(), n.fwMark, "fwmark", &v.FwMark)
}

// attrs has the rows of the encapsulation.
func (e *TunnelEncap) attrs(c *attr.Codec, n *tunnelNumbers) {
	attr.Enum(c, n.encapType, "encap", &e.Type, tunnelEncaps)
	flags := attr.Packed16(n.encapFlags)
	flags.Bit(c, own.TunnelEncapCsum, uapi.TUNNEL_ENCAP_FLAG_CSUM, "encap-csum", &e.Checksum)
	flags.Bit(c, own.TunnelEncapCsum6, uapi.TUNNEL_ENCAP_FLAG_CSUM6, "encap-udp6-csum", &e.Checksum6)
	flags.Bit(c, own.TunnelEncapRemCsum, uapi.TUNNEL_ENCAP_FLAG_REMCSUM, "encap-remcsum", &e.RemoteChecksum)
	attr.BE16(c.Takes("auto=0"), n.encapSourcePort, "encap-sport", &e.SourcePort)
	attr.BE16(c, n.encapDstPort, "encap-dport", &e.DestPort)
}

func (v *TunnelIPv4) attrs(c *attr.Codec, n *tunnelNumbers) {
	attr.U8(c.Takes("hoplimit hlim inherit=0"), n.ttl, "ttl", &v.TTL)
	attr.U8(c.Hex().Base16().Takes("dsfield tclass inherit=1"), n.tos, "tos", &v.TOS)
	attr.Bool(c, n.pmtuDisc, "pmtudisc", &v.PMTUDiscovery)
}

func (v *TunnelIPv6) attrs(c *attr.Codec, n *tunnelNumbers) {
	flow, flags := attr.PackedBE32(n.flowInfo), attr.Packed32(n.flags)
	attr.U8(c.Takes("ttl hlim inherit=0"), n.ttl, "hoplimit", &v.HopLimit)
	attr.U8(c, n.encapLimit, "encaplimit", &v.EncapLimit)
	attr.PackedNumber(flow, c.Hex().Base16().Takes("tos dsfield"), own.TunnelTClass, uapi.IPV6_FLOWINFO_TCLASS, "tclass", &v.TClass)
	attr.PackedNumber(flow, c.Hex(), own.TunnelFlowLabel, uapi.IPV6_FLOWINFO_FLOWLABEL, "flowlabel", &v.FlowLabel)
	flags.Words(c, own.TunnelNoEncapLimit, uapi.IP6_TNL_F_IGN_ENCAP_LIMIT, "encaplimit none", &v.NoEncapLimit)
	flags.Words(c.Takes("tos dsfield"), own.TunnelTClassInherit, uapi.IP6_TNL_F_USE_ORIG_TCLASS, "tclass inherit", &v.TClassInherit)
	flags.Words(c, own.TunnelLabelInherit, uapi.IP6_TNL_F_USE_ORIG_FLOWLABEL, "flowlabel inherit", &v.FlowLabelInherit)
	flags.Bit(c.NoKeyword(), own.TunnelMIP6, uapi.IP6_TNL_F_MIP6_DEV, "mip6", &v.MIP6)
	flags.Words(c, own.TunnelDSCPInherit, uapi.IP6_TNL_F_RCV_DSCP_COPY, "dscp inherit", &v.DSCPInherit)
	flags.Words(c, own.TunnelFwMarkInherit, uapi.IP6_TNL_F_USE_ORIG_FWMARK, "fwmark inherit", &v.FwMarkInherit)
	flags.Bit(c, own.TunnelAllowLocalRemote, uapi.IP6_TNL_F_ALLOW_LOCAL_REMOTE, "allow-localremote", &v.AllowLocalRemote)
}

// notInherited makes a value that words give replace the copy of the inner packet's, or the
// lack of the value.
func (v *TunnelIPv6) notInherited(s *own.Settings, n *tunnelNumbers) {
	for _, pair := range []struct {
		value, flag uint16
		is          *bool
	}{
		{n.encapLimit, own.TunnelNoEncapLimit, &v.NoEncapLimit}, {own.TunnelTClass, own.TunnelTClassInherit, &v.TClassInherit},
		{own.TunnelFlowLabel, own.TunnelLabelInherit, &v.FlowLabelInherit}, {n.fwMark, own.TunnelFwMarkInherit, &v.FwMarkInherit},
	} {
		if s.Set.Has(pair.value) && !s.Set.Has(pair.flag) {
			s.Set.Add(pair.flag)
			*pair.is = false
		}
	}
}

// limits sets the limits that `ip` sends without a word.
func (v *TunnelIPv6) limits(missing attr.Set, n *tunnelNumbers) {
	if missing.Has(n.ttl) {
		v.HopLimit = 64
	}
	if missing.Has(n.encapLimit) {
		v.EncapLimit = 4
	}
}

// A tunnelInfo is the info of an IP tunnel. Two tunnels of a kind cannot have the same
// identity.
type tunnelInfo interface {
	info
	identity() tunnelIdentity
}

// An encapInfo is the info of a tunnel that can have a UDP encapsulation.
type encapInfo interface {
	tunnelInfo
	encap() *TunnelEncap
}

// A tunnelIdentity finds the tunnel of a received packet.
type tunnelIdentity struct {
	local, remote netip.Addr
	dev           int
	key           uint32
	keyed         bool
	external      bool
}

func (v *Tunnel) identity() tunnelIdentity {
	if v.External {
		return tunnelIdentity{external: true}
	}
	return tunnelIdentity{local: attr.Specified(v.Local), remote: attr.Specified(v.Remote), dev: v.Dev}
}

func (v *Tunnel) encap() *TunnelEncap {
	return &v.Encap
}

// now returns the present value of a setting of a tunnel: as it is to be sent, or else as
// the link has it, or the kernel's default for a new link.
func now[I, V any](s *spec, typ uint16, of func(I) V, initial V) V {
	if s.Set.Has(typ) {
		if v, ok := s.Info.(I); ok {
			return of(v)
		}
	}
	if v, ok := s.standing.(I); ok {
		return of(v)
	}
	return initial
}

// externalFault rejects settings of an external tunnel that come with each packet.
func (v *Tunnel) externalFault(s *spec, n *tunnelNumbers) *attr.Error {
	if !s.Set.Has(n.external) {
		return nil
	}
	const text = "cannot go with External, where it comes with each packet"
	switch {
	case s.Set.Has(n.local) && attr.Specified(v.Local).IsValid():
		return &attr.Error{Name: "local", Text: text}
	case s.Set.Has(n.remote) && attr.Specified(v.Remote).IsValid():
		return &attr.Error{Name: "remote", Text: text}
	}
	return nil
}

// encapFault rejects an encapsulation without a port.
func (v *Tunnel) encapFault(s *spec, n *tunnelNumbers) *attr.Error {
	if s.Set.Has(n.encapType) && v.Encap.Type != TunnelEncapNone && v.Encap.DestPort == 0 {
		return &attr.Error{Name: "encap-dport", Text: "0 is not a UDP port: the receiver needs one"}
	}
	return nil
}

// tunnelFixed returns the remote of a tunnel over IPv4 if it would be of another class: the
// kernel decides when it makes the link whether it has one neighbour, many or any.
func tunnelFixed(remote uint16) fixedRows {
	return func(j *job, have info, changed attr.Set) (fixed attr.Set) {
		want, ok := j.spec.Info.(tunnelInfo)
		now, is := have.(tunnelInfo)
		if ok && is && changed.Has(remote) && class(want.identity().remote) != class(now.identity().remote) {
			fixed.Add(remote)
		}
		return fixed
	}
}

func class(a netip.Addr) int {
	switch {
	case !a.IsValid():
		return 0
	case a.IsMulticast():
		return 2
	}
	return 1
}

// noAddress is the reason why tunnels have no settable link-layer address.
const noAddress = "the link-layer address of such a tunnel is its Local"

// A change of a tunnel replaces all its settings: the kernel resets the addresses, the TTL,
// the keys and others that a request leaves out, and computes the MTU anew. For kinds with
// wholeChange a request therefore carries all settings, as they were read right before.

// readWhole reads a link that is to be changed, unless the change needs no other settings.
func (t *transaction) readWhole(ctx context.Context, j *job) error {
	j.whole = nil
	if !j.kind.wholeChange || j.dataSet().Empty() {
		return nil
	}
	have, err := t.read(ctx, j)
	if err != nil {
		return err
	}
	j.carryWhole(have)
	return nil
}

// carryWhole makes the request that changes the link have carry its other settings, and
// its MTU. Settings that cannot change are left out, since the kernel keeps them.
func (j *job) carryWhole(have *Link) {
	j.whole = nil
	now, ok := have.Info.(info)
	if !ok || !j.kind.wholeChange || j.dataSet().Empty() {
		return
	}
	var c attr.Codec
	all := j.kind.info()
	reported := have.raw.info
	// The rows were decoded before, or checked.
	_ = c.Copy(reported, nil, now.attrs, all.attrs)
	_ = c.Copy(j.dataSet(), j.infoRefs, j.spec.info().attrs, all.attrs)
	j.whole, j.wholeSet = all, reported.Or(j.dataSet()).And(changeable(all.attrs))
	if !j.linkSet.Has(uapi.IFLA_MTU) {
		j.repeatMTU(have.MTU)
	}
}

// changeable returns the rows of a table that can change.
func changeable(t attr.Table) (set attr.Set) {
	new(attr.Codec).Describe(t, func(r attr.Row) {
		if r.Changeable() {
			set.Add(r.Type)
		}
	})
	return set
}

// repeatMTU makes the request of a job set the MTU that the link has.
func (j *job) repeatMTU(mtu uint32) {
	s, link := *j.spec, *j.spec.link
	link.MTU, s.link = mtu, &link
	j.spec = &s
	j.linkSet.Add(uapi.IFLA_MTU)
}

// AddressText returns the link-layer address in words: an IP address for tunnels whose
// link-layer address is their Local, else bytes in base 16, such as "02:00:00:00:12:34".
func (l *Link) AddressText() string {
	switch l.Type {
	case HardwareTunnel, HardwareTunnel6, HardwareSIT, HardwareGRE, HardwareGRE6:
		if addr, ok := netip.AddrFromSlice(l.Address); ok {
			return addr.String()
		}
	}
	return l.Address.String()
}

// Fallback reports whether the link is a fallback device, such as tunl0 or gre0: a device
// that the driver of a kind of tunnel makes in each namespace, for packets of no other
// tunnel. The kernel does not delete, change or move it. Before Linux 6.15 the kernel does
// not mark such devices; a link with the name of one, and without addresses, is taken for
// it.
func (l *Link) Fallback() bool {
	name := kindOf(l.Kind).fallback
	v, ok := l.Info.(tunnelInfo)
	switch {
	case name == "":
		return false
	case l.raw.common.Has(uapi.IFLA_NETNS_IMMUTABLE):
		return l.NetNSImmutable
	}
	return l.Name == name && (!ok || v.identity() == tunnelIdentity{})
}

// fallbackStays is the reason why a fallback device cannot be deleted.
const fallbackStays = "it is the fallback device of its driver: it stays until the module is unloaded"

// sameTunnel finds the tunnel that has the wanted ends.
func (t *transaction) sameTunnel(ctx context.Context, s *step, errno syscall.Errno) fact {
	j := s.job
	want, ok := j.wanted().(tunnelInfo)
	if !ok || s.what > stepChange || errno != syscall.EEXIST || s.what == stepCreate && t.taken(j) {
		return fact{}
	}
	links, err := (&Conn{rt: j.at.rt}).list(ctx, filter{})
	if err != nil {
		return fact{}
	}
	for _, l := range links {
		has, ok := l.Info.(tunnelInfo)
		if !ok || l.Index == j.index || kindOf(l.Kind).tunnels() != j.kind.tunnels() || has.identity() != want.identity() {
			continue
		}
		switch {
		case want.identity().external:
			return fact{"external", fmt.Sprintf("%q is External already, and a namespace has one such link", l.Name)}
		case l.Fallback():
			return fact{"remote", fmt.Sprintf("without %s it would equal %q, the fallback device of the driver", endsOf(want), l.Name)}
		}
		return fact{"remote", fmt.Sprintf("%q has the same %s already%s", l.Name, endsOf(want), orKey(want))}
	}
	return fact{}
}

// endsOf names the settings that identify a tunnel, without its key.
func endsOf(v tunnelInfo) string {
	if v, own := v.(interface{ identifiedBy() string }); own {
		return v.identifiedBy()
	}
	return "Local, Remote and Dev"
}

// orKey names the key, if a tunnel of the kind is found by it.
func orKey(v tunnelInfo) string {
	if _, keyed := v.(interface{ keys() *GREKeys }); keyed {
		return ", and the same IKey"
	}
	return ""
}

// tunnels returns the table of the driver that holds the tunnels of a kind.
func (k *kind) tunnels() string {
	return cmp.Or(k.tunnelTable, k.fallback)
}

// wanted returns the settings that the request of a job carries.
func (j *job) wanted() info {
	if j.whole != nil {
		return j.whole
	}
	v, _ := j.spec.Info.(tunnelInfo)
	if v == nil {
		return nil
	}
	all := j.kind.info()
	_ = new(attr.Codec).Copy(j.spec.Set, j.infoRefs, v.attrs, all.attrs)
	return all
}

// fallbackFixed explains why a fallback device does not change.
func (t *transaction) fallbackFixed(ctx context.Context, s *step, errno syscall.Errno) fact {
	if errno != syscall.EINVAL || s.what != stepChange || s.job.kind.fallback == "" {
		return fact{}
	}
	link, err := s.job.at.readIndex(ctx, s.job.index)
	if err != nil || !link.Fallback() {
		return fact{}
	}
	return fact{text: "it is the fallback device of its driver, which takes no settings of a tunnel"}
}

// encapMissing explains that the kernel loads no module for an encapsulation.
func (t *transaction) encapMissing(_ context.Context, s *step, errno syscall.Errno) fact {
	v, ok := s.job.wanted().(encapInfo)
	if !ok || errno != syscall.EINVAL || s.what > stepChange || v.encap().Type == TunnelEncapNone {
		return fact{}
	}
	module := "fou"
	if attr.Specified(v.identity().remote).Is6() || attr.Specified(v.identity().local).Is6() {
		module = "fou6"
	}
	return fact{"encap", "it needs the module " + module + ", which the kernel does not load by itself: modprobe " + module}
}

// tunnelDefaults are the defaults that all kinds of IP tunnels have.
const tunnelDefaults = "remote 0.0.0.0 local 0.0.0.0 remote :: local :: fwmark 0x0 mip6 nomip6 " +
	"encap none noencap-csum noencap-udp6-csum noencap-remcsum encap-sport 0 encap-dport 0 " +
	"ttl 0 tos 0x0 pmtudisc hoplimit 0 encaplimit 0 tclass 0x0 flowlabel 0x0 noallow-localremote"
