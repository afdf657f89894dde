package iplink_test

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/netkit"
)

func TestNetkitSettings(t *testing.T) {
	subject[*netkit.Builder]{
		kind: iplink.KindNetkit,
		rows: iplink.KindRows(iplink.KindNetkit),
		start: func(bool) (*netkit.Builder, iplink.Spec) {
			v := netkit.New(link)
			return v, v
		},
		settings: netkitSettings,
	}.test(t)
}

var netkitSettings = []setting[*netkit.Builder]{
	set(uapi.IFLA_NETKIT_MODE, (*netkit.Builder).Mode, netkit.L2, netkit.L3, "Info.Mode", inData("mode", "l2", "l3")),
	set(uapi.IFLA_NETKIT_POLICY, (*netkit.Builder).Policy, netkit.Blackhole, netkit.Forward, "Info.Policy",
		inData("policy", "blackhole", "forward")),
	set(uapi.IFLA_NETKIT_PEER_POLICY, (*netkit.Builder).PeerPolicy, netkit.Blackhole, netkit.Forward, "Info.PeerPolicy",
		inData("peer_policy", "blackhole", "forward")),
	set(uapi.IFLA_NETKIT_SCRUB, (*netkit.Builder).Scrub, netkit.None, netkit.Default, "Info.Scrub",
		inData("scrub", "none", "default")),
	set(uapi.IFLA_NETKIT_PEER_SCRUB, (*netkit.Builder).PeerScrub, netkit.None, netkit.Default, "Info.PeerScrub",
		inData("peer_scrub", "none", "default")),
	set(uapi.IFLA_NETKIT_HEADROOM, (*netkit.Builder).Headroom, 0x1234, 0x4321, "Info.Headroom",
		rawData([]byte{0x34, 0x12}, []byte{0x21, 0x43}, uapi.IFLA_NETKIT_HEADROOM)),
	set(uapi.IFLA_NETKIT_TAILROOM, (*netkit.Builder).Tailroom, 0x1234, 0x4321, "Info.Tailroom",
		rawData([]byte{0x34, 0x12}, []byte{0x21, 0x43}, uapi.IFLA_NETKIT_TAILROOM)),
	set(uapi.IFLA_NETKIT_PAIRING, (*netkit.Builder).Pairing, netkit.Single, netkit.Pair, "Info.Pairing",
		rawData([]byte{1, 0, 0, 0}, []byte{0, 0, 0, 0}, uapi.IFLA_NETKIT_PAIRING)),
}

// newNetkit makes the link as the primary end of a pair with link-layer addresses.
func newNetkit(update bool) (*netkit.Builder, iplink.Spec) {
	v := netkit.New(link)
	if update {
		return v, v
	}
	return v, v.Mode(netkit.L2).Peer(netkit.New("t1").Up())
}

// newNetkitPeer makes the link as the other end.
func newNetkitPeer(update bool) (*netkit.Builder, iplink.Spec) {
	v := netkit.New(link)
	if update {
		return v, v
	}
	return v, netkit.New("t1").Mode(netkit.L2).Up().Peer(v)
}
