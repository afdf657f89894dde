package iplink

import (
	"cmp"
	"context"
	"net"
	"sync"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
)

// Kinds of links, as the kernel names them (IFLA_INFO_KIND).
const (
	KindAMT         = "amt"
	KindBareUDP     = "bareudp"
	KindBatadv      = "batadv"
	KindBond        = "bond"
	KindBridge      = "bridge"
	KindCAN         = "can"
	KindDSA         = "dsa"
	KindDummy       = "dummy"
	KindERSPAN      = "erspan"
	KindGeneve      = "geneve"
	KindGRE         = "gre"
	KindGRETap      = "gretap"
	KindGTP         = "gtp"
	KindHSR         = "hsr"
	KindIFB         = "ifb"
	KindIP6ERSPAN   = "ip6erspan"
	KindIP6GRE      = "ip6gre"
	KindIP6GRETap   = "ip6gretap"
	KindIP6Tnl      = "ip6tnl"
	KindIPIP        = "ipip"
	KindIPoIB       = "ipoib"
	KindIPvlan      = "ipvlan"
	KindIPvtap      = "ipvtap"
	KindLowpan      = "lowpan"
	KindMACsec      = "macsec"
	KindMacvlan     = "macvlan"
	KindMacvtap     = "macvtap"
	KindNetdevsim   = "netdevsim"
	KindNetkit      = "netkit"
	KindNlmon       = "nlmon"
	KindOpenVSwitch = "openvswitch"
	KindOVPN        = "ovpn"
	KindPFCP        = "pfcp"
	KindPPP         = "ppp"
	KindRMNet       = "rmnet"
	KindSIT         = "sit"
	KindTeam        = "team"
	KindTun         = "tun"
	KindVCAN        = "vcan"
	KindVeth        = "veth"
	KindVirtWifi    = "virt_wifi"
	KindVLAN        = "vlan"
	KindVRF         = "vrf"
	KindVsockmon    = "vsockmon"
	KindVTI         = "vti"
	KindVTI6        = "vti6"
	KindVXCAN       = "vxcan"
	KindVXLAN       = "vxlan"
	KindWireGuard   = "wireguard"
	KindWWAN        = "wwan"
	KindXfrm        = "xfrm"
)

// kinds holds the kinds that this library knows. Each is defined in the file of its
// kind.
var kinds = map[string]*kind{
	KindAMT:         &amtKind,
	KindBareUDP:     &bareudpKind,
	KindBatadv:      &batadvKind,
	KindBond:        &bondKind,
	KindBridge:      &bridgeKind,
	KindCAN:         &canKind,
	KindDSA:         &dsaKind,
	KindDummy:       &dummyKind,
	KindERSPAN:      &erspanKind,
	KindGeneve:      &geneveKind,
	KindGRE:         &greKind,
	KindGRETap:      &gretapKind,
	KindGTP:         &gtpKind,
	KindHSR:         &hsrKind,
	KindIFB:         &ifbKind,
	KindIP6ERSPAN:   &ip6erspanKind,
	KindIP6GRE:      &ip6greKind,
	KindIP6GRETap:   &ip6gretapKind,
	KindIP6Tnl:      &ip6tnlKind,
	KindIPIP:        &ipipKind,
	KindIPoIB:       &ipoibKind,
	KindIPvlan:      &ipvlanKind,
	KindIPvtap:      &ipvtapKind,
	KindLowpan:      &lowpanKind,
	KindMACsec:      &macsecKind,
	KindMacvlan:     &macvlanKind,
	KindMacvtap:     &macvtapKind,
	KindNetdevsim:   &netdevsimKind,
	KindNetkit:      &netkitKind,
	KindNlmon:       &nlmonKind,
	KindOpenVSwitch: &openvswitchKind,
	KindOVPN:        &ovpnKind,
	KindPFCP:        &pfcpKind,
	KindPPP:         &pppKind,
	KindRMNet:       &rmnetKind,
	KindSIT:         &sitKind,
	KindTeam:        &teamKind,
	KindTun:         &tunKind,
	KindVCAN:        &vcanKind,
	KindVeth:        &vethKind,
	KindVirtWifi:    &virtwifiKind,
	KindVLAN:        &vlanKind,
	KindVRF:         &vrfKind,
	KindVsockmon:    &vsockmonKind,
	KindVTI6:        &vti6Kind,
	KindVTI:         &vtiKind,
	KindVXCAN:       &vxcanKind,
	KindVXLAN:       &vxlanKind,
	KindWireGuard:   &wireguardKind,
	KindWWAN:        &wwanKind,
	KindXfrm:        &xfrmKind,
}

