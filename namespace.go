package iplink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"syscall"

	"github.com/iplink-go/iplink/internal/rtnl"
)

// netNSID is an id that the namespace in has for another one.
type netNSID struct {
	in *NetNS // nil for the Conn's
	id int32
}

func (n netNSID) netNS() *NetNS {
	return &NetNS{label: fmt.Sprintf("netnsid %d", n.id), known: &n}
}

// isID reports whether only an id of the namespace is known.
func (ns *NetNS) isID() bool {
	return ns != nil && ns.known != nil
}

// placeLower sets the namespace of the lower link.
func (s *spec) placeLower(ns *NetNS) {
	fault := netNSFault("LinkNetNS", ns)
	if fault == "" && s.linkNetNS.isID() {
		fault = "it has a LinkNetNSID: set one of the two"
	}
	if s.Judge("LinkNetNS", fault) {
		s.linkNetNS = ns
	}
}

// placeLowerByID is placeLower by the id of the namespace.
func (s *spec) placeLowerByID(id int) {
	fault := ""
	switch {
	case id < 0 || id > math.MaxInt32:
		fault = fmt.Sprintf("%d is not in 0…%d", id, math.MaxInt32)
	case s.linkNetNS != nil && !s.linkNetNS.isID():
		fault = "it has a LinkNetNS: set one of the two"
	}
	if s.Judge("LinkNetNSID", fault) {
		s.linkNetNS = netNSID{id: int32(id)}.netNS()
	}
}

// lowerNetNS returns the namespace of the lower link, nil for the Conn's. An id counts in
// the namespace of the link.
func (s *spec) lowerNetNS() *NetNS {
	if s.linkNetNS.isID() {
		return netNSID{s.netns, s.linkNetNS.known.id}.netNS()
	}
	return s.linkNetNS
}

// NetNSFromFD opens the network namespace of a descriptor, such as one that another
// process has sent. It duplicates the descriptor, which remains the caller's. Any other
// descriptor is an error.
func NetNSFromFD(fd int) (*NetNS, error) {
	ns, err := netNSFromFD(fd)
	return ns, netNSError("open", fmt.Sprintf("/proc/self/fd/%d", fd), err)
}

// NSID returns the id that the Conn's namespace has for ns, as used by Link.NetNSID and
// shown by `ip netns list-id`, or -1 if it has none. Unlike [NetNS.ID] it assigns none
// (RTM_GETNSID).
func (c *Conn) NSID(ctx context.Context, ns *NetNS) (int, error) {
	const op = "find the id of"
	id := int32(-1)
	err := c.aboutNetNS(ctx, op, ns, func(fd int) (err error) {
		id, err = rtnl.FindNSID(ctx, c.rt, fd)
		return err
	})
	return int(id), err
}

// SetNSID gives ns an id in the Conn's namespace, 0 or more, like `ip netns set NAME ID`.
// An id cannot change: if ns has another one, or if another namespace has this id, the
// error matches [fs.ErrExist]. It is not an error if ns has the id already. An id ends
// with either of the namespaces (RTM_NEWNSID).
func (c *Conn) SetNSID(ctx context.Context, ns *NetNS, id int) error {
	const op = "set the id of"
	if id < 0 || id > math.MaxInt32 {
		return &Error{Op: op, Kind: "netns", Name: ns.String(), Attr: "nsid", Err: fs.ErrInvalid,
			Message: fmt.Sprintf("%d is not in 0…%d", id, math.MaxInt32)}
	}
	return c.aboutNetNS(ctx, op, ns, func(fd int) error {
		err := rtnl.SetNSID(ctx, c.rt, fd, int32(id))
		if !errors.Is(err, syscall.EEXIST) {
			return err
		}
		if had, findErr := rtnl.FindNSID(ctx, c.rt, fd); findErr != nil || had != int32(id) {
			return err
		}
		return nil
	})
}

// aboutNetNS calls f, which sends a request about the namespace, with a descriptor of it.
func (c *Conn) aboutNetNS(ctx context.Context, op string, ns *NetNS, f func(fd int) error) error {
	if err := c.unready(ctx, op); err != nil {
		return err
	}
	var refused error
	if err := ns.use(func(fd int) error {
		refused = f(fd)
		return nil
	}); err != nil {
		return err
	}
	if refused == nil {
		return nil
	}
	return kernelError(&Error{Op: op, Kind: "netns", Name: ns.String()}, refused)
}
