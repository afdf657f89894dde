package bridge

import (
	"context"
	"net"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/fdb"
)

// Entry is an entry of the forwarding database: the port that leads to an
// Ethernet address, in a VLAN.
type Entry = iplink.FDBEntry

// EntryFilter chooses entries of the forwarding database.
type EntryFilter = iplink.FDBFilter

// EntryState is how long an Entry stays.
type EntryState = iplink.FDBState

// States of an Entry.
const (
	Permanent = iplink.FDBPermanent // it stays, and the machine takes the frames
	Static    = iplink.FDBStatic    // it stays
	Dynamic   = iplink.FDBDynamic   // it goes when it is not used for the ageing time
	Stale     = iplink.FDBStale     // it was not used for that time; read only
)

// Flags of an Entry.
const (
	Use         = iplink.FDBUse         // it is refreshed, as by a frame; in an EntryFilter, somebody added it
	Self        = iplink.FDBSelf        // in the database of the port's own
	Master      = iplink.FDBMaster      // in the bridge's
	ExternLearn = iplink.FDBExternLearn // a control plane learned it; it does not age
	Offloaded   = iplink.FDBOffloaded   // hardware knows it as well; read only
	Sticky      = iplink.FDBSticky      // it does not move to another port
	Locked      = iplink.FDBLocked      // MAB knows the host but has not let it in; read only
)

func (s *Switch) table() fdb.Table {
	return fdb.Table{Link: s.link}
}

// AddFDB adds an entry, as `bridge fdb add` does. Without Self and Master it goes
// into the bridge's database; with Self, into that of the port, such as a VXLAN
// link, or the link's address filter; with both, into both. The error matches fs.ErrExist if the address has an entry in that VLAN
// already, except that Use and ExternLearn change that one.
func (s *Switch) AddFDB(ctx context.Context, e Entry) error {
	return s.table().Put(ctx, fdb.Add, e)
}

// AppendFDB is AddFDB that changes an entry if there is one, and adds a remote
// where an address of a VXLAN port may have several: zeros and those of groups. The
// error matches fs.ErrExist if another address has another remote.
func (s *Switch) AppendFDB(ctx context.Context, e Entry) error {
	return s.table().Put(ctx, fdb.Append, e)
}

// ReplaceFDB adds an entry in place of the one that the address has, if any.
func (s *Switch) ReplaceFDB(ctx context.Context, e Entry) error {
	return s.table().Put(ctx, fdb.Replace, e)
}

// DeleteFDB removes the entry for an address, port and VLAN; the state does not
// matter. The error matches fs.ErrNotExist if there is none.
func (s *Switch) DeleteFDB(ctx context.Context, e Entry) error {
	return s.table().Delete(ctx, e)
}

// GetFDB looks up the bridge's entry for an address in a VLAN, 0 for frames
// without a tag. The error matches fs.ErrNotExist if there is none.
func (s *Switch) GetFDB(ctx context.Context, mac net.HardwareAddr, vlan uint16) (Entry, error) {
	return s.table().Get(ctx, mac, vlan, 0)
}

// ListFDB returns the entries that a filter chooses: those of the bridge, which
// have the flag Master or lead to the bridge itself, and those of its ports' own
// databases, which have Self. The kernel narrows the list to the port, the rest
// of the filter is applied here.
func (s *Switch) ListFDB(ctx context.Context, f EntryFilter) ([]Entry, error) {
	return s.table().List(ctx, f)
}

// FlushFDB removes the bridge's entries that a filter chooses; the kernel does
// it all. The zero filter chooses also the permanent entries, by which the
// machine takes frames. Of the flags, only Use, ExternLearn, Offloaded and
// Sticky can be chosen by.
func (s *Switch) FlushFDB(ctx context.Context, f EntryFilter) error {
	return s.table().Flush(ctx, f)
}
