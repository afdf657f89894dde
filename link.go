package iplink

import (
	"net"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Link is a network link as the kernel described it at one moment. It is a
// snapshot and does not follow the link. It holds the contents of an RTM_NEWLINK
// message; fields that the kernel did not report are zero.
//
// The caller must not modify the slices of a Link.
type Link struct {
	// Index is the interface index, unique within the namespace (ifi_index).
	Index int
	// Name is the name of the link, at most 15 bytes (IFLA_IFNAME).
	Name string
	// AltNames are alternative names, at most 127 bytes each (IFLA_ALT_IFNAME).
	AltNames []string
	// Alias is a description for people, at most 255 bytes (IFLA_IFALIAS).
	Alias string
	// Kind is the type of virtual link, such as "vxlan"; it is empty for hardware
	// (IFLA_INFO_KIND).
	Kind string
	// Type is the hardware type, which determines the frame format (ifi_type).
	Type HardwareType
	// Flags are the interface flags (ifi_flags).
	Flags Flags

	// MTU is the largest payload of a frame, in bytes (IFLA_MTU).
	MTU uint32
	// MinMTU and MaxMTU are the bounds of MTU in bytes; a MaxMTU of 0 means that
	// no upper bound exists (IFLA_MIN_MTU, IFLA_MAX_MTU).
	MinMTU, MaxMTU uint32
	// TxQueueLen is the maximum number of packets in the send queue (IFLA_TXQLEN).
	TxQueueLen uint32
	// TxQueues and RxQueues are the numbers of send and receive queues
	// (IFLA_NUM_TX_QUEUES, IFLA_NUM_RX_QUEUES).
	TxQueues, RxQueues uint32

	// Address is the link-layer address: 6 bytes for Ethernet, 20 for InfiniBand, an IP
	// address of 4 or 16 bytes for tunnels, empty if the link has none (IFLA_ADDRESS).
	// AddressText returns it in words.
	Address net.HardwareAddr
	// Broadcast is the link-layer broadcast address (IFLA_BROADCAST).
	Broadcast net.HardwareAddr
	// PermAddress is the permanent address of the hardware (IFLA_PERM_ADDRESS).
	PermAddress net.HardwareAddr

	// Parent is the index of the link that this link sits on, or of its peer, or 0
	// if it has neither. Unless NetNSID is -1, it is an index in the namespace that
	// NetNSID names (IFLA_LINK).
	Parent int
	// NetNSID is the id of the namespace that contains Parent, as assigned in this
	// link's namespace. It is -1 if Parent is in the same namespace
	// (IFLA_LINK_NETNSID).
	NetNSID int32
	// Master is the index of the bridge, bond, team or VRF that the link is a port
	// of, or 0 if it is not a port (IFLA_MASTER).
	Master int
	// Group is the number of the group that the link belongs to, 0 by default
	// (IFLA_GROUP).
	Group uint32

	// OperState is the operational state according to RFC 2863 (IFLA_OPERSTATE).
	OperState OperState
	// LinkMode determines whether the link waits in OperDormant or OperTesting until
	// a program sets it to OperUp (IFLA_LINKMODE).
	LinkMode LinkMode
	// Carrier reports whether there is a carrier (IFLA_CARRIER).
	Carrier bool
	// CarrierChanges is the number of changes of Carrier, the sum of CarrierUps and
	// CarrierDowns (IFLA_CARRIER_CHANGES, …_UP_COUNT, …_DOWN_COUNT).
	CarrierChanges, CarrierUps, CarrierDowns uint32
	// ProtoDown reports whether a protocol holds the link down (IFLA_PROTO_DOWN).
	// ProtoDownReason identifies the protocols, one bit each
	// (IFLA_PROTO_DOWN_REASON).
	ProtoDown       bool
	ProtoDownReason uint32
	// Promiscuity and AllMulti count the requests to receive all frames and all
	// multicast frames (IFLA_PROMISCUITY, IFLA_ALLMULTI).
	Promiscuity, AllMulti uint32

	// QDisc is the kind of the root queueing discipline (IFLA_QDISC).
	QDisc string
	// Offload holds the maximum sizes of packets that the network stack processes as
	// one.
	Offload Offload
	// XDP describes the attached XDP program.
	XDP XDP
	// Hardware holds the attributes of physical devices.
	Hardware Hardware
	// INET and INET6 hold the settings of IPv4 and IPv6 on the link.
	INET  INET
	INET6 INET6
	// Stats are the counters (IFLA_STATS64).
	Stats Stats
	// Event is the reason for a notification; 0 in replies (IFLA_EVENT).
	Event uint32
	// NewNetNSID and NewIndex are the new namespace and index of a link, in the
	// notification that the link has moved to another namespace (IFLA_NEW_NETNSID,
	// IFLA_NEW_IFINDEX).
	NewNetNSID int32
	NewIndex   int
	// NetNSImmutable reports that the link cannot move to another namespace. Linux
	// reports it since 6.15 (IFLA_NETNS_IMMUTABLE).
	NetNSImmutable bool

	// Info holds the settings that only links of this kind have, such as *VXLANInfo.
	// It is nil for kinds that have none or are unknown (IFLA_INFO_DATA).
	Info any
	// PortKind is the kind of the master, such as "bridge" (IFLA_INFO_SLAVE_KIND).
	// PortInfo holds the settings of its ports, such as *BridgePortInfo
	// (IFLA_INFO_SLAVE_DATA).
	PortKind string
	PortInfo any

	// Peer is the other end of a pair that Create or Ensure has made or compared, as it is
	// after the call. It is nil in links that were read in any other way.
	Peer *Link

	// Unknown holds the attributes that this library does not know, undecoded. They
	// come from newer kernels.
	Unknown []RawAttribute
	// Err reports the attributes that could not be decoded; nil if all could. The
	// other fields of the Link are valid.
	Err error

	raw rawInfo
}

// A RawAttribute is an attribute as received from the kernel.
type RawAttribute struct {
	Nest string // "info" or "port" for the nest of the kind or the port, else empty
	Type uint16 // its type, without flag bits
	Data []byte // its payload
}

// Up reports whether the link is administratively up (IFF_UP). OperState and Carrier
// report whether it can pass frames.
func (l *Link) Up() bool {
	return l.Flags&uapi.IFF_UP != 0
}

// rawInfo holds the kernel's report of the link's kind, until its table is known,
// and the rows of the tables that were found.
type rawInfo struct {
	undescribed            bool // the kernel cannot describe the link
	data, xstats, portData []byte
	common, info, port     attr.Set
	reasons                uint32 // the bits of ProtoDownReason that a builder sets
}

// Offload holds the maximum sizes of packets that the network stack processes as
// one.
type Offload struct {
	// GSOMaxSize and GSOMaxIPv4Size are the maximum sizes in bytes of a packet
	// handed to the link, for IPv6 and IPv4 (IFLA_GSO_MAX_SIZE,
	// IFLA_GSO_IPV4_MAX_SIZE).
	GSOMaxSize, GSOMaxIPv4Size uint32
	// GSOMaxSegs is the maximum number of segments of such a packet
	// (IFLA_GSO_MAX_SEGS).
	GSOMaxSegs uint32
	// GROMaxSize and GROMaxIPv4Size are the maximum sizes in bytes of a packet
	// merged on receipt, for IPv6 and IPv4 (IFLA_GRO_MAX_SIZE,
	// IFLA_GRO_IPV4_MAX_SIZE).
	GROMaxSize, GROMaxIPv4Size uint32
	// TSOMaxSize and TSOMaxSegs are the limits of the device, which bound the GSO
	// limits (IFLA_TSO_MAX_SIZE, IFLA_TSO_MAX_SEGS).
	TSOMaxSize, TSOMaxSegs uint32
}

// XDP describes the attached XDP program (IFLA_XDP).
type XDP struct {
	// Attached is the place of the program: 0 for none, 1 for the driver, 2 for the
	// network stack, 3 for the hardware, 4 for several of them.
	Attached uint8
	// ProgID is the id of the program; the others are the ids by place.
	ProgID, DrvProgID, SkbProgID, HWProgID uint32
}

// Hardware holds the attributes of physical devices.
type Hardware struct {
	// Map is the memory and interrupt of the device (IFLA_MAP).
	Map []byte
	// PhysPortID, PhysPortName and PhysSwitchID identify the physical port and the
	// switch of the device (IFLA_PHYS_PORT_ID, …_PORT_NAME, …_SWITCH_ID).
	PhysPortID   []byte
	PhysPortName string
	PhysSwitchID []byte
	// ParentDev and ParentBus name the device, such as "0000:00:03.0" on
	// "pci" (IFLA_PARENT_DEV_NAME, IFLA_PARENT_DEV_BUS_NAME).
	ParentDev, ParentBus string
	// NumVF is the number of virtual functions (IFLA_NUM_VF).
	NumVF uint32
	// DevlinkPort and DPLLPin are nests of other netlink families, undecoded
	// (IFLA_DEVLINK_PORT, IFLA_DPLL_PIN).
	DevlinkPort, DPLLPin []byte
	// PacingHorizon is the maximum time for which the device can schedule packets in
	// advance (IFLA_MAX_PACING_OFFLOAD_HORIZON).
	PacingHorizon time.Duration
	// Headroom and Tailroom are the bytes that the device needs before and after a
	// frame (IFLA_HEADROOM, IFLA_TAILROOM).
	Headroom, Tailroom uint16
}

// INET holds the settings of IPv4 on a link (AF_INET in IFLA_AF_SPEC).
type INET struct {
	conf []byte
}

// Conf returns the settings of net.ipv4.conf for the link. Element n-1 is the
// setting with the number n of IPV4_DEVCONF_*.
func (i *INET) Conf() []uint32 {
	return numbers[uint32](i.conf)
}

// INET6 holds the settings of IPv6 on a link (AF_INET6 in IFLA_AF_SPEC).
type INET6 struct {
	// Flags holds IF_RA_OTHERCONF 0x80, IF_RA_MANAGED 0x40, IF_RA_RCVD 0x20,
	// IF_RS_SENT 0x10 and IF_READY 0x80000000 (IFLA_INET6_FLAGS).
	Flags uint32
	// AddrGenMode is the mode in which link-local addresses are generated
	// (IFLA_INET6_ADDR_GEN_MODE).
	AddrGenMode AddrGenMode
	// Token is the host part for addresses from router advertisements
	// (IFLA_INET6_TOKEN).
	Token netip.Addr
	// RAMTU is the MTU that a router advertised, in bytes (IFLA_INET6_RA_MTU).
	RAMTU uint32
	// MaxReasmLen is in bytes, Timestamp in 1/100 s since boot, ReachableTime and
	// RetransTime in milliseconds (IFLA_INET6_CACHEINFO).
	MaxReasmLen, Timestamp, ReachableTime, RetransTime uint32

	conf, stats, icmp6 []byte
}

// Conf returns the settings of net.ipv6.conf for the link, indexed by
// DEVCONF_* (IFLA_INET6_CONF).
func (i *INET6) Conf() []int32 {
	return numbers[int32](i.conf)
}

// Stats returns the IPv6 counters, indexed by IPSTATS_MIB_*. Element 0 is their
// number (IFLA_INET6_STATS).
func (i *INET6) Stats() []uint64 {
	return numbers[uint64](i.stats)
}

// ICMP6Stats returns the ICMPv6 counters, indexed by ICMP6_MIB_*. Element 0 is their
// number (IFLA_INET6_ICMP6STATS).
func (i *INET6) ICMP6Stats() []uint64 {
	return numbers[uint64](i.icmp6)
}

// Stats holds the counters of a link since its creation. They count packets unless
// the name says bytes (struct rtnl_link_stats64).
type Stats struct {
	RxPackets          uint64 `word:"rx_packets"`
	TxPackets          uint64 `word:"tx_packets"`
	RxBytes            uint64 `word:"rx_bytes"`
	TxBytes            uint64 `word:"tx_bytes"`
	RxErrors           uint64 `word:"rx_errors"`
	TxErrors           uint64 `word:"tx_errors"`
	RxDropped          uint64 `word:"rx_dropped"`
	TxDropped          uint64 `word:"tx_dropped"`
	Multicast          uint64 `word:"multicast"`
	Collisions         uint64 `word:"collisions"`
	RxLengthErrors     uint64 `word:"rx_length_errors"`
	RxOverErrors       uint64 `word:"rx_over_errors"`
	RxCRCErrors        uint64 `word:"rx_crc_errors"`
	RxFrameErrors      uint64 `word:"rx_frame_errors"`
	RxFIFOErrors       uint64 `word:"rx_fifo_errors"`
	RxMissedErrors     uint64 `word:"rx_missed_errors"`
	TxAbortedErrors    uint64 `word:"tx_aborted_errors"`
	TxCarrierErrors    uint64 `word:"tx_carrier_errors"`
	TxFIFOErrors       uint64 `word:"tx_fifo_errors"`
	TxHeartbeatErrors  uint64 `word:"tx_heartbeat_errors"`
	TxWindowErrors     uint64 `word:"tx_window_errors"`
	RxCompressed       uint64 `word:"rx_compressed"`
	TxCompressed       uint64 `word:"tx_compressed"`
	RxNoHandler        uint64 `word:"rx_nohandler"`
	RxOtherHostDropped uint64 `word:"rx_otherhost_dropped"`
}

// Flags holds interface flags, IFF_*.
type Flags uint32

// Interface flags.
const (
	FlagUp           Flags = 1 << iota // the link is enabled
	FlagBroadcast                      // the link can broadcast
	FlagDebug                          // debugging is on
	FlagLoopback                       // the link is a loopback
	FlagPointToPoint                   // the link has one neighbour
	FlagNoTrailers                     // unused
	FlagRunning                        // the link passes frames
	FlagNoARP                          // the link uses no neighbour discovery
	FlagPromisc                        // the link receives all frames
	FlagAllMulti                       // the link receives all multicast frames
	FlagMaster                         // the link has ports
	FlagSlave                          // the link is a port
	FlagMulticast                      // the link can multicast
	FlagPortSel                        // the link can select its medium
	FlagAutoMedia                      // the link selects its medium automatically
	FlagDynamic                        // the link loses its addresses when it goes down
	FlagLowerUp                        // the link has a carrier
	FlagDormant                        // the link waits for a program
	FlagEcho                           // the link echoes the frames that it sends
)

var flagWords = []string{"UP", "BROADCAST", "DEBUG", "LOOPBACK", "POINTOPOINT", "NOTRAILERS", "RUNNING",
	"NOARP", "PROMISC", "ALLMULTI", "MASTER", "SLAVE", "MULTICAST", "PORTSEL", "AUTOMEDIA", "DYNAMIC",
	"LOWER_UP", "DORMANT", "ECHO"}

// String returns iproute2's words, separated by "|", such as
// "UP|BROADCAST|MULTICAST".
func (f Flags) String() string {
	return attr.BitWords(uint32(f), flagWords, "|")
}

// MarshalText returns the result of String.
func (f Flags) MarshalText() ([]byte, error) {
	return []byte(f.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (f *Flags) UnmarshalText(text []byte) error {
	return attr.ReadBitWords(flagWords, "flags", text, f)
}

// An OperState is an operational state of RFC 2863, section 3.1.14.
type OperState uint8

// Operational states. A program may request OperTesting, OperDormant and OperUp; the
// kernel determines the others.
const (
	OperUnknown        OperState = iota // the driver does not report it
	OperNotPresent                      // the device is gone
	OperDown                            // no frames pass
	OperLowerLayerDown                  // the link below is down
	OperTesting                         // a test is in progress
	OperDormant                         // the link waits for a program, such as 802.1X
	OperUp                              // frames pass
)

var operStates = attr.Words{"unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up"}

// String returns the word of RFC 2863 for the state.
func (s OperState) String() string {
	return attr.Word(operStates, s)
}

// MarshalText returns the result of String.
func (s OperState) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *OperState) UnmarshalText(text []byte) error {
	return attr.ReadWord(operStates, "oper state", text, s)
}

// A LinkMode determines the operational state of a link that gets a carrier.
type LinkMode uint8

// Link modes.
const (
	LinkModeDefault LinkMode = iota // the link goes to OperUp
	LinkModeDormant                 // the link goes to OperDormant, until a program sets the state
	LinkModeTesting                 // the link goes to OperTesting, until a program sets the state
)

var linkModes = attr.Words{"default", "dormant", "testing"}

// String returns iproute2's word for the mode.
func (m LinkMode) String() string {
	return attr.Word(linkModes, m)
}

// MarshalText returns the result of String.
func (m LinkMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *LinkMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(linkModes, "link mode", text, m)
}

// An AddrGenMode is the mode in which IPv6 link-local addresses are generated.
type AddrGenMode uint8

// Modes of generating link-local addresses (IN6_ADDR_GEN_MODE_*).
const (
	AddrGenEUI64        AddrGenMode = iota // from the link-layer address, RFC 4291
	AddrGenNone                            // no address is generated
	AddrGenStableSecret                    // from a configured secret, RFC 7217
	AddrGenRandom                          // from a secret that the kernel generates
)

var addrGenModes = attr.Words{"eui64", "none", "stable_secret", "random"}

// String returns iproute2's word for the mode.
func (m AddrGenMode) String() string {
	return attr.Word(addrGenModes, m)
}

// MarshalText returns the result of String.
func (m AddrGenMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *AddrGenMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(addrGenModes, "addr gen mode", text, m)
}
