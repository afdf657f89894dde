package iplink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/netns"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// NamespaceSpec is the Spec that Namespace returns.
type NamespaceSpec struct{ spec spec }

// Namespace returns a Spec of a named network namespace, which the same call of
// Conn.Create or Conn.Ensure makes together with links, as `ip netns add` does. NetNSName
// puts a link into it:
//
//	conn.Create(ctx, iplink.Namespace("web1"),
//		veth.New("to-web1").Peer(veth.New("eth0").NetNSName("web1")))
//
// All namespaces of a call are made before its links. If the name exists already, Create
// fails with an error that matches [fs.ErrExist], and Ensure accepts it. If the call
// fails or ctx ends, the names that it made are removed again, unless one of them refers
// to another namespace by now. DeleteSpecs removes the name after the links of the call,
// as [DeleteNetNS] does. Diff returns no difference, or an error that matches
// [fs.ErrNotExist] if it does not exist. Update refuses a Namespace.
//
// Name and privileges are as for [CreateNetNS]. A call may name a namespace once.
func Namespace(name string) *NamespaceSpec {
	return &NamespaceSpec{spec{Settings: own.New("netns", name, nil), link: &unsetLink, isNetNS: true}}
}

// String returns the equivalent `ip` command, such as "ip netns add web1".
func (n *NamespaceSpec) String() string {
	s := n.description()
	if text := s.comment(); text != "" {
		return text
	}
	return "ip netns add " + attr.Quote(s.Name)
}

func (n *NamespaceSpec) description() *spec {
	return n.spec.linked()
}

func (n *NamespaceSpec) clone() Spec {
	c := *n
	return &c
}

func isNamespace(s Spec) bool {
	_, is := s.(*NamespaceSpec)
	return is
}

// checkNamespace rejects a Namespace in a verb that makes and removes none, and an
// invalid name.
func (s *spec) checkNamespace(op string) error {
	switch {
	case !s.isNetNS:
		return nil
	case op == "update":
		return s.invalid(op, "Namespace", "only Create, Ensure, Diff and DeleteSpecs take it")
	}
	return checkNetNSName(op, s.Name)
}

// unopenedNetNS stands for the namespace of a name, which each call opens by itself.
func unopenedNetNS(name string) *NetNS {
	return &NetNS{name: name, label: name}
}

// isUnopened reports whether only the name of the namespace is known.
func (ns *NetNS) isUnopened() bool {
	return ns != nil && ns.file == nil && ns.known == nil
}

// place sets the namespace of the link or of the links to delete.
func (s *spec) place(ns *NetNS) {
	fault := netNSFault("NetNS", ns)
	if fault == "" && s.netns.isUnopened() {
		fault = "it has a NetNSName: set one of the two"
	}
	if s.Judge("NetNS", fault) {
		s.netns = ns
	}
}

// placeByName is place by the name of the namespace.
func (s *spec) placeByName(name string) {
	fault := ""
	if e, ok := checkNetNSName("", name).(*Error); ok {
		fault = fmt.Sprintf("%q: %s", name, e.Message)
	} else if s.netns != nil && !s.netns.isUnopened() {
		fault = "it has a NetNS: set one of the two"
	}
	if s.Judge("NetNSName", fault) {
		s.netns = unopenedNetNS(name)
	}
}

// A netNSSet holds the namespaces that the specs of a call name, open until its end.
type netNSSet struct {
	named map[string]*NetNS
	made  []*NetNS // by this call, in order
}

func (n *netNSSet) add(ns *NetNS) {
	if n.named == nil {
		n.named = map[string]*NetNS{}
	}
	n.named[ns.name] = ns
}

func (n *netNSSet) close() {
	for _, ns := range n.named {
		ns.Close()
	}
}

// opened returns the namespace that ns stands for. If only its name is known, it is
// opened for the rest of the call.
func (n *netNSSet) opened(ns *NetNS) (*NetNS, error) {
	if !ns.isUnopened() {
		return ns, nil
	}
	if known := n.named[ns.name]; known != nil {
		return known, nil
	}
	found, err := OpenNetNS(ns.name)
	if err == nil {
		n.add(found)
	}
	return found, err
}

// errNetNSGone is the reason why a call is undone whose namespace was deleted meanwhile.
var errNetNSGone error = goneNetNS{}

type goneNetNS struct{}

func (goneNetNS) Error() string { return "its name was removed during the call" }

func (goneNetNS) Is(target error) bool { return target == fs.ErrNotExist }

// inNames returns a function that calls run, and fails afterwards if a name no longer
// refers to the namespace that the call has opened or made: the links in it are gone as
// soon as the call has closed it.
func (t *transaction) inNames(run func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := run(ctx); err != nil {
			return err
		}
		for name, ns := range t.netNSs.named {
			now, err := os.Stat(netns.Named(name))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return inOperation(t.op, netNSError("open", name, bareErr(err)))
			}
			if had, closed := ns.stat(); err != nil || closed != nil || !os.SameFile(now, had) {
				return &Error{Op: t.op, Kind: "netns", Name: name, Err: errNetNSGone}
			}
		}
		return nil
	}
}

