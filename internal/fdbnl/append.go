package fdbnl

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// appends returns the verb that appends an entry. Of a second remote of an address that
// has only one the kernel says nothing and does nothing, so that it is refused here.
func (r *request) appends(ctx context.Context, verb Verb) (Verb, error) {
	if r.flags&fdb.Self == 0 || r.host && r.bridge || forMany(r.e.MAC) {
		return verb, nil
	}
	have, err := r.lookUp(ctx, verb.op)
	switch {
	case errors.Is(err, errors.ErrUnsupported): // an address filter
		return verb, nil
	case errors.Is(err, fs.ErrNotExist) && r.flags&fdb.Master == 0:
		return Verb{op: verb.op, flags: Add.flags}, nil // no entry may come between
	case errors.Is(err, fs.ErrNotExist):
		return verb, nil
	case err != nil:
		return verb, err
	}
	if !r.sameRemote(&have) {
		return verb, &iplink.Error{Op: verb.op, Kind: r.t.Link.Kind, Name: r.t.Link.Name, Attr: r.e.MAC.String(), Err: syscall.EEXIST,
			Message: fmt.Sprintf("it has the remote %s, and only zeros and multicast addresses may have several: replace it", remoteText(&have))}
	}
	return Verb{op: verb.op, flags: Replace.flags}, nil // of a nexthop the kernel takes no other
}

func remoteText(e *fdb.Entry) string {
	if e.NextHop != 0 {
		return fmt.Sprintf("nhid %d", e.NextHop)
	}
	return e.Dst.String()
}

// sameRemote reports whether an entry that is there has the remote of this one.
func (r *request) sameRemote(have *fdb.Entry) bool {
	port, vni := defaults(&r.port)
	return r.e.Dst == have.Dst && r.e.NextHop == have.NextHop && r.via == have.ViaIndex &&
		or(r.e.DstPort, port) == or(have.DstPort, port) && or(r.e.VNI, vni) == or(have.VNI, vni)
}

// or returns what a field of 0 stands for.
func or[T uint16 | uint32](v, other T) T {
	if v == 0 {
		return other
	}
	return v
}

// defaults returns the port and the network of remotes that have none of their own.
func defaults(vxlan *openlink.Link) (port uint16, vni uint32) {
	if b := wire.Find(vxlan.Data, uapi.IFLA_VXLAN_PORT); len(b) == 2 {
		port = binary.BigEndian.Uint16(b)
	}
	if b := wire.Find(vxlan.Data, uapi.IFLA_VXLAN_ID); len(b) == 4 {
		vni = wire.Order.Uint32(b)
	}
	return port, vni
}
