package vxlan

import (
	"context"
	"net"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/fdbnl"
	"github.com/iplink-go/iplink/internal/openlink"
)

// A VXLAN, a VXLAN tunnel end point, is an existing VXLAN link, opened to manage its
// tables: the forwarding database, which maps Ethernet addresses to remote end
// points (FDB), and the list of networks whose frames it accepts (VNI). It has its
// own netlink socket and is safe for concurrent use by multiple goroutines.
//
// All errors are of type *iplink.Error: Op is the verb in the terms of iproute2's
// bridge command, such as "fdb add", and Attr is the invalid setting or entry.
type VXLAN struct {
	link *openlink.Handle
}

// Open opens the VXLAN link with the given name in the network namespace of the calling
// thread, or where iplink.In, iplink.On and iplink.Index say. The VXLAN stays in that
// namespace. The error matches fs.ErrNotExist if the link does not exist, and
// iplink.ErrKind if the link is not a VXLAN link. The caller must close the VXLAN.
func Open(ctx context.Context, name string, options ...iplink.OpenOption) (*VXLAN, error) {
	link, err := openlink.Open(ctx, iplink.KindVXLAN, name, options...)
	if err != nil {
		return nil, err
	}
	return &VXLAN{link: link}, nil
}

// Close closes the socket, unless iplink.On lent it. It does not change the link.
func (v *VXLAN) Close() error {
	return v.link.Close()
}

// Name returns the name with which the link was opened.
func (v *VXLAN) Name() string {
	return v.link.Name
}

// Index returns the link's interface index.
func (v *VXLAN) Index() int {
	return v.link.Index
}

// AllOthers returns the address of the entry for all addresses without an entry,
// broadcast and multicast. It may have many remotes; AppendFDB adds one. They are
// permanent, regardless of the given state.
func AllOthers() net.HardwareAddr {
	return make(net.HardwareAddr, 6)
}

func (v *VXLAN) table() fdbnl.Table {
	return fdbnl.Table{Link: v.link}
}

// AddFDB adds an entry, like `bridge fdb add … self`. The error matches fs.ErrExist
// if the address already has an entry.
func (v *VXLAN) AddFDB(ctx context.Context, e fdb.Entry) error {
	return v.table().Put(ctx, fdbnl.Add, e)
}

// AppendFDB is AddFDB, but adds a remote to the existing ones of AllOthers or a
// multicast address. Other addresses have one remote: the error matches fs.ErrExist
// if the existing entry has another remote. If it has the same remote, its state and
// flags change.
func (v *VXLAN) AppendFDB(ctx context.Context, e fdb.Entry) error {
	return v.table().Put(ctx, fdbnl.Append, e)
}

// ReplaceFDB adds an entry and replaces the address's previous entry, if any.
// Existing entries of AllOthers and multicast addresses cannot be replaced: the
// error matches errors.ErrUnsupported.
func (v *VXLAN) ReplaceFDB(ctx context.Context, e fdb.Entry) error {
	return v.table().Put(ctx, fdbnl.Replace, e)
}

// DeleteFDB removes the remote that Dst, DstPort, VNI and Via identify, or the whole
// entry if Dst is not set. Without such an entry the
// error matches fs.ErrNotExist.
func (v *VXLAN) DeleteFDB(ctx context.Context, e fdb.Entry) error {
	return v.table().Delete(ctx, e)
}

// GetFDB returns the entry for an address, with the first of several remotes. On a
// link for many networks, srcVNI is the network of the entry; elsewhere it is 0. The
// error matches fs.ErrNotExist without such an entry.
func (v *VXLAN) GetFDB(ctx context.Context, mac net.HardwareAddr, srcVNI uint32) (fdb.Entry, error) {
	return v.table().Get(ctx, mac, 0, srcVNI)
}

// ListFDB returns the entries that match a filter, one for each remote. The kernel
// restricts the list to the link; the filter is applied here.
func (v *VXLAN) ListFDB(ctx context.Context, f fdb.Filter) ([]fdb.Entry, error) {
	return v.table().List(ctx, f)
}

// FlushFDB removes the remotes that match a filter, in a single kernel operation. It
// requires Linux 6.7; earlier kernels reject it. The link's own Remote stays. A
// filter cannot use Via, and of the flags only ExternLearn, Offloaded and Router.
func (v *VXLAN) FlushFDB(ctx context.Context, f fdb.Filter) error {
	return v.table().Flush(ctx, f)
}
