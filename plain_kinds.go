package iplink

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// The smallest kinds: at most one setting of their own, and few rules.

var dummyKind = kind{
	config:   "DUMMY",
	defaults: withoutARP,
}

var ifbKind = kind{
	config:   "IFB",
	defaults: withoutARP + " txqueuelen 32",
}

var vsockmonKind = kind{
	config:   "VSOCKMON",
	mtu:      [2]uint32{32, 1<<31 - 1}, // from the header of a message on
	address:  "a vsockmon has no address",
	defaults: withoutARP,
}

var virtwifiKind = kind{
	config:   "VIRT_WIFI",
	mtu:      [2]uint32{68, 1500},
	parent:   true,
	overhead: noOverhead,
	address:  "a virt_wifi has the address of its parent",
	reason:   virtwifiReason,
}

// virtwifiReason returns the meaning of an errno without a message from the driver.
func virtwifiReason(errno syscall.Errno) string {
	if errno == syscall.EBUSY {
		return "the parent has a virt_wifi, is a port of a bridge, bond or team, or carries macvlan links"
	}
	return ""
}

var lowpanKind = kind{
	config:  "IEEE802154_6LOWPAN",
	parent:  true,
	addrLen: 8,
	address: "a lowpan has the address of its parent",
	reason:  lowpanReason,
}

// lowpanReason returns the meaning of an errno without a message from the driver.
func lowpanReason(errno syscall.Errno) string {
	switch errno {
	case syscall.EBUSY:
		return "the parent has a lowpan link already"
	case syscall.EINVAL:
		return "the parent must be an IEEE 802.15.4 device, such as wpan0, in the namespace of the link"
	}
	return ""
}

var netdevsimKind = kind{
	config: "NETDEVSIM",
	maker:  "a netdevsim link is a port of a simulated device: echo '1 1' >/sys/bus/netdevsim/new_device makes device 1 with one port",
	taker:  "a netdevsim link goes with its simulated device: echo 1 >/sys/bus/netdevsim/del_device removes device 1",
}

var openvswitchKind = kind{
	config: "OPENVSWITCH",
	maker:  "an openvswitch link is a port of an Open vSwitch bridge: ovs-vsctl add-port BRIDGE NAME -- set Interface NAME type=internal",
	taker:  "an openvswitch link is a port of an Open vSwitch bridge: ovs-vsctl del-port NAME",
}

var dsaKind = kind{
	config:   "NET_DSA",
	info:     func() info { return new(DSAInfo) },
	hardware: "a port of a switch is there when the driver of the switch finds the hardware; Update changes it",
}

// DSAInfo holds the attributes of a port of a switch.
type DSAInfo struct {
	// Conduit is the interface index of the link that carries the frames between the
	// switch and the processor (IFLA_DSA_CONDUIT).
	Conduit int
}

func (d *DSAInfo) attrs(c *attr.Codec) {
	attr.Index(c, uapi.IFLA_DSA_CONDUIT, "conduit", &d.Conduit)
}

var wwanKind = kind{
	config:    "WWAN",
	info:      func() info { return new(WWANInfo) },
	parentDev: "a wwan link is a session of a modem, such as wwan0: name it with ParentDev",
	required:  attr.SetOf(uapi.IFLA_WWAN_LINK_ID),
	reason:    wwanReason,
}

// WWANInfo holds the attributes of a wwan link. Hardware.ParentDev of the Link is the
// modem.
type WWANInfo struct {
	// LinkID is the number of the data session on the modem (IFLA_WWAN_LINK_ID).
	LinkID uint32
}

func (w *WWANInfo) attrs(c *attr.Codec) {
	attr.U32(c.CreateOnly(), uapi.IFLA_WWAN_LINK_ID, "linkid", &w.LinkID)
}

// wwanReason returns the meaning of an errno without a message from the driver.
func wwanReason(errno syscall.Errno) string {
	switch errno {
	case syscall.ENODEV:
		return "there is no modem with the name of ParentDev: /sys/class/wwan has the names"
	case syscall.EOPNOTSUPP:
		return "the driver of the modem makes no links for sessions"
	case syscall.EBUSY, syscall.EEXIST:
		return "the session of the modem has a link already: give the link another LinkID"
	}
	return ""
}

var vrfKind = kind{
	config:   "NET_VRF",
	info:     func() info { return new(VRFInfo) },
	port:     func() info { return new(VRFPortInfo) },
	mtu:      [2]uint32{1280, 65575},
	required: attr.SetOf(uapi.IFLA_VRF_TABLE),
	driver:   "vrf",
	defaults: withoutARP + " mtu 65575",
}

// VRFInfo is the kernel's report of a VRF, a routing domain of its own.
type VRFInfo struct {
	// Table is the number of the routing table of its ports (IFLA_VRF_TABLE).
	Table uint32
}

