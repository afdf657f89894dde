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

// AddFDB adds an entry, like `bridge fdb add`. Without Self and Master, the entry
// goes into the bridge's database. With Self, it goes into the database of the port,
// such as a VXLAN link, or into the link's address filter. With both flags, it goes
// into both. The error matches fs.ErrExist if the address already has an entry in
// that VLAN, except that Use and ExternLearn change the existing entry.
func (s *Bridge) AddFDB(ctx context.Context, e fdb.Entry) error {
	return s.table().Put(ctx, fdbnl.Add, e)
}

// AppendFDB is AddFDB, but changes an entry that exists. It adds a remote where an
// address of a VXLAN port may have several: the all-zeros address and multicast
// addresses. The error matches fs.ErrExist if another address has another remote.
func (s *Bridge) AppendFDB(ctx context.Context, e fdb.Entry) error {
	return s.table().Put(ctx, fdbnl.Append, e)
}

// ReplaceFDB adds an entry and replaces the address's previous entry, if any.
func (s *Bridge) ReplaceFDB(ctx context.Context, e fdb.Entry) error {
	return s.table().Put(ctx, fdbnl.Replace, e)
}

// DeleteFDB removes the entry for an address, port and VLAN. The state is ignored.
// The error matches fs.ErrNotExist if there is no such entry.
func (s *Bridge) DeleteFDB(ctx context.Context, e fdb.Entry) error {
	return s.table().Delete(ctx, e)
}

// GetFDB returns the bridge's entry for an address in a VLAN, where VLAN 0 stands
// for untagged frames. The error matches fs.ErrNotExist if there is no such entry.
func (s *Bridge) GetFDB(ctx context.Context, mac net.HardwareAddr, vlan uint16) (fdb.Entry, error) {
	return s.table().Get(ctx, mac, vlan, 0)
}

// ListFDB returns the entries that match a filter. It includes the bridge's own
// entries, which have the flag Master or point to the bridge itself, and the entries
// in the ports' own databases, which have the flag Self. The kernel filters by port;
// the rest of the filter is applied here.
func (s *Bridge) ListFDB(ctx context.Context, f fdb.Filter) ([]fdb.Entry, error) {
	return s.table().List(ctx, f)
}

// FlushFDB removes the bridge's entries that match a filter, in a single kernel
// operation. The zero filter also matches the permanent entries through which the
// machine receives frames. Of the flags, a filter can use only Use, ExternLearn,
// Offloaded and Sticky.
func (s *Bridge) FlushFDB(ctx context.Context, f fdb.Filter) error {
	return s.table().Flush(ctx, f)
}