// kind holds the properties of a kind that its attribute table does not express. All
// fields may be zero.
type kind struct {
	config         string                     // the kernel option that enables the driver, without CONFIG_
	since          attr.Version               // the release of Linux that introduced it; zero if every supported one has it
	loadedBy       string                     // the generic netlink family whose look-up has the kernel load the driver; empty if a request for a link does
	info           func() info                // returns an empty info
	start          func() info                // returns the info of a new builder; nil if it is empty
	port           func() info                // returns an empty info for a port; nil if ports have no settings
	mtu            [2]uint32                  // the bounds in bytes that apply from creation on; 0 and 0 for none
	parentDev      string                     // the advice to name the device that a link belongs to, for kinds that need one; else empty
	parent         bool                       // the link sits on another link, which must be named
	required       attr.Set                   // settings without a default in the kernel
	tunnel         bool                       // the link sends through a socket in the namespace of its underlay
	underlay       uint16                     // the setting that names the underlay, for tunnels
	family         string                     // a link on a link of the same family sits on the parent of that link
	hidesNetNS     bool                       // the kernel does not report the namespace of the parent
	peer           uint16                     // the attribute that describes the other end, for kinds created in pairs
	ofPeer         attr.Set                   // the settings of a kind created in pairs that are about the other end, which iproute2 takes after "peer"
	peerName       string                     // the beginning of the name that the kernel gives an unnamed other end, before it names the link
	flagsLater     bool                       // the interface flags of the other end are ignored when a pair is created
	driver         string                     // the driver name in ethtool, for masters
	namesPort      attr.Set                   // settings of a master that name one of its ports
	noPort         string                     // the meaning of EINVAL for a link that a master refuses as a port, or an empty string
	portsDown      syscall.Errno              // the errno of a master that refuses a port that is up; 0 if it accepts the port
	clamps         bool                       // the driver lowers an MTU that the link below cannot carry, instead of refusing it
	overhead       overhead                   // the part of the parent's MTU that the link loses; nil if the parent's MTU does not limit it
	fallback       string                     // the name of the device that the driver makes in each namespace, or an empty string
	tunnelTable    string                     // the table of the driver that holds the tunnels of this kind and of others; empty if it holds no others
	spelled        attr.Set                   // settings whose default in `ip` differs from the kernel's
	wholeChange    bool                       // a change resets the settings and the MTU that it does not carry
	mtuAlone       bool                       // the driver refuses an MTU in a request that also changes settings of the kind
	hardware       string                     // the reason why links of this kind cannot be created, or an empty string
	maker          string                     // the advice how such a link comes about, if route netlink makes none; else empty
	taker          string                     // the advice how such a link goes, if route netlink deletes none; else empty
	entries        bool                       // a link has a forwarding database of its own, whose changes the kernel announces
	addrLen        int                        // the length of a link-layer address in bytes; 0 for the 6 of Ethernet
	address        string                     // the reason why links of this kind have no settable link-layer address, or an empty string
	sizes          func(mtu uint32) string    // returns the reason why an MTU is invalid, where bounds do not suffice
	afterCreate    attr.Set                   // common settings that the driver ignores on creation
	dataAfter      attr.Set                   // settings of the kind whose failure on creation harms the kernel
	rewrites       attr.Set                   // common settings whose values the driver replaces by its own
	fixed          fixedRows                  // finds settings that cannot change from their present value to the wanted one
	validateChange changeCheck                // checks a change before it is sent
	whileDown      attr.Set                   // settings that can change only while the link is down
	mtuDown        bool                       // the MTU can change only while the link is down
	waits          bool                       // the kernel waits for each link that is deleted, even if one request deletes several
	whileFree      attr.Set                   // settings that can change only while the link has no ports
	notFree        syscall.Errno              // the errno of the kernel's refusal while it has ports
	lists          []string                   // the objects that only such links have, by their names in JSON
	portLists      []string                   // the same for their ports
	defaults       string                     // the settings of a new link, in iproute2's words; a saved link leaves them out
	portDefaults   string                     // the same for a new port
	defaultsOf     func(info) string          // the same for kinds whose defaults follow from other settings; nil if they do not
	saved          func() savable             // returns an empty info with settings that only generic netlink reports and that Save reads; nil if there are none
	flood          func(any) *own.Flood       // returns the destination of frames to unknown addresses, for which the kernel makes a forwarding entry, or nil
	copied         func(*Link, *own.Settings) // corrects the settings for a link that is made again: all that it reports, even if some have an effect when they are named
	notBeside      syscall.Errno              // the errno of the refusal of a link beside another one on the same parent
	optional       map[uint16]string          // the reason why a kernel without an option refuses a setting with EOPNOTSUPP
	reason         func(syscall.Errno) string // returns the meaning of an errno without a message from the driver, or an empty string
	portReason     func(syscall.Errno) string // the same for the settings of its ports

	ownAddress   func(port info) net.HardwareAddr // returns the address that a port had before it joined; nil if it keeps it
	announced    bool                             // the driver announces a new link itself, without an echo to the requesting socket
	underlayOf   func(info) int                   // returns the index of the underlay or 0, for kinds whose MTU the kernel lowers to fit it
	overheads    []uint32                         // the bytes of the underlay's MTU that are lost in that case
	regroups     func(old, now *Link) bool        // reports whether a change of a master changes the kernel's report of its ports
	addressInUse string                           // the meaning of EADDRINUSE, or an empty string if it has no special meaning

	infoLayout, portLayout layout
}

