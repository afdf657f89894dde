package vxlan

import (
	"context"
	"net/netip"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// FDB adds entries to the link's forwarding database: the remote end points of Ethernet
// addresses, like `bridge fdb replace … self`. AllOthers and multicast addresses may
// have several remotes, each an entry, and FDB adds those that are missing; all of them
// have one state and one set of flags. Other addresses have one remote, which FDB
// replaces. Entries have no Port, and of the flags only Self, ExternLearn and Router
// (RTM_NEWNEIGH).
//
// A link that Via names is in the link's own namespace.
func (b *Builder) FDB(entries ...fdb.Entry) *Builder {
	fdbmsg.Add(b.Own(b), fdbmsg.OfVXLAN, false, own.FindObjects[*vniObjects](b.Own(b)).keeper, entries)
	return b
}

// OnlyFDB is FDB, and removes all other permanent and static entries. Learned entries
// stay, and so do the entries that the kernel makes of Remote and of the Group of VNIs.
// It excludes FDB.
func (b *Builder) OnlyFDB(entries ...fdb.Entry) *Builder {
	fdbmsg.Add(b.Own(b), fdbmsg.OfVXLAN, true, own.FindObjects[*vniObjects](b.Own(b)).keeper, entries)
	return b
}

// A flood is a destination of frames to addresses without an entry.
type flood struct {
	network uint32 // 0 for the network of the link
	remote  netip.Addr
}

// keeper finds the entries for all other addresses that the kernel makes of the link's
// Remote, and for each network of a VNI filter of its Group or, without one, of the
// Remote. The groups that networks are to have count as well, since the same call sets
// them. The receiver may be nil.
func (o *vniObjects) keeper(ctx context.Context, conn *rtnl.Conn, link *rtnl.Link) (func(*fdb.Entry) bool, error) {
	made, err := floods(ctx, conn, link)
	if err != nil {
		return nil, err
	}
	if o != nil {
		for _, n := range o.networks() {
			made[flood{n.First, n.Group}] = true
		}
	}
	_, vni := fdbmsg.Defaults(link)
	return fdbmsg.Floods(fdbmsg.RemoteOf(link), vni, func(network uint32, dst netip.Addr) bool { return made[flood{network, dst}] }), nil
}

// floods returns the groups of the networks of a link that filters them.
func floods(ctx context.Context, conn *rtnl.Conn, link *rtnl.Link) (map[flood]bool, error) {
	made := map[flood]bool{}
	if !fdbmsg.FiltersVNIs(link) {
		return made, nil
	}
	networks, err := readVNIs(ctx, conn, link.Index)
	for _, n := range networks {
		if n.Group.IsValid() {
			made[flood{n.First, n.Group}] = true
		}
	}
	return made, err
}
