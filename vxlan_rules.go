package iplink

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/words"
)

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
	if owner := udpOwner(ns, port); owner != "" {
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

// udpOwner describes the process that has a UDP port of a namespace, or returns an
// empty string if it cannot be determined. The kernel's own sockets belong to no
// process.
func udpOwner(ns *NetNS, port uint16) string {
	var sockets []string
	_ = ns.Do(func() error { // without the privilege to enter it, the result is empty
		for _, table := range []string{"udp", "udp6"} {
			text, _ := os.ReadFile("/proc/thread-self/net/" + table) // without IPv6 there is only one
			sockets = append(sockets, boundTo(text, port)...)
		}
		return nil
	})
	for _, socket := range sockets {
		if pid := holderOf("socket:[" + socket + "]"); pid != "" {
			name, _ := os.ReadFile("/proc/" + pid + "/comm")
			return fmt.Sprintf("process %s (%q)", pid, bytes.TrimSpace(name))
		}
	}
	return ""
}

// boundTo returns the inodes of the sockets bound to a port, from a table of
// /proc/net.
func boundTo(table []byte, port uint16) []string {
	const local, inode = 1, 9 // the columns, from 0
	suffix := fmt.Appendf(nil, ":%04X", port)
	var all []string
	for line := range bytes.Lines(table) {
		if columns := bytes.Fields(line); len(columns) > inode && bytes.HasSuffix(columns[local], suffix) {
			all = append(all, string(columns[inode]))
		}
	}
	return all
}

// holderOf returns the id of a process that has a file open, or an empty string if
// there is none, or none that may be examined.
func holderOf(target string) string {
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range processes {
		files, _ := os.ReadDir(process + "/fd")
		for _, file := range files {
			if to, err := os.Readlink(process + "/fd/" + file.Name()); err == nil && to == target {
				pid := filepath.Base(process)
				if _, err := strconv.Atoi(pid); err == nil {
					return pid
				}
			}
		}
	}
	return ""
}
