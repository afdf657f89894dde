package iplink_test

import (
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/veth"
)

// shared is what the builders of all kinds can do.
type shared[B any] interface {
	Parent(string) B
	ParentIndex(int) B
	Master(string) B
	MasterIndex(int) B
	Up() B
	ARP(bool) B
	Multicast(bool) B
	AllMulticast(bool) B
	Promiscuous(bool) B
	Dynamic(bool) B
	MTU(uint32) B
	TxQueueLen(uint32) B
	Queues(tx, rx uint32) B
	Address(net.HardwareAddr) B
	Broadcast(net.HardwareAddr) B
	Alias(string) B
	AltName(...string) B
	Group(uint32) B
	Index(int) B
	GSOMaxSize(uint32) B
	GSOMaxSegs(uint32) B
	GROMaxSize(uint32) B
	GSOMaxIPv4Size(uint32) B
	GROMaxIPv4Size(uint32) B
	AddrGenMode(iplink.AddrGenMode) B
	ProtoDown(bool) B
	Carrier(bool) B
	OperState(iplink.OperState) B
	LinkMode(iplink.LinkMode) B
	Addr(...netip.Prefix) B
}

// common is a kind on which the settings are tried that all links share: what
// it does not take, by row, and the error of the kernel.
type common struct {
	kind    string
	refuses map[uint16]error
	ignores []uint16 // rows that mean nothing to the kind
}

// noCarrier is what kinds refuse whose carrier nobody can set, and noProtoDown
// those that cannot be held down.
var (
	noCarrier   = map[uint16]error{uapi.IFLA_CARRIER: syscall.EOPNOTSUPP}
	noProtoDown = map[uint16]error{uapi.IFLA_CARRIER: syscall.EOPNOTSUPP, uapi.IFLA_PROTO_DOWN: syscall.EOPNOTSUPP}
)

func TestCommonSettings(t *testing.T) {
	t.Run("veth", func(t *testing.T) {
		testCommon(t, common{iplink.KindVeth, noProtoDown, []uint16{uapi.IFLA_LINK}}, newVeth)
	})
	t.Run("peer", func(t *testing.T) {
		testCommon(t, common{iplink.KindVeth, noProtoDown, []uint16{uapi.IFLA_LINK}}, newPeer)
	})
	t.Run("bridge", func(t *testing.T) {
		refuses := map[uint16]error{uapi.IFLA_CARRIER: syscall.EOPNOTSUPP, uapi.IFLA_PROTO_DOWN: syscall.EOPNOTSUPP,
			uapi.IFLA_MASTER: syscall.ELOOP}
		testCommon(t, common{iplink.KindBridge, refuses, []uint16{uapi.IFLA_LINK, uapi.IFLA_OPERSTATE}}, newBridge)
	})
	t.Run("macvlan", func(t *testing.T) {
		testCommon(t, common{iplink.KindMacvlan, noCarrier, nil}, newMacvlan)
	})
	t.Run("macvtap", func(t *testing.T) {
		refuses := map[uint16]error{uapi.IFLA_CARRIER: syscall.EOPNOTSUPP, uapi.IFLA_MASTER: syscall.EBUSY}
		testCommon(t, common{iplink.KindMacvtap, refuses, nil}, newMacvtap)
	})
	t.Run("vxlan", func(t *testing.T) {
		testCommon(t, common{iplink.KindVXLAN, noCarrier, []uint16{uapi.IFLA_LINK}}, newVXLAN)
	})
	t.Run("dummy", func(t *testing.T) {
		refuses := map[uint16]error{uapi.IFLA_PROTO_DOWN: syscall.EOPNOTSUPP}
		testCommon(t, common{iplink.KindDummy, refuses, []uint16{uapi.IFLA_LINK}}, newDummy)
	})
}

func newVeth(update bool) (*veth.Builder, iplink.Spec) {
	v := veth.New(link)
	if update {
		return v, v
	}
	return v, v.Peer(veth.New("t1").Up())
}

// newPeer makes the link as the other end of a pair.
func newPeer(update bool) (*veth.Builder, iplink.Spec) {
	v := veth.New(link)
	if update {
		return v, v
	}
	return v, veth.New("t1").Up().Peer(v)
}

func newDummy(bool) (*dummy.Builder, iplink.Spec) {
	d := dummy.New(link)
	return d, d
}

// testCommon tries all settings that links share on one kind.
func testCommon[B shared[B]](t *testing.T, c common, start func(bool) (B, iplink.Spec)) {
	s := subject[B]{
		kind: c.kind,
		rows: iplink.CommonRows(),
		prepare: append(underlays, "link add m0 index 88 type bridge", "link add m1 index 89 type bridge",
			"link set dev under up", "link set dev under1 up"),
		start:    start,
		settings: slices.Concat(commonSettings[B](), commonSizes[B](), commonFlags[B](), commonStates[B]()),
	}
	for i, x := range s.settings {
		s.settings[i].errno = c.refuses[x.row]
	}
	s.settings = slices.DeleteFunc(s.settings, func(x setting[B]) bool { return slices.Contains(c.ignores, x.row) })
	for _, row := range append(c.ignores, uapi.IFLA_IFNAME) { // a name comes with the builder, and changes with Rename
		s.rows = slices.DeleteFunc(s.rows, func(r attr.Row) bool { return r.Type == row })
	}
	s.test(t)
}
