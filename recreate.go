package iplink

import (
	"context"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// heir is what a link takes over from the one in whose place it is made.
type heir struct {
	addrs []inet.Addr
	ports []*Link
}

// replaceOrRefuse plans to make the link anew if the builder said so, and
// returns the reason why it cannot be changed if not.
func (e *ensurance) replaceOrRefuse(ctx context.Context, g *goal, reason error) error {
	s := g.job.spec
	if !s.recreate || s.Kind == "" {
		return reason
	}
	if err := s.check("create"); err != nil {
		return err
	}
	if err := e.refuseTakenPeer(ctx, g); err != nil {
		return err
	}
	at := g.job.at
	g.heir = new(heir)
	var err error
	if g.heir.addrs, err = inetnl.ReadAddrs(ctx, at.rt, g.have.Index, g.have.Name); err != nil {
		return s.failed(e.op, "addr", err)
	}
	if g.heir.ports, err = (&Conn{rt: at.rt}).list(ctx, filter{masterIndex: g.have.Index}); err != nil {
		return err
	}
	e.forget(g)
	if g.job, err = e.prepareCreate(ctx, s); err != nil {
		return err
	}
	g.job.addrs = g.heir.addressed(g.job.addrs)
	_, err = e.presetIndex(g.job)
	return err
}

// addressed returns the addresses that a link is to have, with those that it takes
// over, in the order of before: of a network, the first one counts.
func (h *heir) addressed(wanted []inet.Addr) []inet.Addr {
	var all []inet.Addr
	for _, had := range h.addrs {
		if want := inetnl.Addrs.Find(&had, wanted); want != nil {
			all = append(all, *want)
		} else if !inetnl.ByKernel(&had) {
			all = append(all, had)
		}
	}
	for _, want := range wanted {
		if inetnl.Addrs.Find(&want, all) == nil {
			all = append(all, want)
		}
	}
	return all
}

// forget takes the jobs of a goal out of the transaction.
func (e *ensurance) forget(g *goal) {
	var kept []*job
	for _, j := range e.jobs {
		if j != g.job && (g.peer == nil || j != g.peer.job) {
			kept = append(kept, j)
		}
	}
	e.jobs, e.roster, g.peer = kept, roster{}, nil
}

// bequeath removes the link in whose place a new one is made, by name: another may
// have its index by now.
func (e *ensurance) bequeath(g *goal) {
	if g.heir == nil {
		return
	}
	at := g.job.at
	at.batch.Write(uapi.RTM_DELLINK, 0, func(b []byte) []byte { return rtnl.AppendKey(b, 0, g.have.Name) })
	at.steps = append(at.steps, step{job: g.job, what: stepChange, text: "removal of the link before"})
}

// inherit gives the new link the ports of the one before.
func (e *ensurance) inherit(g *goal) {
	if g.heir == nil {
		return
	}
	for _, port := range g.heir.ports {
		e.addMaster(g.job, port.Index)
	}
}

// addMaster adds the request that makes a link a port of a job's.
func (e *ensurance) addMaster(j *job, port int) {
	j.at.batch.Write(uapi.RTM_NEWLINK, 0, func(b []byte) []byte {
		return wire.AppendU32(rtnl.AppendKey(b, port, ""), uapi.IFLA_MASTER, uint32(j.index))
	})
	j.at.steps = append(j.at.steps, step{job: j, what: stepChange, text: "master of a port"})
}
