package bridge

import (
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/fdbmsg"
)

// FDB adds entries that lead to the port, to the bridge's database, like `bridge fdb
// replace … master`. A bridge has one entry for an address and a VLAN: an entry that
// leads to another port, such as one that was learned there, leads to this port
// afterwards. An entry for another machine is Static or Dynamic, or has the flag
// ExternLearn; one for this machine is Permanent. An entry without VLAN is for untagged
// frames and for each VLAN that the port has when the entry is added. Entries have no Port, and of the flags
// only Master, ExternLearn and Sticky. The kernel removes the entries when the port
// leaves its bridge (RTM_NEWNEIGH).
//
// The entries of the link's own database, such as the remotes of a VXLAN link, are set on
// the builder of the link.
func (b *PortBuilder) FDB(entries ...fdb.Entry) *PortBuilder {
	fdbmsg.Add(&b.own, fdbmsg.OfPort, false, nil, entries)
	return b
}

// OnlyFDB is FDB, and removes all other permanent and static entries that lead to the
// port. The port's own address stays, and so does an entry that can age or that a
// control plane manages as dynamic (ExternLearn). It excludes FDB.
func (b *PortBuilder) OnlyFDB(entries ...fdb.Entry) *PortBuilder {
	fdbmsg.Add(&b.own, fdbmsg.OfPort, true, nil, entries)
	return b
}

// FDB adds entries that lead to the bridge itself: the machine receives frames to these
// addresses. They are Permanent. See PortBuilder.FDB.
func (b *Builder) FDB(entries ...fdb.Entry) *Builder {
	fdbmsg.Add(b.Own(b), fdbmsg.OfBridge, false, nil, entries)
	return b
}

// OnlyFDB is FDB, and removes all other entries that lead to the bridge itself. The
// bridge's own address stays. It excludes FDB.
func (b *Builder) OnlyFDB(entries ...fdb.Entry) *Builder {
	fdbmsg.Add(b.Own(b), fdbmsg.OfBridge, true, nil, entries)
	return b
}