func (v *VRFInfo) attrs(c *attr.Codec) {
	attr.U32(c.CreateOnly().Takes("main=254 local=255 default=253"), uapi.IFLA_VRF_TABLE, "table", &v.Table, 1, 1<<32-1)
}

// VRFPortInfo is the kernel's report of a link as a port of a VRF.
type VRFPortInfo struct {
	// Table is the number of the routing table of the VRF (IFLA_VRF_PORT_TABLE).
	Table uint32
}

func (p *VRFPortInfo) attrs(c *attr.Codec) {
	attr.U32(c.ReadOnly(), uapi.IFLA_VRF_PORT_TABLE, "table", &p.Table)
}

var xfrmKind = kind{
	config:         "XFRM_INTERFACE",
	info:           func() info { return new(XfrmInfo) },
	mtu:            [2]uint32{68, 65535},
	address:        "an xfrm link has no link-layer address",
	fixed:          xfrmFixed,
	validateChange: xfrmBefore,
	defaults:       withoutARP + " nodev",
}

// XfrmInfo is the kernel's report of an xfrm link.
type XfrmInfo struct {
	// IfID is the number that the IPsec states and policies of the link have
	// (IFLA_XFRM_IF_ID). It is 0 for External.
	IfID uint32
	// Dev is the interface index of the link whose hardware may process the packets, and
	// 0 for none (IFLA_XFRM_LINK). It belongs to the namespace where the link was made.
	Dev int
	// External leaves the number to routes and tc (IFLA_XFRM_COLLECT_METADATA).
	External bool
}

func (v *XfrmInfo) attrs(c *attr.Codec) {
	attr.Index(c.CreateOnly(), uapi.IFLA_XFRM_LINK, "dev", &v.Dev)
	attr.U32(c.Hex(), uapi.IFLA_XFRM_IF_ID, "if_id", &v.IfID, 1, 1<<32-1)
	attr.Flag(c.CreateOnly(), uapi.IFLA_XFRM_COLLECT_METADATA, "external", &v.External)
}

// validate applies the rules of xfrmi_newlink in the kernel.
func (v *XfrmInfo) validate(op string, s *spec) error {
	const text = "cannot go with External, where the number comes with each packet"
	has := s.Set.Has
	switch external := has(uapi.IFLA_XFRM_COLLECT_METADATA); {
	case op == "create" && !external && !has(uapi.IFLA_XFRM_IF_ID):
		return &attr.Error{Name: "if_id", Text: "there is no default for it: set IfID, or External"}
	case external && has(uapi.IFLA_XFRM_IF_ID):
		return &attr.Error{Name: "if_id", Text: text}
	case external && has(uapi.IFLA_XFRM_LINK):
		return &attr.Error{Name: "dev", Text: text}
	}
	return nil
}

// xfrmFixed returns all settings of an external link, which the kernel does not change.
func xfrmFixed(_ *job, have info, changed attr.Set) (fixed attr.Set) {
	if now, ok := have.(*XfrmInfo); ok && now.External {
		return changed
	}
	return fixed
}

// xfrmBefore adds to a change the Dev of the link, which the kernel wants to see again.
func xfrmBefore(j *job, have *Link) *attr.Error {
	want, ok := j.spec.Info.(*XfrmInfo)
	now, is := have.Info.(*XfrmInfo)
	if !ok || !is || now.Dev == 0 || !j.infoSet.Has(uapi.IFLA_XFRM_IF_ID) {
		return nil
	}
	s, all := *j.spec, *want
	all.Dev, s.Info = now.Dev, &all
	j.spec, j.infoRefs = &s, attr.DropRef(j.infoRefs, uapi.IFLA_XFRM_LINK)
	j.infoSet.Add(uapi.IFLA_XFRM_LINK)
	return nil
}

// ifIDTaken finds the xfrm link that has the number, or is external, already.
func (t *transaction) ifIDTaken(ctx context.Context, s *step, errno syscall.Errno) fact {
	want, ok := s.job.spec.Info.(*XfrmInfo)
	if !ok || errno != syscall.EEXIST || s.what > stepChange || s.what == stepCreate && t.taken(s.job) {
		return fact{}
	}
	links, err := (&Conn{rt: s.job.at.rt}).list(ctx, filter{kind: s.job.spec.Kind})
	if err != nil {
		return fact{}
	}
	for _, l := range links {
		has, ok := l.Info.(*XfrmInfo)
		switch {
		case !ok || l.Index == s.job.index || has.External != want.External || has.IfID != want.IfID:
		case want.External:
			return fact{"external", fmt.Sprintf("%q is External already, and a namespace has one such link", l.Name)}
		default:
			return fact{"if_id", fmt.Sprintf("%q has %#x already: another IfID makes room", l.Name, has.IfID)}
		}
	}
	return fact{}
}

