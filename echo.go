package iplink

import (
	"context"
	"slices"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// An echo is what the kernel announces when it has made a link, sent also to who
// asked for the link (NLM_F_ECHO). It says what an answer to reading the link would
// say, as long as nothing happens to the link afterwards, and the kernel composes
// it anyway. Linux has it since 6.2; before, the flag does nothing.

// awaitEchoes finds out for which links the transaction asks for an echo in place
// of reading them. If the caller may know the index of one of the links, others
// may refer to it in ways that are not seen here, and all are read.
func (t *transaction) awaitEchoes() {
	if t.conn.silent.Load() || slices.ContainsFunc(t.jobs, (*job).mayBeKnown) {
		return
	}
	for _, j := range t.jobs {
		j.echo = j.main == nil && hasEcho(j.spec.Kind) && t.isFinal(j) && (j.peer == nil || t.isFinal(j.peer))
	}
}

// hasEcho reports whether the kernel announces a link of a kind to who asked for
// it. A vxlan it does not: its driver announces it before, to all. Of kinds that
// are not known here nobody knows.
func hasEcho(kind string) bool {
	return kinds[kind] != nil && kind != KindVXLAN
}

// mayBeKnown reports whether the index of the link is not a new one of the
// transaction's or of the kernel's choice.
func (j *job) mayBeKnown() bool {
	return j.spec.index != 0 || j.index != 0 && !j.preset
}

// isFinal reports whether the link is as it will be when the kernel announces it.
// It does so before it gives the link a master, moves it to another namespace, or
// tells the stack that the link is up; and before later requests. Those for other
// links may change it by way of the one that it sits on.
func (t *transaction) isFinal(j *job) bool {
	up := j.spec.flags&j.change&uapi.IFF_UP != 0
	stacked := t.many && j.parent() != 0
	return !up && !stacked && !j.tied && !j.needsIndex() && j.master() == 0 && j.linkNSID < 0
}

// listener returns what takes the echo of a job's request, and nothing else that
// the kernel may announce of it.
func (t *transaction) listener(j *job) rtnl.Reply {
	return func(m wire.Message) {
		if m.Type != uapi.RTM_NEWLINK {
			return
		}
		if l := t.parse(m); l.Name == j.spec.Name && (j.index == 0 || l.Index == j.index) {
			j.link = l
		}
	}
}

// readUnheard reads the links whose echo did not come.
func (t *transaction) readUnheard(ctx context.Context) error {
	for _, j := range t.jobs {
		if j.echo && j.link == nil {
			t.conn.silent.Store(true)
			t.addRead(j)
		}
	}
	return t.flushPlaces(ctx)
}
