package bridge

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A PortBuilder describes the settings of a link as a port of a bridge, for the
// PortSettings setter of the link's builder.
type PortBuilder struct {
	own own.Settings
}

// Port returns the builder for the settings of a port, for the PortSettings setter
// of a link's builder.
func Port() *PortBuilder {
	return &PortBuilder{own.New(iplink.KindBridge, "", new(iplink.BridgePortInfo))}
}

// PortInfo returns the link's settings and state as a bridge port, and false if link
// is not a bridge port.
func PortInfo(link *iplink.Link) (*iplink.BridgePortInfo, bool) {
	info, ok := link.PortInfo.(*iplink.BridgePortInfo)
	return info, ok
}

// Own returns the settings for package iplink.
func (b *PortBuilder) Own() *own.Settings {
	return &b.own
}

// set marks a setting as present and returns the struct that holds its value.
func (b *PortBuilder) set(number uint16) *iplink.BridgePortInfo {
	return own.Put[iplink.BridgePortInfo](&b.own, number)
}

// BackupPort sets the port, by name, that receives the frames while this port has no
// carrier. It must be a port of the same bridge (IFLA_BRPORT_BACKUP_PORT).
func (b *PortBuilder) BackupPort(name string) *PortBuilder {
	b.own.Refer(uapi.IFLA_BRPORT_BACKUP_PORT, name)
	return b
}

// State sets the port's state while the kernel does not run the spanning tree
// protocol. The port must be up and have a carrier. Unless a program runs the
// protocol, the kernel changes PortBlocking to PortForwarding immediately
// (IFLA_BRPORT_STATE).
func (b *PortBuilder) State(state iplink.BridgePortState) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_STATE).State = state
	return b
}

// Priority sets the upper part of the port ID, 0 to 63, 32 by default
// (IFLA_BRPORT_PRIORITY).
func (b *PortBuilder) Priority(priority uint16) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_PRIORITY).Priority = priority
	return b
}

// Cost sets the cost of the path through the port, 1 to 65535. The default depends
// on the speed of the link (IFLA_BRPORT_COST).
func (b *PortBuilder) Cost(cost uint32) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_COST).Cost = cost
	return b
}

// Hairpin lets frames leave through the port on which they arrived; off by default
// (IFLA_BRPORT_MODE).
func (b *PortBuilder) Hairpin(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_MODE).Hairpin = on
	return b
}

// Guard blocks the port when a spanning tree protocol frame arrives; off by default
// (IFLA_BRPORT_GUARD).
func (b *PortBuilder) Guard(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_GUARD).Guard = on
	return b
}

// RootBlock prevents the port from becoming the root port; off by default
// (IFLA_BRPORT_PROTECT).
func (b *PortBuilder) RootBlock(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_PROTECT).RootBlock = on
	return b
}

// FastLeave stops the forwarding of a group immediately after a member has left; off
// by default (IFLA_BRPORT_FAST_LEAVE).
func (b *PortBuilder) FastLeave(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_FAST_LEAVE).FastLeave = on
	return b
}

// Learning learns source addresses; on by default (IFLA_BRPORT_LEARNING).
func (b *PortBuilder) Learning(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_LEARNING).Learning = on
	return b
}

// Flood sends frames for unknown unicast addresses; on by default
// (IFLA_BRPORT_UNICAST_FLOOD).
func (b *PortBuilder) Flood(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_UNICAST_FLOOD).UnicastFlood = on
	return b
}

// ProxyARP answers ARP on behalf of others; off by default
// (IFLA_BRPORT_PROXYARP).
func (b *PortBuilder) ProxyARP(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_PROXYARP).ProxyARP = on
	return b
}

// ProxyARPWiFi is ProxyARP according to IEEE 802.11 and Hotspot 2.0; off by default
// (IFLA_BRPORT_PROXYARP_WIFI).
func (b *PortBuilder) ProxyARPWiFi(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_PROXYARP_WIFI).ProxyARPWiFi = on
	return b
}

// FlushFDB removes all addresses learned on the port (IFLA_BRPORT_FLUSH).
func (b *PortBuilder) FlushFDB() *PortBuilder {
	b.set(uapi.IFLA_BRPORT_FLUSH).FlushFDB = true
	return b
}

// MulticastRouter sets whether the port leads to a multicast router, RouterAuto by
// default (IFLA_BRPORT_MULTICAST_ROUTER).
func (b *PortBuilder) MulticastRouter(r iplink.BridgeMulticastRouter) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_MULTICAST_ROUTER).MulticastRouter = r
	return b
}

