package iplink

import (
	"fmt"
	"net"
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// Name sets the name of the link in place of the name given to New, for a Clone of a
// template. It has at most 15 bytes, without "/", ":", "%" or white space. For Create it
// may contain "%d", which the kernel replaces by the lowest number that is free; the
// returned Link has the name. Until it has all of its settings, such a link has another
// name, and later specs of the call cannot refer to it (IFLA_IFNAME).
func (b *Common[Self]) Name(name string) *Self {
	b.spec.Name = name
	return b.me()
}

// common marks a common setting as made.
func (b *Common[Self]) common(typ uint16) *Self {
	b.spec.linkSet.Add(typ)
	return b.me()
}

func (b *Common[Self]) flag(flag uint32, on bool) *Self {
	b.spec.change |= flag
	b.spec.flags &^= flag
	if on {
		b.spec.flags |= flag
	}
	return b.me()
}

// Parent sets the link that this one sits on, by name (IFLA_LINK). The name is
// looked up in the namespace LinkNetNS, by default the Conn's, even if NetNS puts
// this link elsewhere. It cannot change later. Kinds without a parent reject it; a
// VXLAN has Dev instead.
func (b *Common[Self]) Parent(name string) *Self {
	b.spec.linkRefs = attr.SetRef(b.spec.linkRefs, uapi.IFLA_LINK, name)
	return b.common(uapi.IFLA_LINK)
}

// ParentIndex is Parent by interface index, 1 or more.
func (b *Common[Self]) ParentIndex(index int) *Self {
	b.link().Parent = index
	b.spec.linkRefs = attr.DropRef(b.spec.linkRefs, uapi.IFLA_LINK)
	return b.common(uapi.IFLA_LINK)
}

// ParentDev sets the device that the link belongs to, by its name in /sys, such as the
// modem of a wwan link (IFLA_PARENT_DEV_NAME). It cannot change later. Kinds whose links
// belong to no device reject it.
func (b *Common[Self]) ParentDev(name string) *Self {
	b.link().Hardware.ParentDev = name
	return b.common(uapi.IFLA_PARENT_DEV_NAME)
}

// Master makes the link a port of the bridge, bond, team or VRF with the given name
// (IFLA_MASTER). The name is looked up in the namespace of this link.
func (b *Common[Self]) Master(name string) *Self {
	b.spec.linkRefs = attr.SetRef(b.spec.linkRefs, uapi.IFLA_MASTER, name)
	return b.common(uapi.IFLA_MASTER)
}

// MasterIndex is Master by interface index; 0 removes the link from its master.
func (b *Common[Self]) MasterIndex(index int) *Self {
	b.link().Master = index
	b.spec.linkRefs = attr.DropRef(b.spec.linkRefs, uapi.IFLA_MASTER)
	return b.common(uapi.IFLA_MASTER)
}

// NoMaster removes the link from its master.
func (b *Common[Self]) NoMaster() *Self {
	return b.MasterIndex(0)
}

// Up enables the link (IFF_UP). The end of a pair that is given as Peer comes up
// once both ends exist.
func (b *Common[Self]) Up() *Self {
	return b.flag(uapi.IFF_UP, true)
}

// Down disables the link (IFF_UP), which is the initial state of links. Together
// with a bond or team as Master it takes the link down for joining: the master
// brings it up again, and Ensure leaves it up.
func (b *Common[Self]) Down() *Self {
	return b.flag(uapi.IFF_UP, false)
}

// DownFirst lets Update take a link that is up down first, if a change is possible
// only while the link is down. Such changes are, for example, the LACPRate of a
// bond, and joining a bond or team, which accept only links that are down. Without
// DownFirst and without Down, such a change is rejected, unless the link is
// currently a port of such a master. The link comes up again afterwards. Its routes
// are lost, and usually its IPv6 addresses.
func (b *Common[Self]) DownFirst() *Self {
	b.spec.downFirst = true
	return b.me()
}

// ARP sets whether the link uses neighbour discovery; it is on by default for most
// kinds (IFF_NOARP).
func (b *Common[Self]) ARP(on bool) *Self {
	return b.flag(uapi.IFF_NOARP, !on)
}

// Multicast sets whether the link carries multicast; it is on by default for most
// kinds (IFF_MULTICAST).
func (b *Common[Self]) Multicast(on bool) *Self {
	return b.flag(uapi.IFF_MULTICAST, on)
}

// AllMulticast sets whether the link accepts all multicast frames; off by default
// (IFF_ALLMULTI).
func (b *Common[Self]) AllMulticast(on bool) *Self {
	return b.flag(uapi.IFF_ALLMULTI, on)
}

// Promiscuous sets whether the link accepts all frames; off by default
// (IFF_PROMISC).
func (b *Common[Self]) Promiscuous(on bool) *Self {
	return b.flag(uapi.IFF_PROMISC, on)
}

// Dynamic sets whether the link's addresses are lost when it goes down; off by
// default (IFF_DYNAMIC).
func (b *Common[Self]) Dynamic(on bool) *Self {
	return b.flag(uapi.IFF_DYNAMIC, on)
}

// MTU sets the largest payload of a frame, in bytes (IFLA_MTU). The limits and the
// default depend on the kind: for Ethernet they are 68 to 65535, and 1500. For a
// VXLAN with Dev the kernel reduces the MTU of a new link to the capacity of its
// underlay, also in Ensure, and rejects a later change to more.
func (b *Common[Self]) MTU(bytes uint32) *Self {
	b.link().MTU = bytes
	return b.common(uapi.IFLA_MTU)
}

// TxQueueLen sets the number of packets that may wait to be sent, 0 to 32767; 1000
// by default for most kinds (IFLA_TXQLEN).
func (b *Common[Self]) TxQueueLen(packets uint32) *Self {
	b.link().TxQueueLen = packets
	return b.common(uapi.IFLA_TXQLEN)
}

// Queues sets the numbers of transmit and receive queues, 1 to 4096 each
// (IFLA_NUM_TX_QUEUES, IFLA_NUM_RX_QUEUES). They cannot change later. Not every
// kernel reports the number of receive queues.
func (b *Common[Self]) Queues(tx, rx uint32) *Self {
	b.NumTxQueues(tx)
	return b.NumRxQueues(rx)
}

// NumTxQueues is Queues for the transmit queues alone (IFLA_NUM_TX_QUEUES).
func (b *Common[Self]) NumTxQueues(n uint32) *Self {
	b.link().TxQueues = n
	return b.common(uapi.IFLA_NUM_TX_QUEUES)
}

// NumRxQueues is Queues for the receive queues alone (IFLA_NUM_RX_QUEUES).
func (b *Common[Self]) NumRxQueues(n uint32) *Self {
	b.link().RxQueues = n
	return b.common(uapi.IFLA_NUM_RX_QUEUES)
}

// Address sets the link-layer address (IFLA_ADDRESS). An Ethernet address has 6
// bytes and is neither multicast nor zero. By default it is random, or the parent's.
func (b *Common[Self]) Address(mac net.HardwareAddr) *Self {
	b.link().Address = slices.Clone(mac)
	return b.common(uapi.IFLA_ADDRESS)
}

// Broadcast sets the link-layer broadcast address, which has the length of Address;
// for Ethernet it is ff:ff:ff:ff:ff:ff by default (IFLA_BROADCAST).
func (b *Common[Self]) Broadcast(mac net.HardwareAddr) *Self {
	b.link().Broadcast = slices.Clone(mac)
	return b.common(uapi.IFLA_BROADCAST)
}

// Alias sets a description for humans, at most 255 bytes; an empty one removes it
// (IFLA_IFALIAS).
func (b *Common[Self]) Alias(text string) *Self {
	b.link().Alias = text
	return b.common(uapi.IFLA_IFALIAS)
}

// AltName adds alternative names by which the link can be found, at most 127 bytes
// each (IFLA_ALT_IFNAME).
func (b *Common[Self]) AltName(names ...string) *Self {
	b.spec.altNames = slices.Concat(b.spec.altNames, names)
	return b.call(calledAltName)
}

// Group sets the number of the link's group, 0 by default (IFLA_GROUP).
func (b *Common[Self]) Group(number uint32) *Self {
	b.link().Group = number
	return b.common(uapi.IFLA_GROUP)
}

// Index sets the interface index for Create, 1 to 2147483647; by default it is the
// next free one (ifi_index). Update, Ensure and Diff find the link by its index if
// the name is empty; otherwise the link with the name must have it.
func (b *Common[Self]) Index(index int) *Self {
	b.spec.index = index
	return b.me()
}

// NetNS sets the namespace of the link, by default the Conn's. Create makes the link
// there, and Update finds it there; only for a Device does Update move it there.
// This takes CAP_SYS_ADMIN, with two exceptions that take CAP_NET_ADMIN in both
// namespaces: a peer with settings that the kernel accepts when it makes the peer,
// and a move with settings common to all links.
func (b *Common[Self]) NetNS(ns *NetNS) *Self {
	b.spec.place(ns)
	return b.me()
}

// NetNSName is NetNS by the name of a namespace of `ip netns`, which exists or which a
// Namespace of the same call makes. Each call opens it for itself. If it does not exist, or
// if the name is removed during the call, the error matches fs.ErrNotExist; Ensure first looks
// for another namespace of that name. A link has either NetNS or NetNSName. The name has
// the form that CreateNetNS requires.
func (b *Common[Self]) NetNSName(name string) *Self {
	b.spec.placeByName(name)
	return b.me()
}

// LinkNetNS sets the namespace of the parent, of the underlay of a tunnel, or of the
// peer; by default the Conn's (IFLA_LINK_NETNSID). It cannot change later. The NetNS
// of a peer, if set, takes precedence, and a pair without Peer is in one namespace
// by default. Kinds without parent, underlay and peer reject it.
func (b *Common[Self]) LinkNetNS(ns *NetNS) *Self {
	b.spec.placeLower(ns)
	return b.me()
}

// LinkNetNSID is LinkNetNS by an id, 0 to 2147483647, that the namespace of the link has
// for the other one, as in Link.NetNSID. Conn.SetNSID and `ip netns set` choose an id. If
// no namespace has it, or if that ends during the call, the error matches fs.ErrNotExist.
// A link has either LinkNetNS or LinkNetNSID. The kernel makes a peer there; settings that
// it takes only for a link that exists, such as an address, need the NetNS.
func (b *Common[Self]) LinkNetNSID(id int) *Self {
	b.spec.placeLowerByID(id)
	return b.me()
}

// GSOMaxSize sets the maximum size in bytes of a packet handed to the link as one,
// from about 320 to the link's TSOMaxSize; 65536 by default (IFLA_GSO_MAX_SIZE).
// Values up to 65536 apply to IPv4 as well.
func (b *Common[Self]) GSOMaxSize(bytes uint32) *Self {
	b.link().Offload.GSOMaxSize = bytes
	return b.common(uapi.IFLA_GSO_MAX_SIZE)
}

// GSOMaxSegs sets the maximum number of segments of such a packet, 0 to 65535; 65535
// by default (IFLA_GSO_MAX_SEGS).
func (b *Common[Self]) GSOMaxSegs(segments uint32) *Self {
	b.link().Offload.GSOMaxSegs = segments
	return b.common(uapi.IFLA_GSO_MAX_SEGS)
}

// GROMaxSize sets the maximum size in bytes of a packet merged on receipt, 0 to
// 524280; 65536 by default (IFLA_GRO_MAX_SIZE). Values up to 65536 apply to IPv4 as
// well.
func (b *Common[Self]) GROMaxSize(bytes uint32) *Self {
	b.link().Offload.GROMaxSize = bytes
	return b.common(uapi.IFLA_GRO_MAX_SIZE)
}

// GSOMaxIPv4Size is GSOMaxSize for IPv4 alone; since Linux 6.3
// (IFLA_GSO_IPV4_MAX_SIZE).
func (b *Common[Self]) GSOMaxIPv4Size(bytes uint32) *Self {
	b.link().Offload.GSOMaxIPv4Size = bytes
	return b.common(uapi.IFLA_GSO_IPV4_MAX_SIZE)
}

// GROMaxIPv4Size is GROMaxSize for IPv4 alone; since Linux 6.3
// (IFLA_GRO_IPV4_MAX_SIZE).
func (b *Common[Self]) GROMaxIPv4Size(bytes uint32) *Self {
	b.link().Offload.GROMaxIPv4Size = bytes
	return b.common(uapi.IFLA_GRO_IPV4_MAX_SIZE)
}

// AddrGenMode sets how IPv6 link-local addresses are generated, AddrGenEUI64 by
// default (IFLA_INET6_ADDR_GEN_MODE). It takes effect when the link comes up.
func (b *Common[Self]) AddrGenMode(mode AddrGenMode) *Self {
	b.link().INET6.AddrGenMode = mode
	b.spec.inet6Set = attr.SetOf(uapi.IFLA_INET6_ADDR_GEN_MODE)
	return b.me()
}

// ProtoDown sets whether a protocol holds the link down (IFLA_PROTO_DOWN). Only
// macvlan, macvtap, VXLAN and some hardware support it.
func (b *Common[Self]) ProtoDown(on bool) *Self {
	b.link().ProtoDown = on
	return b.common(uapi.IFLA_PROTO_DOWN)
}

// ProtoDownReason sets whether the protocol with the number bit, 0 to 31, is a reason to
// hold the link down; calls for other bits add to it (IFLA_PROTO_DOWN_REASON). As long as
// there is a reason, the kernel refuses ProtoDown(false). A reason alone does not take the
// link down. Only the kinds that support ProtoDown have reasons.
func (b *Common[Self]) ProtoDownReason(bit int, on bool) *Self {
	fault := ""
	if bit < 0 || bit > 31 {
		fault = fmt.Sprintf("%d is not in 0…31", bit)
	}
	if !b.spec.Judge("ProtoDownReason", fault) {
		return b.me()
	}
	l, mask := b.link(), uint32(1)<<bit
	l.raw.reasons |= mask
	l.ProtoDownReason &^= mask
	if on {
		l.ProtoDownReason |= mask
	}
	return b.common(uapi.IFLA_PROTO_DOWN_REASON)
}

// Carrier sets whether the link has a carrier (IFLA_CARRIER). Only dummy, team and
// tun links support it.
func (b *Common[Self]) Carrier(on bool) *Self {
	b.link().Carrier = on
	return b.common(uapi.IFLA_CARRIER)
}

// OperState requests OperTesting, OperDormant or OperUp; the kernel changes to it if
// the link is up and its present state permits the change (IFLA_OPERSTATE).
func (b *Common[Self]) OperState(state OperState) *Self {
	b.link().OperState = state
	return b.common(uapi.IFLA_OPERSTATE)
}

// LinkMode sets the behaviour of the link when it gets a carrier, LinkModeDefault by
// default (IFLA_LINKMODE).
func (b *Common[Self]) LinkMode(mode LinkMode) *Self {
	b.link().LinkMode = mode
	return b.common(uapi.IFLA_LINKMODE)
}

// A PortSpec describes the settings of a port of a master. Every builder of port
// settings is one, such as bridge.PortBuilder.
type PortSpec interface {
	// Own returns the settings, for this package.
	Own() *own.Settings
}

// PortSettings sets the settings of the link as a port of its master, which it may
// join in the same request (IFLA_INFO_SLAVE_DATA).
func (b *Common[Self]) PortSettings(port PortSpec) *Self {
	if b.spec.Judge("PortSettings", portFault(port)) {
		b.spec.port = port.Own()
	}
	return b.me()
}