var rmnetKind = kind{
	config:         "RMNET",
	info:           func() info { return new(RMNetInfo) },
	mtu:            [2]uint32{0, 16384},
	parent:         true,
	hidesNetNS:     true,
	required:       attr.SetOf(uapi.IFLA_RMNET_MUX_ID),
	address:        "an rmnet link has no link-layer address",
	afterCreate:    attr.SetOf(uapi.IFLA_MTU),
	overhead:       rmnetOverhead,
	driver:         "rmnet",
	validateChange: rmnetBefore,
	reason:         rmnetReason,
	defaults:       "multicast off ingress-deaggregation on ingress-commands off ingress-mapv4-checksum off egress-mapv4-checksum off ingress-mapv5-checksum off egress-mapv5-checksum off",
}

// RMNetInfo is the kernel's report of an rmnet link, one channel of a Qualcomm modem. All
// fields but MuxID belong to the parent: the rmnet links on it have the same values.
type RMNetInfo struct {
	// MuxID is the number of the channel (IFLA_RMNET_MUX_ID).
	MuxID uint16
	// IngressDeaggregation takes received frames of several packets apart
	// (RMNET_FLAGS_INGRESS_DEAGGREGATION in IFLA_RMNET_FLAGS).
	IngressDeaggregation bool
	// IngressCommands obeys the modem's commands for flow control
	// (RMNET_FLAGS_INGRESS_MAP_COMMANDS).
	IngressCommands bool
	// IngressChecksumV4 and IngressChecksumV5 take the modem's word for checksums of
	// received packets, in the formats of version 4 and 5 of the protocol, and
	// EgressChecksumV4 and EgressChecksumV5 leave checksums of sent packets to it
	// (RMNET_FLAGS_INGRESS_MAP_CKSUMV4, RMNET_FLAGS_EGRESS_MAP_CKSUMV4,
	// RMNET_FLAGS_INGRESS_MAP_CKSUMV5, RMNET_FLAGS_EGRESS_MAP_CKSUMV5).
	IngressChecksumV4, EgressChecksumV4, IngressChecksumV5, EgressChecksumV5 bool
}

func (v *RMNetInfo) attrs(c *attr.Codec) {
	attr.U16(c, uapi.IFLA_RMNET_MUX_ID, "mux_id", &v.MuxID, 0, 254)
	flags := attr.Bits{Type: uapi.IFLA_RMNET_FLAGS}
	flags.OnOff(c, uapi.RMNET_INGRESS_DEAGGREGATION_BIT, "ingress-deaggregation", &v.IngressDeaggregation)
	flags.OnOff(c, uapi.RMNET_INGRESS_MAP_COMMANDS_BIT, "ingress-commands", &v.IngressCommands)
	flags.OnOff(c, uapi.RMNET_INGRESS_MAP_CKSUMV4_BIT, "ingress-mapv4-checksum", &v.IngressChecksumV4)
	flags.OnOff(c, uapi.RMNET_EGRESS_MAP_CKSUMV4_BIT, "egress-mapv4-checksum", &v.EgressChecksumV4)
	flags.OnOff(c, uapi.RMNET_INGRESS_MAP_CKSUMV5_BIT, "ingress-mapv5-checksum", &v.IngressChecksumV5)
	flags.OnOff(c, uapi.RMNET_EGRESS_MAP_CKSUMV5_BIT, "egress-mapv5-checksum", &v.EgressChecksumV5)
}

// rmnetOverhead is the header of the protocol, and the one for checksums if the kernel
// reserves room for it.
func rmnetOverhead(_ *Link, of info) uint32 {
	const header, checksum = 4, 4
	if v, ok := of.(*RMNetInfo); ok && v.EgressChecksumV4 {
		return header + checksum
	}
	return header
}

// rmnetBefore adds to a change the MuxID of the link, which the kernel wants to see again.
func rmnetBefore(j *job, have *Link) *attr.Error {
	want, ok := j.spec.Info.(*RMNetInfo)
	now, is := have.Info.(*RMNetInfo)
	if !ok || !is || j.infoSet.Empty() || j.infoSet.Has(uapi.IFLA_RMNET_MUX_ID) {
		return nil
	}
	s, all := *j.spec, *want
	all.MuxID, s.Info = now.MuxID, &all
	j.spec = &s
	j.infoSet.Add(uapi.IFLA_RMNET_MUX_ID)
	return nil
}

// rmnetReason returns the meaning of an errno of a new link.
func rmnetReason(errno syscall.Errno) string {
	if errno == syscall.EBUSY {
		return "the parent is a port of a bridge, bond or team, or carries macvlan or ipvlan links"
	}
	return ""
}

