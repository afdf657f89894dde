package fdbnl

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/fdbmsg"
)

// appends returns the verb that appends an entry. If an address can have only one
// remote and already has one, the kernel silently ignores a second; appends returns
// an error instead.
func (r *request) appends(ctx context.Context, verb Verb) (Verb, error) {
	if r.flags&fdb.Self == 0 || r.host && r.bridge || forMany(r.e.MAC) {
		return verb, nil
	}
	have, err := r.lookUp(ctx, verb.op)
	switch {
	case errors.Is(err, errors.ErrUnsupported): // an address filter
		return verb, nil
	case errors.Is(err, fs.ErrNotExist) && r.flags&fdb.Master == 0:
		return Verb{op: verb.op, flags: Add.flags}, nil // fails if an entry has been added meanwhile
	case errors.Is(err, fs.ErrNotExist):
		return verb, nil
	case err != nil:
		return verb, err
	}
	if !r.sameRemote(&have) {
		return verb, &iplink.Error{Op: verb.op, Kind: r.t.Link.Kind, Name: r.t.Link.Name, Attr: r.e.MAC.String(), Err: syscall.EEXIST,
			Message: fmt.Sprintf("it has the remote %s, and only zeros and multicast addresses may have several: replace it", remoteText(&have))}
	}
	return Verb{op: verb.op, flags: Replace.flags}, nil // the kernel accepts no other verb for a nexthop
}

func remoteText(e *fdb.Entry) string {
	if e.NextHop != 0 {
		return fmt.Sprintf("nhid %d", e.NextHop)
	}
	return e.Dst.String()
}

// sameRemote reports whether an existing entry has the same remote as r.
func (r *request) sameRemote(have *fdb.Entry) bool {
	port, vni := fdbmsg.Defaults(&r.port)
	return r.e.Dst == have.Dst && r.e.NextHop == have.NextHop && r.via == have.ViaIndex &&
		or(r.e.DstPort, port) == or(have.DstPort, port) && or(r.e.VNI, vni) == or(have.VNI, vni)
}

// or returns v, or other if v is 0.
func or[T uint16 | uint32](v, other T) T {
	if v == 0 {
		return other
	}
	return v
}