// missingNetNS reports whether a link is missing because its named namespace is.
func (s *spec) missingNetNS(err error) bool {
	return s.netns.isUnopened() && errors.Is(err, fs.ErrNotExist)
}

// withNamespaces makes the namespaces among specs and calls run with the specs of links.
// If run fails, panics or ends its goroutine, the names are removed again. check finds
// the faults of the specs of links before anything is made.
func (t *transaction) withNamespaces(ctx context.Context, specs []Spec, check func([]*spec) error, run func([]Spec) error) (err error) {
	if !slices.ContainsFunc(specs, isNamespace) {
		return run(specs)
	}
	names, rest, err := t.separateNamespaces(specs)
	if err != nil {
		return err
	}
	wanted, err := described(t.op, rest...)
	if err != nil {
		return err
	}
	if err := check(wanted); err != nil {
		return err
	}
	finished := false
	defer func() {
		if !finished {
			err = errors.Join(err, t.removeMade())
		}
	}()
	for _, s := range names {
		if err := t.makeNamespace(ctx, s); err != nil {
			return err
		}
	}
	if err := run(rest); err != nil {
		return err
	}
	finished = true
	return nil
}

// separateNamespaces separates the namespaces of a call from its links. It refuses a name
// that is given twice.
func (t *transaction) separateNamespaces(specs []Spec) (names []*spec, rest []Spec, err error) {
	all, err := described(t.op, specs...)
	if err != nil {
		return nil, nil, err
	}
	for i, s := range all {
		switch {
		case !s.isNetNS:
			rest = append(rest, specs[i])
			continue
		case slices.ContainsFunc(names, func(other *spec) bool { return other.Name == s.Name }):
			return nil, nil, s.invalid(t.op, "Namespace", "the call names it twice")
		}
		names = append(names, s)
	}
	return names, rest, nil
}

// makeNamespace makes a namespace. Ensure opens one that exists.
func (t *transaction) makeNamespace(ctx context.Context, s *spec) error {
	if t.op == "create" {
		return t.addNamespace(ctx, s)
	}
	for deadline := time.Now().Add(netNSPatience); ; {
		ns, err := OpenNetNS(s.Name)
		if err == nil {
			t.netNSs.add(ns)
			return nil
		}
		// Another process that makes the name makes a file first and then mounts the
		// namespace on it.
		unfinished := errors.Is(err, netns.ErrOther) && time.Now().Before(deadline)
		if errors.Is(err, fs.ErrNotExist) {
			err = t.addNamespace(ctx, s)
			unfinished = errors.Is(err, fs.ErrExist)
		}
		if !unfinished {
			return inOperation(t.op, err)
		}
		if err := pause(ctx); err != nil {
			return s.failed(t.op, "", err)
		}
	}
}

// netNSPatience is the time for which Ensure waits for another process that is making the
// same name.
const netNSPatience = time.Second

// pause waits for a moment, or until ctx ends.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(time.Millisecond):
		return nil
	}
}

func (t *transaction) addNamespace(ctx context.Context, s *spec) error {
	if ctx.Err() != nil {
		return s.failed(t.op, "", context.Cause(ctx))
	}
	ns, err := CreateNetNS(s.Name)
	if err != nil {
		return inOperation(t.op, err)
	}
	t.netNSs.add(ns)
	t.netNSs.made = append(t.netNSs.made, ns)
	return nil
}

// removeMade removes the names of the namespaces that the call has made, as far as they
// still refer to them.
func (t *transaction) removeMade() error {
	var all []error
	for _, ns := range slices.Backward(t.netNSs.made) {
		now, err := OpenNetNS(ns.name)
		if err != nil {
			continue // the name is gone, or another process has begun to make it
		}
		if ns.Equal(now) {
			all = append(all, inOperation("undo "+t.op+" of", DeleteNetNS(ns.name)))
		}
		now.Close()
	}
	return errors.Join(all...)
}

// hasMade reports whether the call has made the namespace of a spec.
func (n *netNSSet) hasMade(s *spec) bool {
	return slices.ContainsFunc(n.made, func(ns *NetNS) bool { return ns.name == s.Name })
}

// inPlaces inserts a result for each namespace among specs into the results of the
// others, so that all have the positions of their specs.
func inPlaces[T any](specs []Spec, results []T, ofNamespace func(*spec) T) []T {
	for i, s := range specs {
		if isNamespace(s) {
			results = slices.Insert(results, i, ofNamespace(s.description()))
		}
	}
	return results
}

// diffNamespace returns an error if the namespace does not exist.
func (t *transaction) diffNamespace(s Spec) error {
	names, _, err := t.separateNamespaces([]Spec{s})
	if err != nil {
		return err
	}
	ns, err := OpenNetNS(names[0].Name)
	if err != nil {
		return inOperation(t.op, err)
	}
	return ns.Close()
}

// deleteNamespaces removes the names of namespaces, the last one first. A missing name is
// not an error.
func deleteNamespaces(names []*spec) error {
	for _, s := range slices.Backward(names) {
		if err := DeleteNetNS(s.Name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

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
	ns, err := netNSOf(netns.FromFD(fd))
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
