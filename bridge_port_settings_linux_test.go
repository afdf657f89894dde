package iplink_test

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/veth"
)

func TestBridgePortSettings(t *testing.T) {
	subject[*bridge.PortBuilder]{
		kind: iplink.KindBridge,
		rows: iplink.PortRows(iplink.KindBridge),
		prepare: []string{
			"link add br0 type bridge", "link set dev br0 up",
			"link add backup index 77 type veth peer name backup1", "link set dev backup master br0",
			"link add other index 78 type veth peer name other1", "link set dev other master br0",
		},
		start:    newBridgePort,
		settings: append(bridgePortSettings, bridgePortNewer...),
	}.test(t)
}

func newBridgePort(update bool) (*bridge.PortBuilder, iplink.Spec) {
	p := bridge.Port()
	if update {
		return p, iplink.Device(link).PortSettings(p)
	}
	return p, veth.New(link).Peer(veth.New("t1").Up()).Up().Master("br0").PortSettings(p)
}

// onOff is the entry for a port setting that is on or off, and begins with
// first.
func onOff(row uint16, setter func(*bridge.PortBuilder, bool) *bridge.PortBuilder, first bool, name, word string) setting[*bridge.PortBuilder] {
	return set(row, setter, first, !first, "PortInfo."+name, inPort(word, first, !first))
}

var bridgePortSettings = []setting[*bridge.PortBuilder]{
	set(uapi.IFLA_BRPORT_STATE, (*bridge.PortBuilder).State, bridge.PortListening, bridge.PortLearning, "PortInfo.State",
		inPort("state", "listening", "learning")).after("link set dev br0 up"),
	set(uapi.IFLA_BRPORT_PRIORITY, (*bridge.PortBuilder).Priority, 13, 31, "PortInfo.Priority", inPort("priority", 13, 31)),
	set(uapi.IFLA_BRPORT_COST, (*bridge.PortBuilder).Cost, 0x1234, 0x4321, "PortInfo.Cost", inPort("cost", 4660, 17185)),
	onOff(uapi.IFLA_BRPORT_MODE, (*bridge.PortBuilder).Hairpin, true, "Hairpin", "hairpin"),
	onOff(uapi.IFLA_BRPORT_GUARD, (*bridge.PortBuilder).Guard, true, "Guard", "guard"),
	onOff(uapi.IFLA_BRPORT_PROTECT, (*bridge.PortBuilder).RootBlock, true, "RootBlock", "root_block"),
	onOff(uapi.IFLA_BRPORT_FAST_LEAVE, (*bridge.PortBuilder).FastLeave, true, "FastLeave", "fastleave"),
	onOff(uapi.IFLA_BRPORT_LEARNING, (*bridge.PortBuilder).Learning, false, "Learning", "learning"),
	onOff(uapi.IFLA_BRPORT_UNICAST_FLOOD, (*bridge.PortBuilder).Flood, false, "UnicastFlood", "flood"),
	onOff(uapi.IFLA_BRPORT_PROXYARP, (*bridge.PortBuilder).ProxyARP, true, "ProxyARP", "proxy_arp"),
	onOff(uapi.IFLA_BRPORT_PROXYARP_WIFI, (*bridge.PortBuilder).ProxyARPWiFi, true, "ProxyARPWiFi", "proxy_arp_wifi"),
	present(uapi.IFLA_BRPORT_FLUSH, (*bridge.PortBuilder).FlushFDB, "").unread("TestFlushFDB sees what it does"),
	set(uapi.IFLA_BRPORT_MULTICAST_ROUTER, (*bridge.PortBuilder).MulticastRouter, bridge.RouterPermanent, bridge.RouterDisabled,
		"PortInfo.MulticastRouter", inPort("multicast_router", 2, 0)),
	onOff(uapi.IFLA_BRPORT_MCAST_FLOOD, (*bridge.PortBuilder).MulticastFlood, false, "MulticastFlood", "mcast_flood"),
	onOff(uapi.IFLA_BRPORT_MCAST_TO_UCAST, (*bridge.PortBuilder).MulticastToUnicast, true, "MulticastToUnicast", "mcast_to_unicast"),
	onOff(uapi.IFLA_BRPORT_VLAN_TUNNEL, (*bridge.PortBuilder).VLANTunnel, true, "VLANTunnel", "vlan_tunnel").option(vlanFiltering),
	onOff(uapi.IFLA_BRPORT_BCAST_FLOOD, (*bridge.PortBuilder).BroadcastFlood, false, "BroadcastFlood", "bcast_flood"),
	set(uapi.IFLA_BRPORT_GROUP_FWD_MASK, (*bridge.PortBuilder).GroupForwardMask, 0x1235, 0x4321, "PortInfo.GroupForwardMask",
		inPort("group_fwd_mask", "0x1235", "0x4321")),
	onOff(uapi.IFLA_BRPORT_NEIGH_SUPPRESS, (*bridge.PortBuilder).NeighSuppress, true, "NeighSuppress", "neigh_suppress"),
	onOff(uapi.IFLA_BRPORT_ISOLATED, (*bridge.PortBuilder).Isolated, true, "Isolated", "isolated"),
	set(uapi.IFLA_BRPORT_BACKUP_PORT, (*bridge.PortBuilder).BackupPort, "backup", "other", "PortInfo.BackupPort",
		inPort("backup_port", "backup", "other")).reads(77, 78),
	set(uapi.IFLA_BRPORT_BACKUP_PORT, (*bridge.PortBuilder).BackupPortIndex, 78, 0, "PortInfo.BackupPort",
		inPort("backup_port", "other", nil)).variant("index"),
}

