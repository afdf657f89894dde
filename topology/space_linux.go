package topology

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/netns"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// self is the id that stands for the queried namespace itself.
const self = int32(rtnl.OwnNetNS)

// A space is a namespace while it is examined.
type space struct {
	NetNS
	file *os.File // nil if it cannot be opened
	rt   *rtnl.Conn

	links []*iplink.Link
	addrs map[int][]netip.Prefix // by index
	nsids []int32                // of other namespaces
	known map[int32]string       // IDs of the known ones
}

// openSpace opens the namespace whose file is at path.
func openSpace(path string) (*space, error) {
	file, id, err := netns.Open(path)
	switch {
	case errors.Is(err, netns.ErrOther):
		return nil, fmt.Errorf("%s is not a network namespace", path)
	case err != nil:
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return &space{NetNS: NetNS{ID: id}, file: file}, nil
}

// spaceOf returns an open namespace as a space. It checks for the caller's namespace
// first, because opening that needs no privilege.
func spaceOf(ns *iplink.NetNS, home *space) *space {
	var s *space
	current, err := iplink.NetNSAtPath(home.path())
	if err == nil {
		defer current.Close()
		if ns.Equal(current) {
			s, err = openSpace(home.path())
		} else {
			err = ns.Do(func() (err error) {
				s, err = openSpace(netns.OfThread)
				return err
			})
		}
	}
	if err != nil {
		s = &space{NetNS: NetNS{ID: ns.String(), Err: reason(err)}}
	}
	s.Current = s.ID == home.ID
	if ns.Name() != "" {
		s.Names = []string{ns.Name()}
	}
	return s
}

// path returns a path of the namespace that is valid while it is open.
func (s *space) path() string {
	return fmt.Sprintf("/proc/self/fd/%d", s.file.Fd())
}

func (s *space) close() {
	if s.file != nil {
		s.file.Close()
	}
	if s.rt != nil {
		s.rt.Close()
	}
	s.file, s.rt = nil, nil
}

// merge adds the results of another examination of the namespace.
func (s *space) merge(other *space) {
	s.Names = append(s.Names, other.Names...)
	s.Current = s.Current || other.Current
	if s.PID == 0 {
		s.PID, s.Command = other.PID, other.Command
	}
}

// open opens a socket in the namespace. It does not enter the caller's namespace,
// because that would need a privilege.
func (s *space) open() (err error) {
	netns := int(s.file.Fd())
	if s.Current {
		netns = rtnl.Here
	}
	s.rt, err = rtnl.Dial(netns)
	return err
}

// name returns the ID of the namespace that has the given id in s.
func (s *space) name(nsid int32) string {
	switch id, ok := s.known[nsid]; {
	case nsid == self:
		return s.ID
	case ok:
		return id
	}
	return hiddenID(s.ID, nsid)
}

// hiddenID returns the ID of a namespace that is known only by its id in another
// one.
func hiddenID(of string, nsid int32) string {
	return fmt.Sprintf("nsid %d of %s", nsid, of)
}

// look reads the links and addresses of a namespace. If nsid is self, that is the
// queried namespace, and its ids for others are read too; otherwise it is the
// namespace with that id.
func (s *space) look(ctx context.Context, nsid int32) (err error) {
	if nsid != self {
		s.links, err = listWithin(ctx, s.rt, nsid)
	} else if s.links, err = s.list(ctx); err == nil {
		s.known = map[int32]string{}
		s.nsids, err = rtnl.ListNSIDs(ctx, s.rt.Dump)
	}
	if err != nil {
		return err
	}
	s.addrs, err = readAddrs(ctx, s.rt, nsid)
	return err
}

// idOf returns the id of a namespace in another one, or -1.
func (s *space) idOf(ctx context.Context, other *space) (int32, error) {
	return rtnl.FindNSID(ctx, s.rt, int(other.file.Fd()))
}
