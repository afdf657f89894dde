package vxlan

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// VNIs adds networks whose frames the link accepts, or gives networks a Group. It
// requires VNIFilter and External. Ranges must not overlap (VXLAN_VNIFILTER_ENTRY).
func (b *Builder) VNIs(networks ...VNIs) *Builder {
	addVNIs(b.Own(b), false, networks)
	return b
}

// OnlyVNIs is VNIs, and removes all other networks, and the Group of a network that is
// given none. Without arguments the link accepts no frames. It excludes VNIs.
func (b *Builder) OnlyVNIs(networks ...VNIs) *Builder {
	addVNIs(b.Own(b), true, networks)
	return b
}

// vniObjects are the networks that a builder wants.
type vniObjects struct {
	only, atLeast bool
	calls         *own.Calls[VNIs]

	once  sync.Once
	whole []VNIs // of all calls, sorted by number
}

func addVNIs(s *own.Settings, only bool, networks []VNIs) {
	o := &vniObjects{only: only, atLeast: !only}
	if had := own.FindObjects[*vniObjects](s); had != nil {
		o.only, o.atLeast, o.calls = o.only || had.only, o.atLeast || had.atLeast, had.calls
	}
	copies := make([]VNIs, len(networks))
	for i, n := range networks {
		copies[i] = VNIs{First: n.First, Last: max(n.First, n.Last), Group: n.Group}.faulty(n)
	}
	o.calls = o.calls.Add(copies)
	s.SetObjects(o)
	fdbmsg.Keep(s, o.keeper)
}

// networks returns the networks of all calls, each once.
func (o *vniObjects) networks() []VNIs {
	o.once.Do(func() {
		all := slices.Collect(o.calls.All())
		slices.SortStableFunc(all, func(a, b VNIs) int { return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Last, b.Last)) })
		o.whole = slices.Compact(all)
	})
	return o.whole
}

// faulty returns given in place of n if it is not a valid range, so that the fault shows.
func (n VNIs) faulty(given VNIs) VNIs {
	given.Stats = VNIStats{}
	if _, text := given.fault(); text != "" {
		return given
	}
	return n
}

func (o *vniObjects) Word() string {
	return "vni"
}

func (o *vniObjects) Fault() (setter, text string) {
	setter = "VNIs"
	if o.only {
		setter = "OnlyVNIs"
	}
	if o.only && o.atLeast {
		return setter, "VNIs and OnlyVNIs exclude each other"
	}
	networks := o.networks()
	for i, n := range networks {
		if _, text := n.fault(); text != "" {
			return setter, text
		}
		if i > 0 && n.First <= networks[i-1].Last {
			return setter, fmt.Sprintf("%s and %s overlap", networks[i-1], n)
		}
	}
	return "", ""
}

func (o *vniObjects) Requests() []own.Request {
	return appendVNIRequests(nil, uapi.RTM_NEWTUNNEL, o.networks())
}

func appendVNIRequests(all []own.Request, typ uint16, networks []VNIs) []own.Request {
	for part := range slices.Chunk(networks, perRequest) {
		all = append(all, own.Request{Text: strings.TrimPrefix(subject(part), "vni "), Type: typ, Reason: vniReason,
			Append: func(b []byte, index int) []byte { return appendVNIs(b, index, part) }})
	}
	return all
}

func appendVNIs(b []byte, index int, networks []VNIs) []byte {
	b = appendHeader(b, index, 0)
	for i := range networks {
		b = networks[i].append(b)
	}
	return b
}

func vniReason(errno syscall.Errno) string {
	switch errno {
	case syscall.EOPNOTSUPP, syscall.EINVAL:
		return needsFilter
	case syscall.EEXIST:
		return "another link has one of the networks on the same UDP port"
	}
	return ""
}

// Compare finds the networks that the link lacks or has with another group and, for
// OnlyVNIs, those that it has beside. Ranges are one difference.
func (o *vniObjects) Compare(ctx context.Context, conn *rtnl.Conn, index int) ([]own.Change, error) {
	have, err := readVNIs(ctx, conn, index)
	if refused, ok := err.(*rtnl.Errno); ok && refused.Errno == syscall.EINVAL {
		return nil, &iplink.Error{Message: needsFilter, Err: refused.Errno}
	}
	if err != nil {
		return nil, err
	}
	var extra []VNIs
	if o.only {
		extra = without(have, o.networks())
	}
	missing := without(o.networks(), have)
	var changes []own.Change
	for _, n := range extra {
		changes = append(changes, own.Change{Have: n.words()})
	}
	for _, n := range missing {
		changes = append(changes, own.Change{Want: n.words()})
	}
	regrouped := o.regrouped(have)
	for _, pair := range regrouped {
		changes = append(changes, own.Change{Have: pair.have.words(), Want: pair.want.words()})
		missing = append(missing, pair.want)
	}
	if len(changes) > 0 {
		for i := range extra {
			extra[i].Group = netip.Addr{}
		}
		changes[0].Requests = appendVNIRequests(appendVNIRequests(nil, uapi.RTM_DELTUNNEL, extra), uapi.RTM_NEWTUNNEL, missing)
	}
	return changes, nil
}

// A vniPair is a range with the group that it has and the group that it is to have.
type vniPair struct{ have, want VNIs }

// regrouped returns the networks with another group than wanted. Without a wanted group,
// only OnlyVNIs compares it.
func (o *vniObjects) regrouped(have []VNIs) (all []vniPair) {
	overlaps(o.networks(), have, func(want, had VNIs, first, last uint32) {
		if want.Group != had.Group && (want.Group.IsValid() || o.only) {
			all = append(all, vniPair{VNIs{First: first, Last: last, Group: had.Group}, VNIs{First: first, Last: last, Group: want.Group}})
		}
	})
	return all
}

// overlaps calls each for the numbers that two sorted lists of ranges have in common.
func overlaps(some, others []VNIs, each func(one, other VNIs, first, last uint32)) {
	for i, j := 0, 0; i < len(some) && j < len(others); {
		first, last := max(some[i].First, others[j].First), min(some[i].Last, others[j].Last)
		if first <= last {
			each(some[i], others[j], first, last)
		}
		if some[i].Last < others[j].Last {
			i++
		} else {
			j++
		}
	}
}

// without returns the ranges of some without the numbers in others. Both are sorted.
func without(some, others []VNIs) (all []VNIs) {
	j := 0
	for _, n := range some {
		for j < len(others) && others[j].Last < n.First {
			j++
		}
		for at := j; at < len(others) && others[at].First <= n.Last; at++ {
			if others[at].First > n.First {
				all = append(all, VNIs{First: n.First, Last: others[at].First - 1, Group: n.Group})
			}
			n.First = others[at].Last + 1
		}
		if n.First <= n.Last {
			all = append(all, n)
		}
	}
	return all
}

// words is String without the word vni.
func (n VNIs) words() string {
	return strings.TrimPrefix(n.String(), "vni ")
}

// Excludes is part of own.Excluder.
func (o *vniObjects) Excludes() string {
	if !o.only {
		return ""
	}
	return "no other networks"
}

// Commands returns a command for each range.
func (o *vniObjects) Commands(dev string) (all []string) {
	for _, n := range o.networks() {
		all = append(all, "vni add "+n.String()+" dev "+dev)
	}
	return all
}
