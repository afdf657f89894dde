package iplink

import (
	"context"
	"errors"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/internal/rtnl"
)

// Several callers may ensure the same links at a time. A caller whose request fails
// because another one made or removed a link keeps what it has made, and looks again.

// converge looks at the links and acts, until no other process interferes.
func (e *ensurePlan) converge(ctx context.Context, specs []Spec) error {
	for {
		if err := e.plan(ctx, specs); err != nil {
			return err
		}
		err := e.run(ctx)
		if err == nil || !e.raced(ctx, err) {
			return err
		}
		e.startOver(ctx)
	}
}

// raced reports whether an error has its reason in another process, which has made or
// removed a link of the call since the plan was made.
func (e *ensurePlan) raced(ctx context.Context, err error) bool {
	if ctx.Err() != nil || !errors.Is(err, syscall.EEXIST) && !errors.Is(err, syscall.ENODEV) && !errors.Is(err, syscall.ESRCH) {
		return false
	}
	return slices.ContainsFunc(e.items, func(g *ensureItem) bool { return g.job.replaced(ctx) || g.peer != nil && g.peer.job.replaced(ctx) })
}

// replaced reports whether the name of the link belongs to another link than before the
// call, and than the one that the call has made.
func (j *job) replaced(ctx context.Context) bool {
	if j.made || j.at.isRemote() {
		return false
	}
	had := 0
	if j.have != nil {
		had = j.have.Index
	}
	index, err := rtnl.IndexOf(ctx, j.at.rt, j.spec.Name)
	return (err == nil || isGone(err)) && index != had
}

// startOver drops the plan and the requests that wait, and keeps in mind the links that
// were made, for undo.
func (e *ensurePlan) startOver(ctx context.Context) {
	for _, j := range e.jobs {
		if j.made {
			j.locateMade(ctx)
		}
		if j.made || j.lost {
			e.earlier = append(e.earlier, j)
		}
	}
	for _, p := range e.nsConns {
		p.reset()
	}
	e.jobs, e.index, e.items, e.listed = nil, jobIndex{}, nil, map[*nsConn]*snapshot{}
	e.acted, e.disturbed = false, false
}

// madeEarlier reports whether the call made the link before it looked again.
func (e *ensurePlan) madeEarlier(g *ensureItem) bool {
	return slices.ContainsFunc(e.earlier, func(j *job) bool { return j.made && j.at == g.job.at && j.index == g.have.Index })
}
