// Package fdbnl implements the forwarding databases of opened links, for packages bridge
// and vxlan.
package fdbnl

import (
	"context"
	"net"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Verb is a way to add an entry.
type Verb struct {
	op     string
	flags  uint16
	append bool
}

// The verbs; Delete is a method.
var (
	Add     = Verb{op: "fdb add", flags: uapi.NLM_F_CREATE | uapi.NLM_F_EXCL}
	Append  = Verb{op: "fdb append", flags: uapi.NLM_F_CREATE | uapi.NLM_F_APPEND, append: true}
	Replace = Verb{op: "fdb replace", flags: uapi.NLM_F_CREATE | uapi.NLM_F_REPLACE}
)

// A Table is the forwarding database of a bridge or a VXLAN link.
type Table struct {
	Link *openlink.Handle
}

// ofBridge reports whether the table is a bridge's, whose entries lead to ports.
func (t Table) ofBridge() bool {
	return t.Link.Kind == iplink.KindBridge
}

// Put adds an entry.
func (t Table) Put(ctx context.Context, verb Verb, e fdb.Entry) error {
	r, err := t.request(ctx, verb.op, e, func(r *request) error { return r.check(verb.op) })
	if err == nil && verb.append {
		verb, err = r.appends(ctx, verb)
	}
	if err != nil {
		return err
	}
	return r.explain(t.Link.Write(ctx, verb.op, e.MAC.String(), uapi.RTM_NEWNEIGH, verb.flags, r.message().Append))
}

// Delete removes an entry. It sends the permanent state, the only one that address
// filters accept.
func (t Table) Delete(ctx context.Context, e fdb.Entry) error {
	const op = "fdb del"
	e.State = fdb.Permanent
	r, err := t.request(ctx, op, e, func(r *request) error { return r.checkKey(op) })
	if err != nil {
		return err
	}
	return r.explain(t.Link.Write(ctx, op, e.MAC.String(), uapi.RTM_DELNEIGH, 0, r.message().Append))
}

// Get looks up the entry for an address, in a VLAN of a bridge or in a network of a
// VXLAN link.
func (t Table) Get(ctx context.Context, mac net.HardwareAddr, vlan uint16, vni uint32) (fdb.Entry, error) {
	const op = "fdb get"
	r := request{t: t, e: fdb.Entry{MAC: mac, VLAN: vlan, SrcVNI: vni}, bridge: t.ofBridge()}
	if !r.bridge {
		r.flags = fdb.Self
	}
	err := r.checkKey(op)
	if err == nil {
		r.port, err = t.Link.Own(ctx, op)
	}
	if err != nil {
		return fdb.Entry{}, err
	}
	return r.lookUp(ctx, op)
}

// lookUp requests the entry of an address.
func (r *request) lookUp(ctx context.Context, op string) (found fdb.Entry, err error) {
	var b rtnl.Batch
	names := r.t.Link.Names()
	b.Get(uapi.RTM_GETNEIGH, func(m wire.Message) { found, _ = fdbmsg.Parse(m.Data, names) }, r.appendLookUp)
	if err := r.t.Link.Do(ctx, op, r.e.MAC.String(), &b); err != nil {
		return fdb.Entry{}, err
	}
	r.t.attribute(&found)
	return found, nil
}

// List returns the entries that match a filter.
func (t Table) List(ctx context.Context, f fdb.Filter) ([]fdb.Entry, error) {
	const op = "fdb show"
	c, err := t.choice(ctx, op, f, func(c *choice) error { return c.checkList(op) })
	if err != nil {
		return nil, err
	}
	var all []fdb.Entry
	names := t.Link.Names()
	restart := func() { all = nil }
	err = t.Link.List(ctx, op, uapi.RTM_GETNEIGH, c.appendList, restart, func(m wire.Message) {
		if e, ok := fdbmsg.Parse(m.Data, names); ok && m.Type == uapi.RTM_NEWNEIGH {
			t.attribute(&e)
			if c.matches(&e) {
				all = append(all, e)
			}
		}
	})
	return all, err
}

// attribute replaces fdb.Master with fdb.Self in entries of the bridge's own
// database that lead to the bridge. The kernel reports them with Master, but accepts
// Master for ports only.
func (t Table) attribute(e *fdb.Entry) {
	if t.ofBridge() && e.PortIndex == t.Link.Index && e.Flags&fdb.Master != 0 {
		e.Flags ^= fdb.Master | fdb.Self
	}
}

// Flush removes the entries that match a filter, with one request for each state.
func (t Table) Flush(ctx context.Context, f fdb.Filter) error {
	const op = "fdb flush"
	c, err := t.choice(ctx, op, f, func(c *choice) error { return c.checkFlush(op) })
	if err != nil {
		return err
	}
	if _, err := t.Link.Own(ctx, op); err != nil {
		return err
	}
	var b rtnl.Batch
	for _, s := range flushStates(f.States) {
		b.Write(uapi.RTM_DELNEIGH, uapi.NLM_F_BULK, func(b []byte) []byte { return c.appendFlush(b, s) })
	}
	return t.explainFlush(t.Link.Do(ctx, op, "", &b))
}