// muxIDTaken finds the rmnet link that has the number on the same parent.
func (t *transaction) muxIDTaken(ctx context.Context, s *step, errno syscall.Errno) fact {
	v, ok := s.job.spec.Info.(*RMNetInfo)
	if !ok || s.what > stepChange || errno != syscall.EBUSY && errno != syscall.EINVAL {
		return fact{}
	}
	parent := s.job.parent()
	if have := s.job.have; have != nil {
		parent = have.Parent
	}
	same := func(l *Link) bool {
		has, ok := l.Info.(*RMNetInfo)
		return ok && l.Index != s.job.index && l.Parent == parent && has.MuxID == v.MuxID
	}
	if l := s.job.at.firstOf(ctx, KindRMNet, same); l != nil {
		return fact{"mux_id", fmt.Sprintf("%q has %d on this parent: another MuxID makes room", l.Name, v.MuxID)}
	}
	return fact{}
}

var ovpnKind = kind{
	config:   "OVPN",
	since:    attr.Version{Major: 6, Minor: 16},
	loadedBy: uapi.OVPN_FAMILY_NAME,
	info:     func() info { return new(OVPNInfo) },
	mtu:      [2]uint32{68, 65451}, // 84 bytes are for headers
	address:  "ovpn links have no link-layer address",
	defaults: "mode p2p",
}

// OVPNInfo is the kernel's report of an ovpn link.
type OVPNInfo struct {
	// Mode reports whether the link has one peer or many (IFLA_OVPN_MODE).
	Mode OVPNMode
}

func (v *OVPNInfo) attrs(c *attr.Codec) {
	attr.Enum(c.CreateOnly().Since(6, 16), uapi.IFLA_OVPN_MODE, "mode", &v.Mode, ovpnModes)
}

// An OVPNMode is the number of peers that an ovpn link can have.
type OVPNMode uint8

// Modes of an ovpn link.
const (
	OVPNP2P OVPNMode = iota // one peer, which all packets go to: the default
	OVPNMP                  // many peers, each with its addresses in the tunnel
)

var ovpnModes = attr.Words{"p2p", "mp"}

// String returns the word of iproute2.
func (m OVPNMode) String() string {
	return attr.Word(ovpnModes, m)
}

// MarshalText returns the result of String.
func (m OVPNMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *OVPNMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(ovpnModes, "ovpn mode", text, m)
}

var pppKind = kind{
	config:   "PPP",
	info:     func() info { return new(PPPInfo) },
	required: attr.SetOf(uapi.IFLA_PPP_DEV_FD),
	address:  "a ppp link has no address",
	reason:   pppReason,
}

// PPPInfo holds the settings of a PPP link. The kernel reports none of them.
type PPPInfo struct {
	// File is the open /dev/ppp that a builder gives the link; nil in reports
	// (IFLA_PPP_DEV_FD).
	File *os.File
}

func (p *PPPInfo) attrs(c *attr.Codec) {
	attr.Custom(c.CreateOnly().WriteOnly().NoKeyword(), uapi.IFLA_PPP_DEV_FD, "file", (*pppFile)(p))
}

// pppFile is the file as the number of its descriptor.
type pppFile PPPInfo

// AppendPayload appends the number that the file has now, or -1 if it is closed.
func (p *pppFile) AppendPayload(b []byte) []byte {
	fd, err := p.descriptor()
	if err != nil {
		fd = -1
	}
	return wire.Order.AppendUint32(b, uint32(fd))
}

// ParsePayload ignores the number, which no report has.
func (p *pppFile) ParsePayload([]byte) error { return nil }

// AppendWords appends the name of the file.
func (p *pppFile) AppendWords(b []byte) []byte {
	if p.File == nil {
		return b
	}
	return append(b, p.File.Name()...)
}

// Within reports true: no report has the file.
func (p *pppFile) Within(attr.Payload) bool { return true }

// Check rejects a file that is closed.
func (p *pppFile) Check() error {
	_, err := p.descriptor()
	return err
}

func (p *pppFile) descriptor() (number int, err error) {
	closed := errors.New("it is closed: keep it open as long as the link is wanted")
	raw, err := p.File.SyscallConn()
	if err != nil || raw.Control(func(fd uintptr) { number = int(fd) }) != nil {
		return 0, closed
	}
	return number, nil
}

// pppReason returns the meaning of an errno without a message from the driver.
func pppReason(errno syscall.Errno) string {
	switch errno {
	case syscall.EBADF:
		return "the File is not an open /dev/ppp, or it has a link already: open /dev/ppp once for each link"
	case syscall.EBUSY:
		return "the driver is busy with the request of another program: try again"
	}
	return ""
}
