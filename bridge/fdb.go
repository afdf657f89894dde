package bridge

import (
	"context"
	"net"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/fdbnl"
)

func (s *Bridge) table() fdbnl.Table {
	return fdbnl.Table{Link: s.link}
}

// AddFDB adds an entry, as `bridge fdb add` does. Without Self and Master it goes
// into the bridge's database; with Self, into that of the port, such as a VXLAN
// link, or the link's address filter; with both, into both. The error matches fs.ErrExist if the address has an entry in that VLAN
// already, except that Use and ExternLearn change that one.
func (s *Bridge) AddFDB(ctx context.Context, e fdb.Entry) error {
	return s.table().Put(ctx, fdbnl.Add, e)
}

// AppendFDB is AddFDB that changes an entry if there is one, and adds a remote
// where an address of a VXLAN port may have several: zeros and those of groups. The
// error matches fs.ErrExist if another address has another remote.
func (s *Bridge) AppendFDB(ctx context.Context, e fdb.Entry) error {
	return s.table().Put(ctx, fdbnl.Append, e)
}

// ReplaceFDB adds an entry in place of the one that the address has, if any.
func (s *Bridge) ReplaceFDB(ctx context.Context, e fdb.Entry) error {
	return s.table().Put(ctx, fdbnl.Replace, e)
}

// DeleteFDB removes the entry for an address, port and VLAN; the state does not
// matter. The error matches fs.ErrNotExist if there is none.
func (s *Bridge) DeleteFDB(ctx context.Context, e fdb.Entry) error {
	return s.table().Delete(ctx, e)
}

// GetFDB looks up the bridge's entry for an address in a VLAN, 0 for frames
// without a tag. The error matches fs.ErrNotExist if there is none.
func (s *Bridge) GetFDB(ctx context.Context, mac net.HardwareAddr, vlan uint16) (fdb.Entry, error) {
	return s.table().Get(ctx, mac, vlan, 0)
}

// ListFDB returns the entries that a filter chooses: those of the bridge, which
// have the flag Master or lead to the bridge itself, and those of its ports' own
// databases, which have Self. The kernel narrows the list to the port, the rest
// of the filter is applied here.
func (s *Bridge) ListFDB(ctx context.Context, f fdb.Filter) ([]fdb.Entry, error) {
	return s.table().List(ctx, f)
}

// FlushFDB removes the bridge's entries that a filter chooses; the kernel does
// it all. The zero filter chooses also the permanent entries, by which the
// machine takes frames. Of the flags, only Use, ExternLearn, Offloaded and
// Sticky can be chosen by.
func (s *Bridge) FlushFDB(ctx context.Context, f fdb.Filter) error {
	return s.table().Flush(ctx, f)
}