// A layout holds the layout of a table, which is computed on first use.
type layout struct {
	once sync.Once
	laid *attr.Layout
}

// of returns the layout of the table of an info.
func (l *layout) of(fresh func() info) *attr.Layout {
	l.once.Do(func() {
		l.laid = attr.NewLayout(fresh(), func(v any, c *attr.Codec) { v.(info).attrs(c) })
	})
	return l.laid
}

// table returns the layout of the settings that only links of this kind have, for a
// kind with an info.
func (k *kind) table() *attr.Layout {
	return k.infoLayout.of(k.info)
}

// portTable is table for the settings that ports of links of this kind have.
func (k *kind) portTable() *attr.Layout {
	return k.portLayout.of(k.port)
}

// linkTable is the layout of the attributes that every link has.
var linkTable = attr.NewLayout(newLink(), func(v any, c *attr.Codec) { v.(*Link).attrs(c) })

// noKind represents every kind that this library does not know.
var noKind kind

// A changeCheck refuses a change that the present state of the link does not allow,
// and adds the settings that must accompany the change to the request.
type changeCheck func(j *job, have *Link) *attr.Error

// fixedRows returns those of the changed settings that the kernel cannot change from
// their present value to the wanted one, although it allows other changes of them.
type fixedRows func(j *job, have info, changed attr.Set) attr.Set

// An overhead returns the number of bytes by which the MTU of a link must be smaller
// than the MTU of the link below it.
type overhead func(below *Link, of info) uint32

// noOverhead is the overhead of links that can have the MTU of the link below.
func noOverhead(*Link, info) uint32 { return 0 }

// info holds the settings that only links of one kind have: a struct with a table.
type info interface {
	attrs(*attr.Codec)
}

// completable is an info with fields from outside its own nest: from the common
// attributes, or from the statistics of the kind.
type completable interface {
	info
	afterDecode(*Link)
}

// creationPlanner is an info whose settings depend on existing links. It completes
// the creation job once the links that it refers to are known.
type creationPlanner interface {
	info
	planCreate(context.Context, *transaction, *job) error
}

// takesPorts reports whether links of the kind can have ports. It returns true for
// an unknown kind, which may have them.
func (k *kind) takesPorts() bool {
	return k.driver != "" || k == &noKind
}

// unmakeable returns the reason why route netlink makes no links of the kind, or an empty
// string if it does.
func (k *kind) unmakeable() string {
	return cmp.Or(k.hardware, k.maker)
}

// kindOf returns the kind with the given name, or noKind if this library does not
// know it.
func kindOf(name string) *kind {
	if k, ok := kinds[name]; ok {
		return k
	}
	return &noKind
}

// newInfo returns an empty info for a kind, or nil if the kind has no settings or is
// unknown.
func newInfo(name string) info {
	if k := kindOf(name); k.info != nil {
		return k.info()
	}
	return nil
}

// newPortInfo returns an empty info for the ports of a kind of master, or nil if its
// ports have no settings.
func newPortInfo(name string) info {
	if k := kindOf(name); k.port != nil {
		return k.port()
	}
	return nil
}

// addressLen returns the length of the link-layer addresses of such links in bytes,
// or 0 if it is unknown.
func (k *kind) addressLen() int {
	if k == &noKind {
		return 0
	}
	return cmp.Or(k.addrLen, ethernetLen)
}