var bridgePortNewer = []setting[*bridge.PortBuilder]{
	set(uapi.IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT, (*bridge.PortBuilder).MulticastEHTHostsLimit, 0x1234, 0x4321,
		"PortInfo.MulticastEHTHostsLimit", rawPort([]byte{0x34, 0x12, 0, 0}, []byte{0x21, 0x43, 0, 0}, uapi.IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT)),
	onOff(uapi.IFLA_BRPORT_LOCKED, (*bridge.PortBuilder).Locked, true, "Locked", "locked"),
	set(uapi.IFLA_BRPORT_MAB, (*bridge.PortBuilder).MAB, true, false, "PortInfo.MAB",
		inPort("mab", true, false).from(6, 2), rawPort([]byte{1}, []byte{0}, uapi.IFLA_BRPORT_MAB)).
		needs(func(p *bridge.PortBuilder) { p.Locked(true).Learning(true) }),
	set(uapi.IFLA_BRPORT_MCAST_MAX_GROUPS, (*bridge.PortBuilder).MulticastMaxGroups, 0x1234, 0x4321,
		"PortInfo.MulticastMaxGroups", rawPort([]byte{0x34, 0x12, 0, 0}, []byte{0x21, 0x43, 0, 0}, uapi.IFLA_BRPORT_MCAST_MAX_GROUPS)),
	set(uapi.IFLA_BRPORT_NEIGH_VLAN_SUPPRESS, (*bridge.PortBuilder).NeighVLANSuppress, true, false, "PortInfo.NeighVLANSuppress",
		inPort("neigh_vlan_suppress", true, false).from(6, 4), rawPort([]byte{1}, []byte{0}, uapi.IFLA_BRPORT_NEIGH_VLAN_SUPPRESS)),
	set(uapi.IFLA_BRPORT_BACKUP_NHID, (*bridge.PortBuilder).BackupNextHop, 0x1234, 0x4321, "PortInfo.BackupNextHop",
		rawPort([]byte{0x34, 0x12, 0, 0}, []byte{0x21, 0x43, 0, 0}, uapi.IFLA_BRPORT_BACKUP_NHID)),
	set(uapi.IFLA_BRPORT_NEIGH_FORWARD_GRAT, (*bridge.PortBuilder).NeighForwardGratuitous, true, false,
		"PortInfo.NeighForwardGratuitous", rawPort([]byte{1}, []byte{0}, uapi.IFLA_BRPORT_NEIGH_FORWARD_GRAT)),
}
