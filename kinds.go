package iplink

import (
	"cmp"
	"context"
	"sync"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
)

// Kinds of links, as the kernel names them (IFLA_INFO_KIND).
const (
	KindBond    = "bond"
	KindBridge  = "bridge"
	KindCAN     = "can"
	KindDummy   = "dummy"
	KindIPoIB   = "ipoib"
	KindIPvlan  = "ipvlan"
	KindIPvtap  = "ipvtap"
	KindMACsec  = "macsec"
	KindMacvlan = "macvlan"
	KindMacvtap = "macvtap"
	KindNlmon   = "nlmon"
	KindVCAN    = "vcan"
	KindTeam    = "team"
	KindVeth    = "veth"
	KindVLAN    = "vlan"
	KindVXCAN   = "vxcan"
	KindVXLAN   = "vxlan"
)

// kinds are the kinds that this library knows. Each stands in the file of its
// kind.
var kinds = map[string]*kind{
	KindBond:    &bondKind,
	KindBridge:  &bridgeKind,
	KindCAN:     &canKind,
	KindDummy:   &dummyKind,
	KindIPoIB:   &ipoibKind,
	KindIPvlan:  &ipvlanKind,
	KindIPvtap:  &ipvtapKind,
	KindMACsec:  &macsecKind,
	KindMacvlan: &macvlanKind,
	KindMacvtap: &macvtapKind,
	KindNlmon:   &nlmonKind,
	KindVCAN:    &vcanKind,
	KindTeam:    &teamKind,
	KindVeth:    &vethKind,
	KindVLAN:    &vlanKind,
	KindVXCAN:   &vxcanKind,
	KindVXLAN:   &vxlanKind,
}

// kind is what must be known of a kind beside its table. All fields may be
// zero.
type kind struct {
	config         string                     // the kernel's option that brings the driver, without CONFIG_
	info           func() info                // returns an empty info
	port           func() info                // returns an empty info for a port, if it has ports
	mtu            [2]uint32                  // the least and the most, in bytes, from the first moment on; 0 and 0 for no bounds
	parent         bool                       // sits on another link, which must be named
	required       attr.Set                   // settings that the kernel has no default for
	tunnel         bool                       // sends through a socket in the namespace of its underlay
	underlay       uint16                     // the setting that names the underlay, for tunnels
	family         string                     // links on a link of the same family sit on the parent of that one
	hidesNetNS     bool                       // does not report in which namespace the parent is
	peer           uint16                     // the attribute that describes the other end, for kinds that come in pairs
	driver         string                     // what ethtool calls the driver, for masters
	portsDown      syscall.Errno              // by which a master refuses a port that is up; 0 if it takes it
	clamps         bool                       // lowers an MTU that the link below cannot carry, rather than refuse it
	overhead       overhead                   // how much of the parent's MTU is lost to the link; nil if that does not bound its own
	mtuAlone       bool                       // refuses an MTU in a request that changes settings of its own
	hardware       string                     // why links of this kind cannot be made; empty if they can
	addrLen        int                        // bytes of a link-layer address; 0 for the 6 of Ethernet
	address        string                     // why links of this kind take no link-layer address; empty if they do
	sizes          func(mtu uint32) string    // says what is wrong with an MTU, where bounds do not tell all
	afterCreate    attr.Set                   // what every link has that the driver ignores when it makes one
	rewrites       attr.Set                   // what every link has that the driver puts values of its own in
	fixed          fixedRows                  // finds settings that cannot change from what they are to what is wanted
	validateChange changeCheck                // looks at a change before it is sent
	whileDown      attr.Set                   // settings that change only while the link is down
	mtuDown        bool                       // the MTU changes only while the link is down
	waits          bool                       // the kernel waits for each link that is deleted, also where one request deletes several
	whileFree      attr.Set                   // settings that change only while the link has no ports
	notFree        syscall.Errno              // by which the kernel refuses them while it has
	reason         func(syscall.Errno) string // says what the driver's bare errnos mean; empty if it is not known
	portReason     func(syscall.Errno) string // likewise for the settings of its ports

	counters     attr.Set                  // settings that change by themselves, such as timers: no event is about them
	portCounters attr.Set                  // likewise of its ports
	announced    bool                      // the driver announces a new link itself, without an echo to the socket that asked
	underlayOf   func(info) int            // returns the index of the underlay, 0 for none, where the kernel lowers an MTU to what that carries
	overheads    []uint32                  // bytes of the underlay's MTU that are lost then
	regroups     func(old, now *Link) bool // reports whether a change of a master changes what the kernel reports of its ports
	addressInUse string                    // what EADDRINUSE means, empty if it means nothing special

	infoLayout, portLayout layout
}

