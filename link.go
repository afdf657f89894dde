package iplink

import (
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Link is a network link as the kernel described it at one moment: a
// snapshot, which does not follow the link. It holds what RTM_NEWLINK carries;
// fields that the kernel did not report are zero.
//
// Slices of a Link must not be written to.
type Link struct {
	// Index is the interface index, unique within the namespace (ifi_index).
	Index int
	// Name is the name, at most 15 bytes (IFLA_IFNAME).
	Name string
	// AltNames are further names, at most 127 bytes each (IFLA_ALT_IFNAME).
	AltNames []string
	// Alias is a text for people, at most 255 bytes (IFLA_IFALIAS).
	Alias string
	// Kind is what the link is made by, such as "vxlan"; it is empty for
	// hardware (IFLA_INFO_KIND).
	Kind string
	// Type is what kind of frames the link carries (ifi_type).
	Type HardwareType
	// Flags are the interface flags (ifi_flags).
	Flags Flags

	// MTU is the largest payload of a frame, in bytes (IFLA_MTU).
	MTU uint32
	// MinMTU and MaxMTU are the bounds of MTU in bytes; a MaxMTU of 0 is no
	// bound (IFLA_MIN_MTU, IFLA_MAX_MTU).
	MinMTU, MaxMTU uint32
	// TxQueueLen is how many packets may wait to be sent (IFLA_TXQLEN).
	TxQueueLen uint32
	// TxQueues and RxQueues are the numbers of queues (IFLA_NUM_TX_QUEUES,
	// IFLA_NUM_RX_QUEUES).
	TxQueues, RxQueues uint32

	// Address is the link-layer address: 6 bytes for Ethernet, 20 for
	// InfiniBand, empty where there is none (IFLA_ADDRESS).
	Address net.HardwareAddr
	// Broadcast is the link-layer broadcast address (IFLA_BROADCAST).
	Broadcast net.HardwareAddr
	// PermAddress is the address the hardware came with (IFLA_PERM_ADDRESS).
	PermAddress net.HardwareAddr

	// Parent is the index of the link that this one sits on, or of its peer,
	// 0 if there is none. It is an index in the namespace NetNSID where that
	// is not -1 (IFLA_LINK).
	Parent int
	// NetNSID is the id, as this link's namespace has it, of the namespace
	// where Parent is; -1 if that is the link's own (IFLA_LINK_NETNSID).
	NetNSID int32
	// Master is the index of the bridge, bond, team or VRF that the link is a
	// port of, 0 if it is none (IFLA_MASTER).
	Master int
	// Group is the number of the group the link belongs to, 0 by default
	// (IFLA_GROUP).
	Group uint32

	// OperState is the operational state of RFC 2863 (IFLA_OPERSTATE).
	OperState OperState
	// LinkMode says whether the link waits in OperDormant or OperTesting for a
	// program to bring it up (IFLA_LINKMODE).
	LinkMode LinkMode
	// Carrier reports whether there is a carrier (IFLA_CARRIER).
	Carrier bool
	// CarrierChanges is how often that changed: CarrierUps plus CarrierDowns
	// (IFLA_CARRIER_CHANGES, …_UP_COUNT, …_DOWN_COUNT).
	CarrierChanges, CarrierUps, CarrierDowns uint32
	// ProtoDown reports whether a protocol holds the link down
	// (IFLA_PROTO_DOWN), and ProtoDownReason which, a bit each
	// (IFLA_PROTO_DOWN_REASON).
	ProtoDown       bool
	ProtoDownReason uint32
	// Promiscuity and AllMulti count who asked for all frames, or for all
	// multicast (IFLA_PROMISCUITY, IFLA_ALLMULTI).
	Promiscuity, AllMulti uint32

	// QDisc is the kind of the root queueing discipline (IFLA_QDISC).
	QDisc string
	// Offload are the sizes up to which packets travel through the stack as
	// one.
	Offload Offload
	// XDP is the program attached for the express data path.
	XDP XDP
	// Hardware is what the kernel reports of devices that are not virtual.
	Hardware Hardware
	// INET and INET6 are the settings of IPv4 and IPv6 on the link.
	INET  INET
	INET6 INET6
	// Stats are the counters (IFLA_STATS64).
	Stats Stats
	// Event is what a notification is about; 0 in answers (IFLA_EVENT).
	Event uint32
	// NewNetNSID and NewIndex say in the notice of a link that moved to
	// another namespace where it went (IFLA_NEW_NETNSID, IFLA_NEW_IFINDEX).
	NewNetNSID int32
	NewIndex   int
	// NetNSImmutable reports that the link cannot move to another namespace;
	// known since Linux 6.15 (IFLA_NETNS_IMMUTABLE).
	NetNSImmutable bool

	// Info is what only links of this kind have, such as *VXLANInfo, nil for
	// kinds that have nothing or are unknown here (IFLA_INFO_DATA).
	Info any
	// PortKind is the kind of the master, such as "bridge"
	// (IFLA_INFO_SLAVE_KIND), and PortInfo what its ports have, such as
	// *BridgePortInfo (IFLA_INFO_SLAVE_DATA).
	PortKind string
	PortInfo any

	// Unknown are attributes that this library does not know, as they came: a
	// newer kernel's.
	Unknown []RawAttribute
	// Err says what could not be decoded, nil if all could. The rest of the
	// Link is good.
	Err error

	raw rawInfo
}

// A RawAttribute is an attribute as it came from the kernel.
type RawAttribute struct {
	Nest string // "info" or "port" for the nest of the kind or the port, else empty
	Type uint16 // its number, without flag bits
	Data []byte // its payload
}

// Up reports whether the link is up, that is enabled (IFF_UP). Whether frames
// pass, OperState and Carrier tell.
func (l *Link) Up() bool {
	return l.Flags&uapi.IFF_UP != 0
}

// rawInfo is what the kernel says about a link's kind, before it is known which
// table reads it, and which rows of it were found.
type rawInfo struct {
	image                  image // of the whole message
	undescribed            bool  // there is none
	data, xstats, portData []byte
	common, info, port     attr.Set
}

// Offload are the sizes up to which packets travel through the stack as one.
type Offload struct {
	// GSOMaxSize and GSOMaxIPv4Size are the most bytes of a packet handed to
	// the link, for IPv6 and IPv4 (IFLA_GSO_MAX_SIZE, IFLA_GSO_IPV4_MAX_SIZE).
	GSOMaxSize, GSOMaxIPv4Size uint32
	// GSOMaxSegs is the most segments of such a packet (IFLA_GSO_MAX_SEGS).
	GSOMaxSegs uint32
	// GROMaxSize and GROMaxIPv4Size are the most bytes of a packet merged on
	// receipt (IFLA_GRO_MAX_SIZE, IFLA_GRO_IPV4_MAX_SIZE).
	GROMaxSize, GROMaxIPv4Size uint32
	// TSOMaxSize and TSOMaxSegs are the device's own limits, which bound the
	// GSO ones (IFLA_TSO_MAX_SIZE, IFLA_TSO_MAX_SEGS).
	TSOMaxSize, TSOMaxSegs uint32
}

// XDP is the program attached for the express data path (IFLA_XDP).
type XDP struct {
	// Attached says where: 0 nowhere, 1 in the driver, 2 in the stack, 3 in
	// hardware, 4 in several places.
	Attached uint8
	// ProgID is the program's id, and the others the ids by place.
	ProgID, DrvProgID, SkbProgID, HWProgID uint32
}

// Hardware is what the kernel reports of devices that are not virtual.
type Hardware struct {
	// Map is the device's memory and interrupt (IFLA_MAP).
	Map []byte
	// PhysPortID, PhysPortName and PhysSwitchID say which port of which switch
	// the device is (IFLA_PHYS_PORT_ID, …_PORT_NAME, …_SWITCH_ID).
	PhysPortID   []byte
	PhysPortName string
	PhysSwitchID []byte
	// ParentDev and ParentBus name the device, such as "0000:00:03.0" on
	// "pci" (IFLA_PARENT_DEV_NAME, IFLA_PARENT_DEV_BUS_NAME).
	ParentDev, ParentBus string
	// NumVF is the number of virtual functions (IFLA_NUM_VF).
	NumVF uint32
	// DevlinkPort and DPLLPin are nests of other families, as they came
	// (IFLA_DEVLINK_PORT, IFLA_DPLL_PIN).
	DevlinkPort, DPLLPin []byte
	// PacingHorizon is how far ahead the device can schedule packets
	// (IFLA_MAX_PACING_OFFLOAD_HORIZON).
	PacingHorizon time.Duration
	// Headroom and Tailroom are the bytes the device needs around a frame
	// (IFLA_HEADROOM, IFLA_TAILROOM).
	Headroom, Tailroom uint16
}

// INET are the settings of IPv4 on a link (AF_INET in IFLA_AF_SPEC).
type INET struct {
	conf []byte
}

// Conf returns the settings of net.ipv4.conf for the link: IPV4_DEVCONF_*
// number n is element n-1.
func (i *INET) Conf() []uint32 {
	return numbers[uint32](i.conf)
}

// INET6 are the settings of IPv6 on a link (AF_INET6 in IFLA_AF_SPEC).
type INET6 struct {
	// Flags are IF_RA_OTHERCONF 0x80, IF_RA_MANAGED 0x40, IF_RA_RCVD 0x20,
	// IF_RS_SENT 0x10 and IF_READY 0x80000000 (IFLA_INET6_FLAGS).
	Flags uint32
	// AddrGenMode is how link-local addresses are made
	// (IFLA_INET6_ADDR_GEN_MODE).
	AddrGenMode AddrGenMode
	// Token is the host part for addresses from router advertisements
	// (IFLA_INET6_TOKEN).
	Token netip.Addr
	// RAMTU is the MTU that a router advertised, in bytes (IFLA_INET6_RA_MTU).
	RAMTU uint32
	// MaxReasmLen, Timestamp, ReachableTime and RetransTime are bytes, 1/100 s
	// since boot, and milliseconds twice (IFLA_INET6_CACHEINFO).
	MaxReasmLen, Timestamp, ReachableTime, RetransTime uint32

	conf, stats, icmp6 []byte
}

// Conf returns the settings of net.ipv6.conf for the link, indexed by
// DEVCONF_* (IFLA_INET6_CONF).
func (i *INET6) Conf() []int32 {
	return numbers[int32](i.conf)
}

// Stats returns the IPv6 counters, indexed by IPSTATS_MIB_*; element 0 is how
// many there are (IFLA_INET6_STATS).
func (i *INET6) Stats() []uint64 {
	return numbers[uint64](i.stats)
}

// ICMP6Stats returns the ICMPv6 counters, indexed by ICMP6_MIB_*; element 0 is
// how many there are (IFLA_INET6_ICMP6STATS).
func (i *INET6) ICMP6Stats() []uint64 {
	return numbers[uint64](i.icmp6)
}

// Stats are the counters of a link since it was created, packets unless the
// name says bytes (struct rtnl_link_stats64).
type Stats struct {
	RxPackets, TxPackets, RxBytes, TxBytes    uint64
	RxErrors, TxErrors, RxDropped, TxDropped  uint64
	Multicast, Collisions                     uint64
	RxLengthErrors, RxOverErrors, RxCRCErrors uint64
	RxFrameErrors, RxFIFOErrors               uint64
	RxMissedErrors                            uint64
	TxAbortedErrors, TxCarrierErrors          uint64
	TxFIFOErrors, TxHeartbeatErrors           uint64
	TxWindowErrors                            uint64
	RxCompressed, TxCompressed, RxNoHandler   uint64
	RxOtherHostDropped                        uint64
}

// A HardwareType is an ARPHRD_* number: what kind of frames a link carries.
type HardwareType uint16

// Hardware types of the links this library makes.
const (
	HardwareEther      HardwareType = 1      // Ethernet
	HardwareInfiniBand HardwareType = 32     // IP over InfiniBand
	HardwareCAN        HardwareType = 280    // Controller Area Network
	HardwareLoopback   HardwareType = 772    // loopback
	HardwareNetlink    HardwareType = 824    // nlmon
	HardwareNone       HardwareType = 0xfffe // no link layer, such as VXLAN with GPE
)

// String returns the word of iproute2, such as "ether", or the number.
func (t HardwareType) String() string {
	switch t {
	case HardwareEther:
		return "ether"
	case HardwareInfiniBand:
		return "infiniband"
	case HardwareCAN:
		return "can"
	case HardwareLoopback:
		return "loopback"
	case HardwareNetlink:
		return "netlink"
	case HardwareNone:
		return "none"
	}
	return strconv.Itoa(int(t))
}

// Flags are the interface flags, IFF_*.
type Flags uint32

// The flags, and what they say of a link.
const (
	FlagUp           Flags = 1 << iota // enabled
	FlagBroadcast                      // can broadcast
	FlagDebug                          // debugging is on
	FlagLoopback                       // loops back
	FlagPointToPoint                   // has one neighbour
	FlagNoTrailers                     // unused
	FlagRunning                        // frames pass
	FlagNoARP                          // does without neighbour discovery
	FlagPromisc                        // takes all frames
	FlagAllMulti                       // takes all multicast
	FlagMaster                         // has ports
	FlagSlave                          // is a port
	FlagMulticast                      // can multicast
	FlagPortSel                        // chooses its medium
	FlagAutoMedia                      // finds its medium
	FlagDynamic                        // loses its addresses when down
	FlagLowerUp                        // has a carrier
	FlagDormant                        // waits for a program
	FlagEcho                           // echoes what it sends
)

var flagWords = []string{"UP", "BROADCAST", "DEBUG", "LOOPBACK", "POINTOPOINT", "NOTRAILERS", "RUNNING",
	"NOARP", "PROMISC", "ALLMULTI", "MASTER", "SLAVE", "MULTICAST", "PORTSEL", "AUTOMEDIA", "DYNAMIC",
	"LOWER_UP", "DORMANT", "ECHO"}

// String returns the words of iproute2 with "|" between, such as
// "UP|BROADCAST|MULTICAST".
func (f Flags) String() string {
	return attr.BitWords(uint32(f), flagWords, "|")
}

// An OperState is the operational state of RFC 2863, section 3.1.14.
type OperState uint8

// Operational states. A program may ask for OperTesting, OperDormant and
// OperUp; the others the kernel finds out.
const (
	OperUnknown        OperState = iota // the driver does not say
	OperNotPresent                      // the device is gone
	OperDown                            // no frames pass
	OperLowerLayerDown                  // the link below is down
	OperTesting                         // a test is going on
	OperDormant                         // waits for a program, such as 802.1X
	OperUp                              // frames pass
)

var operStates = attr.Words{"unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up"}

// String returns the word of RFC 2863.
func (s OperState) String() string {
	return attr.Word(operStates, s)
}

// A LinkMode says what happens when a link gets a carrier.
type LinkMode uint8

// Link modes.
const (
	LinkModeDefault LinkMode = iota // it goes to OperUp
	LinkModeDormant                 // it goes to OperDormant, until a program says more
	LinkModeTesting                 // it goes to OperTesting, until a program says more
)

var linkModes = attr.Words{"default", "dormant", "testing"}

// String returns the word of iproute2.
func (m LinkMode) String() string {
	return attr.Word(linkModes, m)
}

// An AddrGenMode is how IPv6 link-local addresses are made.
type AddrGenMode uint8

// Modes of making link-local addresses (IN6_ADDR_GEN_MODE_*).
const (
	AddrGenEUI64        AddrGenMode = iota // from the link-layer address, RFC 4291
	AddrGenNone                            // not at all
	AddrGenStableSecret                    // from a secret set before, RFC 7217
	AddrGenRandom                          // from a secret the kernel makes up
)

var addrGenModes = attr.Words{"eui64", "none", "stable_secret", "random"}

// String returns the word of iproute2.
func (m AddrGenMode) String() string {
	return attr.Word(addrGenModes, m)
}
