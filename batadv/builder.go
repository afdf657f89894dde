package batadv

import (
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a batadv link. It cannot move to another namespace.
//
// The settings of the mesh, all but Algorithm, go over generic netlink once the link
// exists, in one request. The kernel accepts and ignores settings of parts that it is
// built without; the verbs refuse them, with an error that matches errors.ErrUnsupported.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the batadv link with the given name. A link joins it by
// Ports, or by the Master setter of its own builder. Ports need an MTU of 1532 bytes for
// frames of 1500 bytes, or the mesh divides these frames.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindBatadv, name, new(iplink.BatadvInfo))
	return b
}

// Info returns the settings of the mesh, and false if link is of another kind or is not
// the result of a builder that sets one of them.
func Info(link *iplink.Link) (*iplink.BatadvInfo, bool) {
	info, ok := link.Info.(*iplink.BatadvInfo)
	return info, ok && info.Algorithm != ""
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.BatadvInfo {
	return own.Put[iplink.BatadvInfo](b.Own(b), number)
}

// Algorithm sets the routing algorithm, IV or V, which all nodes of a mesh must share. The
// default is the parameter routing_algo of the module, BATMAN_IV unless it was changed. It
// cannot change later (IFLA_BATADV_ALGO_NAME).
func (b *Builder) Algorithm(algorithm iplink.BatadvAlgorithm) *Builder {
	b.set(uapi.IFLA_BATADV_ALGO_NAME).Algorithm = algorithm
	return b
}

// AggregatedOGMs sends several originator messages in one packet, which is the default
// (BATADV_ATTR_AGGREGATED_OGMS_ENABLED).
func (b *Builder) AggregatedOGMs(on bool) *Builder {
	b.set(uapi.BATADV_ATTR_AGGREGATED_OGMS_ENABLED).AggregatedOGMs = on
	return b
}

// APIsolation keeps wireless clients from talking to each other, for frames without a VLAN
// tag; the default is false. Device.SetVLAN does so for frames with one
// (BATADV_ATTR_AP_ISOLATION_ENABLED).
func (b *Builder) APIsolation(on bool) *Builder {
	b.set(uapi.BATADV_ATTR_AP_ISOLATION_ENABLED).APIsolation = on
	return b
}

// IsolationMark makes senders isolated clients if their packets have a mark that equals
// mark in the bits of mask; a mask of 0, the default, turns that off
// (BATADV_ATTR_ISOLATION_MARK, BATADV_ATTR_ISOLATION_MASK).
func (b *Builder) IsolationMark(mark, mask uint32) *Builder {
	b.set(uapi.BATADV_ATTR_ISOLATION_MARK).IsolationMark = mark
	b.set(uapi.BATADV_ATTR_ISOLATION_MASK).IsolationMask = mask
	return b
}

// Bonding sends over several ports by turns; the default is false
// (BATADV_ATTR_BONDING_ENABLED).
func (b *Builder) Bonding(on bool) *Builder {
	b.set(uapi.BATADV_ATTR_BONDING_ENABLED).Bonding = on
	return b
}

// BridgeLoopAvoidance breaks loops over a bridge that several nodes share, which is the
// default (BATADV_ATTR_BRIDGE_LOOP_AVOIDANCE_ENABLED).
func (b *Builder) BridgeLoopAvoidance(on bool) *Builder {
	b.set(uapi.BATADV_ATTR_BRIDGE_LOOP_AVOIDANCE_ENABLED).BridgeLoopAvoidance = on
	return b
}

// DistributedARPTable answers ARP requests from a table that the nodes share, which is the
// default (BATADV_ATTR_DISTRIBUTED_ARP_TABLE_ENABLED).
func (b *Builder) DistributedARPTable(on bool) *Builder {
	b.set(uapi.BATADV_ATTR_DISTRIBUTED_ARP_TABLE_ENABLED).DistributedARPTable = on
	return b
}

// Fragmentation divides packets that do not fit a port, which is the default. Without it,
// the MTU of the link is lowered to fit its ports (BATADV_ATTR_FRAGMENTATION_ENABLED).
func (b *Builder) Fragmentation(on bool) *Builder {
	b.set(uapi.BATADV_ATTR_FRAGMENTATION_ENABLED).Fragmentation = on
	return b
}

// GWBandwidth sets the bandwidths that a gateway announces, in units of 100 kbit/s; the
// defaults are 100, 10 Mbit/s down, and 20, 2 Mbit/s up (BATADV_ATTR_GW_BANDWIDTH_DOWN,
// BATADV_ATTR_GW_BANDWIDTH_UP).
func (b *Builder) GWBandwidth(down, up uint32) *Builder {
	b.set(uapi.BATADV_ATTR_GW_BANDWIDTH_DOWN).GWBandwidthDown = down
	b.set(uapi.BATADV_ATTR_GW_BANDWIDTH_UP).GWBandwidthUp = up
	return b
}

// GWMode sets the role of the node in the choice of gateways to the Internet, GWOff,
// GWClient or GWServer; the default is GWOff (BATADV_ATTR_GW_MODE).
func (b *Builder) GWMode(mode iplink.BatadvGWMode) *Builder {
	b.set(uapi.BATADV_ATTR_GW_MODE).GWMode = mode
	return b
}

// GWSelClass sets the criterion of a client for choosing its gateway: with IV 1 to 255,
// by default 20, and with V 1 or more, by default 50, as BatadvInfo describes
// (BATADV_ATTR_GW_SEL_CLASS).
func (b *Builder) GWSelClass(class uint32) *Builder {
	b.set(uapi.BATADV_ATTR_GW_SEL_CLASS).GWSelClass = class
	return b
}

// HopPenalty makes paths through this node worse, 0 to 255; the default is 30
// (BATADV_ATTR_HOP_PENALTY).
func (b *Builder) HopPenalty(penalty uint8) *Builder {
	b.set(uapi.BATADV_ATTR_HOP_PENALTY).HopPenalty = penalty
	return b
}

// LogLevel sets the mask of subjects about which the kernel logs, 0 to 255; the default is
// 0. It needs a kernel that is built for debugging, CONFIG_BATMAN_ADV_DEBUG
// (BATADV_ATTR_LOG_LEVEL).
func (b *Builder) LogLevel(mask uint32) *Builder {
	b.set(uapi.BATADV_ATTR_LOG_LEVEL).LogLevel = mask
	return b
}

// MulticastForceflood sends all multicast packets to all nodes; the default is false
// (BATADV_ATTR_MULTICAST_FORCEFLOOD_ENABLED).
func (b *Builder) MulticastForceflood(on bool) *Builder {
	b.set(uapi.BATADV_ATTR_MULTICAST_FORCEFLOOD_ENABLED).MulticastForceflood = on
	return b
}

// MulticastFanout sets the number of unicast packets up to which a multicast packet is sent
// to each receiver; the default is 16 (BATADV_ATTR_MULTICAST_FANOUT).
func (b *Builder) MulticastFanout(packets uint32) *Builder {
	b.set(uapi.BATADV_ATTR_MULTICAST_FANOUT).MulticastFanout = packets
	return b
}

// NetworkCoding combines packets, which the receivers separate again; the default is false.
// Linux 7.3 does not have it (BATADV_ATTR_NETWORK_CODING_ENABLED).
func (b *Builder) NetworkCoding(on bool) *Builder {
	b.set(uapi.BATADV_ATTR_NETWORK_CODING_ENABLED).NetworkCoding = on
	return b
}

// OrigInterval sets the interval of originator messages, 40 ms to 2147483647 ms in whole
// milliseconds; the default is 1 s (BATADV_ATTR_ORIG_INTERVAL).
func (b *Builder) OrigInterval(interval time.Duration) *Builder {
	b.set(uapi.BATADV_ATTR_ORIG_INTERVAL).OrigInterval = interval
	return b
}

// Ports makes links ports of the mesh, given by name in its namespace, when all links of
// the call exist. They may be links that exist or that the same call makes; its other ports
// stay. It does not change whether they are up. A port of another master leaves that one,
// as with `ip link set master`. A link cannot be named twice, and a spec of the same call
// cannot give it another master (IFLA_MASTER).
//
// If Create fails, or Ensure for a new link, a link that joined it is as it was before:
// its master with the port settings, its state, IP addresses, routes and permanent
// neighbours. The VLANs and the forwarding entries that it had in a bridge are lost.
func (b *Builder) Ports(names ...string) *Builder {
	own.AddPorts(b.Own(b), false, false, names)
	return b
}

// OnlyPorts is Ports, and removes all other ports from the mesh. Without arguments the mesh
// has no ports. It excludes Ports.
func (b *Builder) OnlyPorts(names ...string) *Builder {
	own.AddPorts(b.Own(b), false, true, names)
	return b
}
