package vxlan

import (
	"context"
	"net"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/fdbnl"
	"github.com/iplink-go/iplink/internal/openlink"
)

// A VXLAN, a VXLAN tunnel end point, is a VXLAN link that exists, opened to work
// on what it knows: which other end point each Ethernet address is behind (FDB),
// and which networks it takes frames of (VNI). It has a netlink socket of its
// own, which many goroutines may use.
//
// All errors are of type *iplink.Error: its Op is the verb in the words of
// iproute2's bridge command, such as "fdb add", and its Attr the setting or the
// entry at fault.
type VXLAN struct {
	link *openlink.Handle
}

// Open opens the VXLAN link of that name in the network namespace of the calling
// thread, where the VXLAN stays. Without such a link the error matches
// fs.ErrNotExist; if it is no VXLAN link, iplink.ErrKind. Close it when done.
func Open(ctx context.Context, name string) (*VXLAN, error) {
	link, err := openlink.Open(ctx, iplink.KindVXLAN, name)
	if err != nil {
		return nil, err
	}
	return &VXLAN{link: link}, nil
}

// Close closes the socket. The link stays as it is.
func (v *VXLAN) Close() error {
	return v.link.Close()
}

// Name returns the name that the link was opened by.
func (v *VXLAN) Name() string {
	return v.link.Name
}

// Index returns the link's interface index.
func (v *VXLAN) Index() int {
	return v.link.Index
}

// AllOthers is the address of the entry for all addresses that have no entry,
// broadcast and multicast. It may have many remotes: AppendFDB adds one. They are
// permanent, whatever state is given.
func AllOthers() net.HardwareAddr {
	return make(net.HardwareAddr, 6)
}

func (v *VXLAN) table() fdbnl.Table {
	return fdbnl.Table{Link: v.link}
}

// AddFDB adds an entry, as `bridge fdb add … self` does. The error matches
// fs.ErrExist if the address has an entry already.
func (v *VXLAN) AddFDB(ctx context.Context, e fdb.Entry) error {
	return v.table().Put(ctx, fdbnl.Add, e)
}

// AppendFDB is AddFDB that adds a remote to those that AllOthers or a multicast
// address has. Other addresses have one remote: the error matches fs.ErrExist if an
// entry has another one, and an entry that has the same changes its state and flags.
func (v *VXLAN) AppendFDB(ctx context.Context, e fdb.Entry) error {
	return v.table().Put(ctx, fdbnl.Append, e)
}

// ReplaceFDB adds an entry in place of the one that the address has, if any.
// AllOthers and multicast addresses cannot be replaced if they have one: the
// error matches errors.ErrUnsupported.
func (v *VXLAN) ReplaceFDB(ctx context.Context, e fdb.Entry) error {
	return v.table().Put(ctx, fdbnl.Replace, e)
}

// DeleteFDB removes the remote of an address that Dst, DstPort, VNI and Via
// name, or without a Dst the whole entry. The error matches fs.ErrNotExist if
// there is none.
func (v *VXLAN) DeleteFDB(ctx context.Context, e fdb.Entry) error {
	return v.table().Delete(ctx, e)
}

// GetFDB looks up the entry for an address; of several remotes, the first. The
// network that it is for counts on a link for many of them, 0 elsewhere. The
// error matches fs.ErrNotExist if there is none.
func (v *VXLAN) GetFDB(ctx context.Context, mac net.HardwareAddr, srcVNI uint32) (fdb.Entry, error) {
	return v.table().Get(ctx, mac, 0, srcVNI)
}

// ListFDB returns the entries that a filter chooses, one for each remote. The
// kernel narrows the list to the link, the filter is applied here.
func (v *VXLAN) ListFDB(ctx context.Context, f fdb.Filter) ([]fdb.Entry, error) {
	return v.table().List(ctx, f)
}

// FlushFDB removes the remotes that a filter chooses; the kernel does it all,
// since Linux 6.7; those before refuse it. The link's
// own Remote stays. It cannot choose by Via, and of the flags only by ExternLearn,
// Offloaded and Router.
func (v *VXLAN) FlushFDB(ctx context.Context, f fdb.Filter) error {
	return v.table().Flush(ctx, f)
}
