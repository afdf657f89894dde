package topology

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/netns"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// find adds the namespaces that have a file: the caller's, the named ones and those
// of processes.
func (r *reader) find() error {
	home, err := openSpace(netns.OfThread)
	if err != nil {
		return err
	}
	home.Current = true
	r.add(home)
	if err := r.findNamed(); err != nil {
		return err
	}
	return r.findProcesses()
}

// findNamed adds the namespaces of `ip netns`. A name whose file is stale, or may
// not be opened, becomes the name of a namespace that cannot be entered.
func (r *reader) findNamed() error {
	names, err := iplink.ListNetNS()
	if err != nil {
		return err
	}
	for _, name := range names {
		path := netns.Named(name)
		s, err := openSpace(path)
		if err != nil {
			s = &space{NetNS: NetNS{ID: path, Err: fmt.Sprintf("cannot be opened: %v", bare(err))}}
		}
		s.Names = []string{name}
		r.add(s)
	}
	return nil
}

// bare returns the error without the path, which is in the heading.
func bare(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// findProcesses adds the namespaces of processes, in the order of their numbers. The
// targets of the links in /proc identify most of them before a file is opened.
func (r *reader) findProcesses() error {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return err
	}
	var pids []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	for _, pid := range pids {
		if err := r.findProcess(pid); errors.Is(err, fs.ErrPermission) {
			r.unreadable++
		}
	}
	return nil
}

// findProcess adds the namespace of a process. It also fails if the process has
// ended.
func (r *reader) findProcess(pid int) error {
	path := netns.OfPID(pid)
	id, err := os.Readlink(path)
	if err != nil {
		return err
	}
	for _, s := range r.spaces {
		if s.ID == id {
			if s.PID == 0 {
				s.PID, s.Command = pid, command(pid)
			}
			return nil
		}
	}
	s, err := openSpace(path)
	if err != nil {
		return err
	}
	s.PID, s.Command = pid, command(pid)
	r.add(s)
	return nil
}

// command returns the name of a process.
func command(pid int) string {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return "ended"
	}
	return strings.TrimSuffix(string(name), "\n")
}

// findHidden adds the namespaces for which s has ids and which have no file to open:
// they exist only because of sockets, or of descriptors in some process. If their
// links are read through s, the kernel answers with ids of s and assigns missing
// ones, so each namespace may lead to the next.
func (r *reader) findHidden(ctx context.Context, s *space) {
	for i := 0; i < len(s.nsids); i++ {
		nsid := s.nsids[i]
		if _, ok := s.known[nsid]; ok {
			continue
		}
		hidden := &space{NetNS: NetNS{ID: hiddenID(s.ID, nsid)}, rt: s.rt, known: s.known}
		if err := hidden.look(ctx, nsid); err != nil {
			hidden.Err = reason(err)
		}
		hidden.rt = nil // it belongs to s
		s.known[nsid] = hidden.ID
		r.recognise(ctx, s, nsid)
		r.spaces = append(r.spaces, hidden)
		if nsids, err := rtnl.ListNSIDs(ctx, s.rt.Dump); err == nil {
			s.nsids, i = nsids, -1
		}
		r.identify(ctx, s)
	}
}

// recognise records the ids of a hidden namespace in the other namespaces. The
// kernel translates between two namespaces that have an id for each other.
func (r *reader) recognise(ctx context.Context, s *space, nsid int32) {
	for _, other := range r.spaces {
		if other == s || other.rt == nil || len(other.nsids) == len(other.known) {
			continue
		}
		within, err := s.idFor(ctx, other)
		if err != nil {
			continue
		}
		id, err := rtnl.TranslateNSID(ctx, s.rt, nsid, within)
		if err == nil && id >= 0 {
			other.known[id] = s.known[nsid]
		}
	}
}

// idFor is idOf, except that the kernel assigns an id if there is none yet.
func (s *space) idFor(ctx context.Context, other *space) (int32, error) {
	if id, err := s.idOf(ctx, other); err != nil || id >= 0 {
		return id, err
	}
	here, err := iplink.NetNSAtPath(s.path())
	if err != nil {
		return -1, err
	}
	defer here.Close()
	there, err := iplink.NetNSAtPath(other.path())
	if err != nil {
		return -1, err
	}
	defer there.Close()
	var id int
	err = here.Do(func() (err error) {
		id, err = there.ID(ctx)
		return err
	})
	return int32(id), err
}