// A layout is what is found out about a table when it is first needed.
type layout struct {
	once sync.Once
	laid *attr.Layout
}

// of returns the layout of the table of an info.
func (l *layout) of(fresh func() info) *attr.Layout {
	l.once.Do(func() {
		var sample info = new(rawSettings)
		if fresh != nil {
			sample = fresh()
		}
		l.laid = attr.NewLayout(sample, func(v any, c *attr.Codec) { v.(info).attrs(c) })
	})
	return l.laid
}

// table is the table of what only links of this kind have, or of attributes that
// are given as bytes.
func (k *kind) table() *attr.Layout {
	return k.infoLayout.of(k.info)
}

// portTable is the table of what the ports of links of this kind have.
func (k *kind) portTable() *attr.Layout {
	return k.portLayout.of(k.port)
}

// linkTable is the table of what every link has.
var linkTable = attr.NewLayout(newLink(), func(v any, c *attr.Codec) { v.(*Link).attrs(c) })

// noKind is what is known of kinds that are unknown here.
var noKind kind

// A changeCheck refuses a change that the link's present state does not allow,
// and adds to what is to be sent that which must go along.
type changeCheck func(j *job, have *Link) *attr.Error

// fixedRows returns those of the settings that differ from what a link has which
// the kernel does not change from one to the other, though it changes others.
type fixedRows func(j *job, have info, changed attr.Set) attr.Set

// An overhead returns how many bytes of the MTU of a link are lost to one that sits
// on it.
type overhead func(below *Link, of info) uint32

// noOverhead is that of links that are as large as the one that they sit on.
func noOverhead(*Link, info) uint32 { return 0 }

// info is what only links of one kind have: a struct with a table.
type info interface {
	attrs(*attr.Codec)
}

// completable is an info that takes more than its own nest: from the common
// attributes, or from the kind's statistics.
type completable interface {
	info
	afterDecode(*Link)
}

// creationPlanner is an info whose settings depend on links that exist: it completes
// the job that makes a link once those that it refers to are known.
type creationPlanner interface {
	info
	planCreate(context.Context, *transaction, *job) error
}

// takesPorts reports whether links of the kind can have ports, or may: of a kind
// that is unknown here that is not known.
func (k *kind) takesPorts() bool {
	return k.driver != "" || k == &noKind
}

// kindOf returns what is known of a kind by name; nothing of one that is not
// known here.
func kindOf(name string) *kind {
	if k, ok := kinds[name]; ok {
		return k
	}
	return &noKind
}

// newInfo returns an empty info for a kind, nil for a kind without settings or
// unknown here.
func newInfo(name string) info {
	if k := kindOf(name); k.info != nil {
		return k.info()
	}
	return nil
}

// newPortInfo returns an empty info for the ports of a kind of master, nil
// where ports have no settings.
func newPortInfo(name string) info {
	if k := kindOf(name); k.port != nil {
		return k.port()
	}
	return nil
}

// addressLen returns how many bytes the link-layer addresses of such links have, 0
// if that is not known.
func (k *kind) addressLen() int {
	if k == &noKind {
		return 0
	}
	return cmp.Or(k.addrLen, ethernetLen)
}
