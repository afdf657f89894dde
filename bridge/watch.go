package bridge

import (
	"context"
	"iter"
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A LinkVLAN is a VLAN of a port, or of a bridge itself, with its settings there. Stats and
// MulticastGroups, which change by themselves, are 0.
type LinkVLAN struct {
	Port      string // the name of the port, or of the bridge
	PortIndex int    // its interface index
	PortVLANInfo
}

// String returns the arguments that follow `bridge vlan add`, without the tunnel.
func (v LinkVLAN) String() string { return v.VLAN.String() + " dev " + attr.Quote(v.Port) }

// A LinkMDB is an entry in the multicast database of a bridge.
type LinkMDB struct {
	Bridge      string // the name of the bridge
	BridgeIndex int    // its interface index
	MDBEntry
}

// String returns the arguments that follow `bridge mdb add`.
func (e LinkMDB) String() string { return "dev " + attr.Quote(e.Bridge) + " " + e.MDBEntry.String() }

// VLANEvent is reported by WatchVLANs.
type VLANEvent = iplink.ObjectEvent[LinkVLAN]

// MDBEvent is reported by WatchMDB.
type MDBEvent = iplink.ObjectEvent[LinkMDB]

// WatchVLANsOn reports the VLANs of all bridges and of their ports in the namespace of the
// Conn c, and all their changes, as Conn.WatchAddrs of package iplink does for addresses: an
// event Current marks the end of the VLANs that existed before. A range of VLANs is an event
// for each of them. Filters select the ports, and the bridges with VLANs of their own.
//
// The kernel does not announce the first VLAN of a new bridge, and that another VLAN becomes
// the PVID in place of one, and it announces a range with the settings of its first VLAN.
// WatchVLANsOn then lists the VLANs again. A State that a tree of MST sets is
// unannounced, and may be reported late. A kernel whose bridge does not filter VLANs is an
// error that matches errors.ErrUnsupported, as soon as there is a bridge.
//
// AllNetNS is not supported (errors.ErrUnsupported), as with Conn.WatchRoutes.
func WatchVLANsOn(ctx context.Context, c *iplink.Conn, filters ...iplink.Filter) iter.Seq2[VLANEvent, error] {
	return explained(iplink.WatchSort(ctx, c, vlanSort(), filters...), unfiltered)
}

// WatchVLANs reports the VLANs in the namespace of the calling thread, the one that begins
// the iteration. It is WatchVLANsOn on sockets of its own.
func WatchVLANs(ctx context.Context, filters ...iplink.Filter) iter.Seq2[VLANEvent, error] {
	return here(func(c *iplink.Conn) iter.Seq2[VLANEvent, error] { return WatchVLANsOn(ctx, c, filters...) })
}

// WatchMDBOn reports the entries in the multicast databases of all bridges in the namespace
// of the Conn c, and all their changes, as Conn.WatchAddrs of package iplink does for
// addresses: an event Current marks the end of the entries that existed before. Timers run
// down without an event. Filters select the ports; the bridge is the port of the groups that
// the machine has joined. If they leave out a bridge, a new name of it is not an event.
//
// The kernel derives entries with a Source from others, and does not announce all of their
// changes. WatchMDBOn lists the entries again after an announcement of one of them.
//
// AllNetNS is not supported (errors.ErrUnsupported), as with Conn.WatchRoutes. Nor is a
// kernel whose bridge has no multicast snooping, as soon as there is a bridge.
func WatchMDBOn(ctx context.Context, c *iplink.Conn, filters ...iplink.Filter) iter.Seq2[MDBEvent, error] {
	return explained(iplink.WatchSort(ctx, c, mdbSort(), filters...), unsnooped)
}

// WatchMDB reports the entries in the namespace of the calling thread, the one that begins
// the iteration. It is WatchMDBOn on sockets of its own.
func WatchMDB(ctx context.Context, filters ...iplink.Filter) iter.Seq2[MDBEvent, error] {
	return here(func(c *iplink.Conn) iter.Seq2[MDBEvent, error] { return WatchMDBOn(ctx, c, filters...) })
}

// here watches in the namespace of the calling thread.
func here[E any](watch func(*iplink.Conn) iter.Seq2[E, error]) iter.Seq2[E, error] {
	return func(yield func(E, error) bool) {
		c, err := iplink.Dial()
		if err != nil {
			yield(*new(E), err)
			return
		}
		defer c.Close()
		watch(c)(yield)
	}
}

// explained adds the reason to the error at the end of a watch.
func explained[E any](all iter.Seq2[E, error], explain func(error) error) iter.Seq2[E, error] {
	return func(yield func(E, error) bool) {
		for e, err := range all {
			if !yield(e, explain(err)) {
				return
			}
		}
	}
}

func vlanSort() *own.Sort[LinkVLAN, uint16] {
	return &own.Sort[LinkVLAN, uint16]{
		Op: "watch VLANs", Groups: []uint32{uapi.RTNLGRP_BRVLAN}, Needs: iplink.KindBridge, OwnNetNS: true,
		Added: uapi.RTM_NEWVLAN, Removed: uapi.RTM_DELVLAN, Get: uapi.RTM_GETVLAN,
		Parse:    parseLinkVLANs,
		Lists:    []func([]byte, int32) []byte{func(b []byte, _ int32) []byte { return appendVLANHeader(b, 0) }},
		Link:     func(v *LinkVLAN, name func(int) string) int { v.Port = name(v.PortIndex); return v.PortIndex },
		Same:     func(a, b *LinkVLAN) bool { return *a == *b },
		Hints:    hintsAtVLANs,
		Affected: newBridge,
	}
}

// newBridge reports whether a bridge is new: its first VLAN is unannounced.
func newBridge(c own.LinkChange) bool { return c.Added && c.Kind == iplink.KindBridge }

func parseLinkVLANs(_ own.Links, m wire.Message) (all []own.Watched[LinkVLAN, uint16]) {
	index := headerIndex(m)
	eachOfVLAN(m, index, func(typ uint16, data []byte) {
		if typ != uapi.BRIDGE_VLANDB_ENTRY {
			return
		}
		for _, v := range parsePortVLANs(data) {
			v.Stats, v.MulticastGroups = VLANStats{}, 0
			all = append(all, own.Watched[LinkVLAN, uint16]{Owner: index, Key: v.ID, Value: LinkVLAN{PortIndex: index, PortVLANInfo: v}})
		}
	})
	return all
}

// headerIndex returns the index in a struct br_vlan_msg or br_port_msg, or 0.
func headerIndex(m wire.Message) int {
	if len(m.Data) < vlanHeaderLen {
		return 0
	}
	return int(wire.Order.Uint32(m.Data[4:]))
}

// hintsAtVLANs reports whether other VLANs than the one in a message changed, or may have: of
// a range, or all on ports with settings of the whole bridge.
func hintsAtVLANs(m wire.Message, found []own.Watched[LinkVLAN, uint16]) bool {
	return m.Type == uapi.RTM_NEWVLAN && (len(found) != 1 || found[0].Value.PVID)
}

// An mdbKey identifies an entry of a bridge.
type mdbKey struct {
	port   int
	vlan   uint16
	group  netip.Addr
	mac    [6]byte
	source netip.Addr
}

func mdbSort() *own.Sort[LinkMDB, mdbKey] {
	return &own.Sort[LinkMDB, mdbKey]{
		Op: "watch the MDB", Groups: []uint32{uapi.RTNLGRP_MDB}, Needs: iplink.KindBridge, OwnNetNS: true,
		Added: uapi.RTM_NEWMDB, Removed: uapi.RTM_DELMDB, Get: uapi.RTM_GETMDB,
		Parse: parseLinkMDB,
		Lists: []func([]byte, int32) []byte{func(b []byte, _ int32) []byte { return appendVLANHeader(b, 0) }},
		Link: func(e *LinkMDB, name func(int) string) int {
			e.Bridge, e.Port = name(e.BridgeIndex), name(e.PortIndex)
			return e.PortIndex
		},
		Same:     sameLinkMDB,
		Hints:    hintsAtMDB,
		Affected: newBridge,
	}
}

// parseLinkMDB leaves out the databases of other links: VXLAN links have one, too.
func parseLinkMDB(links own.Links, m wire.Message) (all []own.Watched[LinkMDB, mdbKey]) {
	index := headerIndex(m)
	if links.KindOf(index) != iplink.KindBridge {
		return nil
	}
	for _, e := range appendMDB(nil, wire.Find(m.Data[mdbHeaderLen:], uapi.MDBA_MDB), links.NameOf) {
		key := mdbKey{port: e.PortIndex, vlan: e.VLAN, group: e.Group, source: e.Source}
		copy(key.mac[:], e.MAC)
		all = append(all, own.Watched[LinkMDB, mdbKey]{Owner: index, Key: key, Value: LinkMDB{BridgeIndex: index, MDBEntry: e}})
	}
	return all
}

// hintsAtMDB reports whether a message is about an entry with sources, from which the kernel
// derives others.
func hintsAtMDB(_ wire.Message, found []own.Watched[LinkMDB, mdbKey]) bool {
	for _, x := range found {
		if x.Value.Source.IsValid() || len(x.Value.Sources) > 0 {
			return true
		}
	}
	return false
}

// sameLinkMDB ignores timers.
func sameLinkMDB(a, b *LinkMDB) bool {
	x, y := &a.MDBEntry, &b.MDBEntry
	if a.Bridge != b.Bridge || x.Port != y.Port || len(x.Sources) != len(y.Sources) {
		return false
	}
	for i := range x.Sources {
		if x.Sources[i].Addr != y.Sources[i].Addr {
			return false
		}
	}
	return x.Include == y.Include && x.Permanent == y.Permanent && x.Protocol == y.Protocol && x.Offloaded == y.Offloaded &&
		x.FastLeave == y.FastLeave && x.StarExclude == y.StarExclude && x.Blocked == y.Blocked
}
