package topology

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/netns"
)

// A reader gathers a topology. It holds a file of every known namespace open, so
// that no other namespace can take over the inode number.
type reader struct {
	spaces     []*space
	unreadable int
}

func read(ctx context.Context) (*Topology, error) {
	r := new(reader)
	defer r.close()
	if err := r.find(); err != nil {
		return nil, err
	}
	r.look(ctx)
	for _, s := range slices.Clone(r.spaces) {
		r.findHidden(ctx, s)
	}
	t := r.topology()
	t.sort()
	return t, context.Cause(ctx)
}

func readNetNS(ctx context.Context, namespaces []*iplink.NetNS) (*Topology, error) {
	r := new(reader)
	defer r.close()
	home, err := openSpace(netns.OfThread)
	if err != nil {
		return nil, err
	}
	defer home.close()
	for _, ns := range namespaces {
		r.add(spaceOf(ns, home))
	}
	r.look(ctx)
	return r.topology(), context.Cause(ctx)
}

// add adds a namespace unless it is known, in which case it adds only the new
// information in s. It returns the space that is kept.
func (r *reader) add(s *space) *space {
	for _, known := range r.spaces {
		if known.ID == s.ID {
			s.close()
			known.merge(s)
			return known
		}
	}
	r.spaces = append(r.spaces, s)
	return s
}

func (r *reader) close() {
	for _, s := range r.spaces {
		s.close()
	}
}

// look reads the contents of each namespace, and then finds the namespaces behind
// the ids in each.
func (r *reader) look(ctx context.Context) {
	for _, s := range r.spaces {
		if s.Err != "" {
			continue
		}
		if err := s.open(); err != nil {
			s.Err = reason(err)
		} else if err := s.look(ctx, self); err != nil {
			s.Err = reason(err)
		}
	}
	for _, s := range r.spaces {
		r.identify(ctx, s)
	}
}

// identify finds the known namespaces for which s has ids.
func (r *reader) identify(ctx context.Context, s *space) {
	if s.rt == nil || len(s.nsids) == 0 {
		return
	}
	for _, other := range r.spaces {
		if other.file == nil {
			continue
		}
		if id, err := s.idOf(ctx, other); err == nil && id >= 0 {
			s.known[id] = other.ID
		}
	}
}

// topology converts the gathered data into a Topology.
func (r *reader) topology() *Topology {
	t := &Topology{Unreadable: r.unreadable}
	all := map[Ref]described{}
	for _, s := range r.spaces {
		for _, l := range s.links {
			d := describe(l, s.name)
			d.Addrs = s.addrs[l.Index]
			all[Ref{s.ID, l.Index}] = d
			s.Links = append(s.Links, d.Link)
		}
		sortLinks(s.Links)
		t.NetNS = append(t.NetNS, s.NetNS)
	}
	tunnels, masters := tunnels(all), masters(all)
	for i := range t.NetNS {
		ns := &t.NetNS[i]
		for j := range ns.Links {
			at := Ref{ns.ID, ns.Links[j].Index}
			ns.Links[j].Tunnel = tunnels[at]
			if master, ok := masters[at]; ok {
				ns.Links[j].Master = master
			}
		}
	}
	return t
}

// reason returns the text of an error in a heading.
func reason(err error) string {
	if e, ok := errors.AsType[*iplink.Error](err); ok && e.Err != nil {
		err = e.Err
	}
	return fmt.Sprintf("cannot be entered: %v", err)
}
