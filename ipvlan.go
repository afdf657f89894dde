package iplink

import (
	"context"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var ipvlanKind = kind{
	config:   "IPVLAN",
	info:     func() info { return new(IPvlanInfo) },
	mtu:      [2]uint32{68, 65535},
	parent:   true,
	family:   KindIPvlan,
	address:  ipvlanAddress,
	reason:   ipvlanReason,
	defaults: ipvlanDefaults,
}

const ipvlanDefaults = "mode l3 bridge"

// IPvlanInfo holds the attributes of an ipvlan or ipvtap link. All of them belong to
// the parent: the links on one parent share them.
type IPvlanInfo struct {
	// Mode is the layer at which packets are assigned to links (IFLA_IPVLAN_MODE).
	Mode IPvlanMode
	// Flags determine which other links on the parent the link can reach
	// (IFLA_IPVLAN_FLAGS).
	Flags IPvlanFlags
}

func (i *IPvlanInfo) attrs(c *attr.Codec) {
	attr.Enum(c, uapi.IFLA_IPVLAN_MODE, "mode", &i.Mode, ipvlanModes)
	attr.Enum(c.ValueOnly(), uapi.IFLA_IPVLAN_FLAGS, "flags", &i.Flags, ipvlanFlags)
}

// An IPvlanMode is the layer at which packets are assigned to links.
type IPvlanMode uint16

// Modes of a parent.
const (
	IPvlanL2  IPvlanMode = iota // frames, including broadcast and multicast; the namespace of the link routes
	IPvlanL3                    // packets, which the namespace of the parent routes; no broadcast
	IPvlanL3S                   // like L3, and through netfilter and connection tracking
)

var ipvlanModes = attr.Words{"l2", "l3", "l3s"}

// String returns iproute2's word for the mode.
func (m IPvlanMode) String() string {
	return attr.Word(ipvlanModes, m)
}

// MarshalText returns the result of String.
func (m IPvlanMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *IPvlanMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(ipvlanModes, "IPvlan mode", text, m)
}

// IPvlanFlags determine which other links on the same parent a link can reach.
// Exactly one of the values applies.
type IPvlanFlags uint16

// Values of IPvlanFlags.
const (
	IPvlanBridge  IPvlanFlags = iota // all links, directly
	IPvlanPrivate                    // no other link
	IPvlanVEPA                       // all links, through a switch that returns the packets
)

var ipvlanFlags = attr.Words{"bridge", "private", "vepa"}

// String returns iproute2's word for the flags.
func (f IPvlanFlags) String() string {
	return attr.Word(ipvlanFlags, f)
}

// MarshalText returns the result of String.
func (f IPvlanFlags) MarshalText() ([]byte, error) {
	return []byte(f.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (f *IPvlanFlags) UnmarshalText(text []byte) error {
	return attr.ReadWord(ipvlanFlags, "IPvlan flags", text, f)
}

// ipvlanAddress is the reason why an ipvlan has no link-layer address of its own.
const ipvlanAddress = "an ipvlan has the address of its parent"

// ipvlanReason returns the meaning of an errno without a message from the driver.
func ipvlanReason(errno syscall.Errno) string {
	switch errno {
	case syscall.EBUSY:
		return "the parent is a port of a bridge, bond or team, or carries macvlan links"
	case syscall.EINVAL:
		return "the parent must be Ethernet and not the loopback"
	}
	return ""
}

// planCreate keeps the mode of the links that are already on the parent. The kernel
// would otherwise switch all of them to its default.
func (i *IPvlanInfo) planCreate(ctx context.Context, t *transaction, j *job) error {
	if j.infoSet.Has(uapi.IFLA_IPVLAN_MODE) {
		return nil
	}
	port, err := ipvlanPortOf(ctx, t, j)
	if err != nil {
		return j.spec.failed(t.op, "mode", err)
	}
	if mode, ok := port.mode(); ok {
		j.withMode(mode)
	}
	return nil
}

// withMode gives the job its own copy of the description, with the mode set. The
// builder is not changed.
func (j *job) withMode(mode IPvlanMode) {
	s, i := *j.spec, *j.spec.Info.(*IPvlanInfo)
	i.Mode = mode
	s.Info = &i
	s.Set.Add(uapi.IFLA_IPVLAN_MODE)
	j.spec = &s
	j.infoSet.Add(uapi.IFLA_IPVLAN_MODE)
}

// ipvlanPort is the link below ipvlan links, together with these links.
type ipvlanPort struct {
	index   int
	netnsID int32   // the id of its namespace, -1 for the namespace of the wanted parent
	on      []*Link // existing links
	made    []*job  // links that are created earlier
}

// ipvlanPortOf returns the link that the new link will sit on. An ipvlan that is
// created on another ipvlan sits on the parent of the latter.
func ipvlanPortOf(ctx context.Context, t *transaction, j *job) (*ipvlanPort, error) {
	if err := j.spec.refuseRemote(t.op, "link-netns", j.under); err != nil {
		return nil, err
	}
	port := &ipvlanPort{index: j.parent(), netnsID: -1}
	for _, kind := range []string{KindIPvlan, KindIPvtap} {
		links, err := (&Conn{rt: j.under.rt}).list(ctx, filter{kind: kind})
		if err != nil {
			return nil, err
		}
		port.on = append(port.on, links...)
	}
	for _, l := range port.on {
		if l.Index == port.index {
			port.index, port.netnsID = l.Parent, l.NetNSID
			break
		}
	}
	for _, other := range t.jobs {
		if other.under == j.under && other.parent() == port.index && port.netnsID < 0 {
			port.made = append(port.made, other)
		}
	}
	return port, nil
}

// mode returns the mode that the port will have, and whether it is known.
func (p *ipvlanPort) mode() (mode IPvlanMode, ok bool) {
	for _, l := range p.on {
		if i, is := l.Info.(*IPvlanInfo); is && l.Parent == p.index && l.NetNSID == p.netnsID {
			mode, ok = i.Mode, true
		}
	}
	for _, j := range p.made {
		if i, is := j.spec.Info.(*IPvlanInfo); is && j.infoSet.Has(uapi.IFLA_IPVLAN_MODE) {
			mode, ok = i.Mode, true
		}
	}
	return mode, ok
}

var ipvtapKind = kind{
	config:     "IPVTAP",
	info:       func() info { return new(IPvlanInfo) },
	mtu:        [2]uint32{68, 65535},
	parent:     true,
	family:     KindIPvlan,
	hidesNetNS: true,
	address:    ipvlanAddress,
	reason:     ipvlanReason,
	defaults:   ipvlanDefaults + " txqueuelen 500",
}
