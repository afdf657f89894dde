package iplink

import (
	"context"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var ipvlanKind = kind{
	config:  "IPVLAN",
	info:    func() info { return new(IPvlanInfo) },
	mtu:     [2]uint32{68, 65535},
	parent:  true,
	family:  KindIPvlan,
	address: ipvlanAddress,
	reason:  ipvlanReason,
}

// IPvlanInfo is what the kernel says of an ipvlan or ipvtap link. All of it
// belongs to the parent: the links on one parent share it.
type IPvlanInfo struct {
	// Mode says by which layer packets find their link (IFLA_IPVLAN_MODE).
	Mode IPvlanMode
	// Flags say which other links on the parent packets reach
	// (IFLA_IPVLAN_FLAGS).
	Flags IPvlanFlags
}

func (i *IPvlanInfo) attrs(c *attr.Codec) {
	attr.Enum(c, uapi.IFLA_IPVLAN_MODE, "mode", &i.Mode, ipvlanModes)
	attr.Enum(c.ValueOnly(), uapi.IFLA_IPVLAN_FLAGS, "flags", &i.Flags, ipvlanFlags)
}

// An IPvlanMode says by which layer packets find their link.
type IPvlanMode uint16

// Modes.
const (
	IPvlanL2  IPvlanMode = iota // frames, with broadcast and multicast; the link routes
	IPvlanL3                    // packets, which the parent's namespace routes; no broadcast
	IPvlanL3S                   // as L3, and through netfilter and connection tracking
)

var ipvlanModes = attr.Words{"l2", "l3", "l3s"}

// String returns the word of iproute2.
func (m IPvlanMode) String() string {
	return attr.Word(ipvlanModes, m)
}

// IPvlanFlags say which other links on the same parent packets reach; one of
// them holds.
type IPvlanFlags uint16

// Flags.
const (
	IPvlanBridge  IPvlanFlags = iota // all, directly
	IPvlanPrivate                    // none
	IPvlanVEPA                       // all, by way of a switch that sends packets back
)

var ipvlanFlags = attr.Words{"bridge", "private", "vepa"}

// String returns the word of iproute2.
func (f IPvlanFlags) String() string {
	return attr.Word(ipvlanFlags, f)
}

// ipvlanAddress says why an ipvlan takes no link-layer address.
const ipvlanAddress = "an ipvlan has the address of its parent"

// ipvlanReason says what the driver's bare errnos mean.
func ipvlanReason(errno syscall.Errno) string {
	switch errno {
	case syscall.EBUSY:
		return "the parent is a port of a bridge, bond or team, or carries macvlan links"
	case syscall.EINVAL:
		return "the parent must be Ethernet and not the loopback"
	}
	return ""
}

// planCreate keeps the mode of the links that are on the parent already: the kernel
// would put them all in its default.
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

// withMode gives the job a description of its own, with the mode in it: the
// builder stays as it is.
func (j *job) withMode(mode IPvlanMode) {
	s, i := *j.spec, *j.spec.Info.(*IPvlanInfo)
	i.Mode = mode
	s.Info = &i
	s.Set.Add(uapi.IFLA_IPVLAN_MODE)
	j.spec = &s
	j.infoSet.Add(uapi.IFLA_IPVLAN_MODE)
}

// ipvlanPort is the link that ipvlan links sit on, and what is known of them.
type ipvlanPort struct {
	index   int
	netnsID int32   // of its namespace, -1 for that of the wanted parent
	on      []*Link // that exist
	made    []*job  // that are made before
}

// ipvlanPortOf returns what the link is about to sit on. An ipvlan that is made
// on another sits on the other's parent.
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

// mode returns the mode that the port will be in, and whether that is known.
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
}
