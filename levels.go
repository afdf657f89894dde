package iplink

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// The kernel chooses the index of a new link, and all that follows the creation needs
// it: settings that the kernel takes only then, and links on top of the new one.
// Therefore a transaction acts in levels. The links of one level are made in one send for
// each namespace; the next send completes them and makes the links of the next level.

// A turn is one action of a transaction: it makes a link with its other end, completes a
// new link, or changes an existing one.
type turn struct {
	job       *job
	at        *nsConn // where the requests are sent
	level     int
	completes bool
}

// turns returns the actions of a transaction in order. Within a level, existing links
// and new ones keep the order of the jobs.
func (t *transaction) turns() []turn {
	all := make([]turn, 0, len(t.jobs))
	for _, j := range t.jobs {
		if j.makes && j.main == nil || j.differs {
			all = append(all, turn{job: j, at: j.at, level: j.level})
		}
		if j.makes && j.completes() {
			all = append(all, turn{job: j, at: j.at, level: j.level + 1, completes: true})
		}
	}
	slices.SortStableFunc(all, turn.compare)
	return all
}

// compare sorts turns by level and namespace. New links are completed first.
func (a turn) compare(b turn) int {
	first := func(t turn) int {
		if t.completes {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(a.at.position, b.at.position), cmp.Compare(first(a), first(b)))
}

// run makes and changes the links of the transaction, and looks at them again.
func (t *transaction) run(ctx context.Context) error {
	t.askForEchoes()
	turns, from := t.turns(), 0
	for i, now := range turns {
		last := turns[max(i, 1)-1]
		if last.at != now.at || last.level != now.level {
			if err := t.flush(ctx, last.at); err != nil {
				return err
			}
		}
		if last.level != now.level {
			if err := t.learnMissing(ctx, turns[from:i]); err != nil {
				return err
			}
			from = i
		}
		if err := t.take(ctx, now); err != nil {
			return err
		}
	}
	if len(turns) == 0 {
		return t.settle(ctx)
	}
	return t.flushAll(ctx, turns[len(turns)-1].at)
}

// take adds the requests of one turn.
func (t *transaction) take(ctx context.Context, now turn) error {
	j := now.job
	switch {
	case now.completes:
		return t.act(ctx, j, t.complete)
	case j.makes:
		t.fillReferences(j)
		if err := t.makeRoom(ctx, j); err != nil {
			return err
		}
		if m := j.spec.maker(); m != nil {
			return t.make(ctx, j, m)
		}
		t.addCreate(j)
		return nil
	}
	t.fillReferences(j)
	if err := t.readWhole(ctx, j); err != nil {
		return err
	}
	return t.act(ctx, j, t.addUpdate)
}

// follow puts a job after the job of a link that it refers to: in the next level if the
// index of that link is not known before, or if the two are made in different namespaces.
func (j *job) follow(other *job) {
	level := other.level
	if other.index == 0 || other.from() != j.from() {
		level++
	}
	j.level = max(j.level, level)
}

// from returns the namespace where the request that makes or changes the link is sent.
func (j *job) from() *nsConn {
	if j.main != nil {
		return j.main.at
	}
	return j.at
}

// reference returns the number that references to a link have: its index or, while
// the kernel has not chosen one, a negative number that stands for it.
func (t *transaction) reference(j *job) int {
	if j.index == 0 && j.link != nil {
		j.index = j.link.Index
	}
	if j.index != 0 {
		return j.index
	}
	if j.number == 0 {
		t.numbered = append(t.numbered, j)
		j.number = -len(t.numbered)
	}
	return j.number
}

// fillReferences replaces the numbers in the references of a job, and of its peer, by
// indexes.
func (t *transaction) fillReferences(j *job) {
	for _, refs := range [][]attr.Ref{j.linkRefs, j.infoRefs, j.portRef, j.objectRefs} {
		for i, r := range refs {
			if r.Index < 0 {
				refs[i].Index = t.numbered[-r.Index-1].index
			}
		}
	}
	if j.peer != nil {
		t.fillReferences(j.peer)
	}
}

// learn notes the indexes of a new link and its other end, as the kernel reports them.
func (t *transaction) learn(j *job, m wire.Message) {
	header, attrs, err := wire.ParseLink(m.Data)
	if err != nil || !j.asks || wire.CString(wire.Find(attrs, uapi.IFLA_IFNAME)) != j.nameNow() {
		return
	}
	j.index = int(header.Index)
	t.index.add(j)
	if other := wire.Find(attrs, uapi.IFLA_LINK); j.peer != nil && len(other) == 4 {
		j.peer.index = int(binary.NativeEndian.Uint32(other))
		t.index.add(j.peer)
	}
}

// addLookUp adds the request that finds the index of a new link by its name.
func (t *transaction) addLookUp(j *job) {
	j.byName = true
	j.at.batch.Get(uapi.RTM_GETLINK, func(m wire.Message) { t.learn(j, m) }, func(b []byte) []byte {
		return j.at.appendKey(b, 0, j.nameNow())
	})
	j.at.steps = append(j.at.steps, step{job: j, what: stepRead})
}

// findIndexes finds the indexes of a new link and of its other end by their names. A
// request to read the link would have the kernel note that a new pair has no carrier yet,
// and then take up to a second to note that it has one.
func (t *transaction) findIndexes(j *job) {
	for _, end := range []*job{j, j.peer} {
		if end == nil || end.index != 0 || end.nameNow() == "" || end.at.isRemote() {
			continue
		}
		if index, err := rtnl.ShortIndexOf(end.at.rt, end.nameNow()); err == nil {
			end.index, end.byName = index, true
			t.index.add(end)
		}
	}
}

// learnMissing finds the indexes of new links whose echo did not arrive.
func (t *transaction) learnMissing(ctx context.Context, turns []turn) error {
	missing := func(now turn) bool {
		j := now.job
		return j.asks && !now.completes && (j.index == 0 || j.peer != nil && j.peer.lacksIndex())
	}
	for _, now := range turns {
		if !missing(now) {
			continue
		}
		if t.echoes(now.job) {
			t.conn.noEcho.Store(true)
		}
		if t.findIndexes(now.job); missing(now) {
			t.addLookUp(now.job)
		}
	}
	if err := t.flushPlaces(ctx); err != nil {
		return err
	}
	if i := slices.IndexFunc(turns, missing); i >= 0 {
		s := turns[i].job.spec
		return &Error{Op: t.op, Kind: s.Kind, Name: s.Name, Message: "it was renamed or deleted meanwhile", Err: syscall.ENODEV}
	}
	return nil
}

// completes reports whether the link is changed after its creation, or is read although
// it has no name.
func (j *job) completes() bool {
	later := j.linkSet.And(j.createsLater())
	_, flags := j.flagsLater()
	return !later.Empty() || !j.dataLater().Empty() || flags != 0 || !j.inet6Set.Empty() || !j.portSet.Empty() || j.deferUp || j.generic() != nil || j.carried != nil || j.passing != "" ||
		len(j.altNames) > 0 || !j.layer3.empty() || len(j.objects) > 0 || j.pending.ports || len(j.pending.sysctls) > 0 || j.spec.Name == "" && (!j.linkSet.Empty() || j.change != 0)
}

// createsLater returns the settings that the kernel does not accept when it makes
// the link.
func (j *job) createsLater() attr.Set {
	return j.afterCreate
}

// Before Linux 6.13 the kernel makes a link whose parent is in another namespace there,
// and then moves it. If another link of that namespace has the name, the link is made
// under a random name and renamed once it is in its own namespace.

// The same holds for a link whose name is a template, such as "veth%d": if it had no other
// name at first, it could not be found without an echo.

// chooseName chooses such a name if it is necessary.
func (j *job) chooseName() {
	if isTemplate(j.spec.Name) {
		j.passing = passingName()
		return
	}
	if j.linkNSID < 0 || j.under.isRemote() || !rtnl.Older(6, 13) {
		return
	}
	if !rtnl.IsFree(j.under.rt, j.spec.Name) && rtnl.IsFree(j.at.rt, j.spec.Name) {
		j.passing = passingName()
	}
}

// isTemplate reports whether the kernel completes the name of a new link by a number.
func isTemplate(name string) bool {
	before, after, ok := strings.Cut(name, "%d")
	return ok && !strings.ContainsRune(before+after, '%')
}

// completed reports whether a name is one that the kernel makes from a template.
func completed(template, name string) bool {
	before, after, ok := strings.Cut(template, "%d")
	if !ok || len(name) <= len(before)+len(after) || !strings.HasPrefix(name, before) || !strings.HasSuffix(name, after) {
		return false
	}
	_, err := strconv.ParseUint(name[len(before):len(name)-len(after)], 10, 32)
	return err == nil
}

// passingName returns a random name for a link that gets its own one later.
func passingName() string {
	return fmt.Sprintf("iplink%08x", rand.Uint32())
}

// nameNow returns the name that a new link has until it is renamed.
func (j *job) nameNow() string {
	return cmp.Or(j.passing, j.spec.Name)
}

// addRename adds the request that gives a link its own name.
func (t *transaction) addRename(j *job) {
	if j.passing == "" {
		return
	}
	t.addChange(j, 0, 0, func(b []byte) []byte { return wire.AppendString(b, uapi.IFLA_IFNAME, j.spec.Name) })
	j.at.steps[len(j.at.steps)-1].text = "name"
}