// MulticastFlood sends frames for unknown groups; on by default
// (IFLA_BRPORT_MCAST_FLOOD).
func (b *PortBuilder) MulticastFlood(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_MCAST_FLOOD).MulticastFlood = on
	return b
}

// MulticastToUnicast sends each member of a group its own copy; off by default
// (IFLA_BRPORT_MCAST_TO_UCAST).
func (b *PortBuilder) MulticastToUnicast(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_MCAST_TO_UCAST).MulticastToUnicast = on
	return b
}

// VLANTunnel maps VLANs to tunnel IDs; off by default (IFLA_BRPORT_VLAN_TUNNEL).
func (b *PortBuilder) VLANTunnel(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_VLAN_TUNNEL).VLANTunnel = on
	return b
}

// BroadcastFlood sends broadcast frames; on by default
// (IFLA_BRPORT_BCAST_FLOOD).
func (b *PortBuilder) BroadcastFlood(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_BCAST_FLOOD).BroadcastFlood = on
	return b
}

// GroupForwardMask sets which of the groups 01:80:c2:00:00:0X are forwarded: bit X
// for each, none by default. Bit 1, for pause frames, cannot be set
// (IFLA_BRPORT_GROUP_FWD_MASK).
func (b *PortBuilder) GroupForwardMask(mask uint16) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_GROUP_FWD_MASK).GroupForwardMask = mask
	return b
}

// NeighSuppress does not send ARP and neighbour discovery to the port if the bridge
// knows the answer; off by default (IFLA_BRPORT_NEIGH_SUPPRESS).
func (b *PortBuilder) NeighSuppress(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_NEIGH_SUPPRESS).NeighSuppress = on
	return b
}

// Isolated restricts the port's traffic to ports that are not isolated; off by
// default (IFLA_BRPORT_ISOLATED).
func (b *PortBuilder) Isolated(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_ISOLATED).Isolated = on
	return b
}

// BackupPortIndex is BackupPort by interface index; 0 for none.
func (b *PortBuilder) BackupPortIndex(index int) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_BACKUP_PORT).BackupPort = index
	return b
}

// MulticastEHTHostsLimit sets the maximum number of tracked hosts, 1 or more, 512 by
// default (IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT).
func (b *PortBuilder) MulticastEHTHostsLimit(hosts uint32) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT).MulticastEHTHostsLimit = hosts
	return b
}

// Locked accepts only frames from addresses known on the port; off by default
// (IFLA_BRPORT_LOCKED).
func (b *PortBuilder) Locked(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_LOCKED).Locked = on
	return b
}

// MAB notifies programs of addresses that Locked blocks. It requires Locked and
// Learning, and is off by default; since Linux 6.2 (IFLA_BRPORT_MAB).
func (b *PortBuilder) MAB(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_MAB).MAB = on
	return b
}

// MulticastMaxGroups sets the maximum number of groups that the port may join; 0,
// the default, is no limit. Since Linux 6.3 (IFLA_BRPORT_MCAST_MAX_GROUPS).
func (b *PortBuilder) MulticastMaxGroups(groups uint32) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_MCAST_MAX_GROUPS).MulticastMaxGroups = groups
	return b
}

// NeighVLANSuppress is NeighSuppress per VLAN; off by default, since Linux 6.4
// (IFLA_BRPORT_NEIGH_VLAN_SUPPRESS).
func (b *PortBuilder) NeighVLANSuppress(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_NEIGH_VLAN_SUPPRESS).NeighVLANSuppress = on
	return b
}

// BackupNextHop sets the ID of the nexthop that receives the frames while the port
// has no carrier; 0, the default, is none. Since Linux 6.6
// (IFLA_BRPORT_BACKUP_NHID).
func (b *PortBuilder) BackupNextHop(id uint32) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_BACKUP_NHID).BackupNextHop = id
	return b
}

// NeighForwardGratuitous forwards gratuitous ARP in spite of NeighSuppress; off by
// default, since Linux 7.2 (IFLA_BRPORT_NEIGH_FORWARD_GRAT).
func (b *PortBuilder) NeighForwardGratuitous(on bool) *PortBuilder {
	b.set(uapi.IFLA_BRPORT_NEIGH_FORWARD_GRAT).NeighForwardGratuitous = on
	return b
}
