package fdbmsg

import (
	"cmp"
	"context"
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Keeper returns a function that reports whether the kernel made an entry of a link
// because of the link's settings.
type Keeper func(ctx context.Context, conn *rtnl.Conn, link *rtnl.Link) (func(*fdb.Entry) bool, error)

// key identifies an entry in a database. An address that may have several remotes has
// an entry for each.
type key struct {
	mac    [6]byte
	vlan   uint16
	srcVNI uint32
	remote remote
}

// remote is the destination of an entry in a VXLAN link's database. It has a name only
// if the index is unknown.
type remote struct {
	dst          netip.Addr
	port         uint16
	vni, nextHop uint32
	via          int
	name         string
}

// names are the values that the kernel leaves out of a report, and the indexes of links
// by name.
type names struct {
	port uint16
	vni  uint32
	via  map[string]int
}

func (e *object) key(n *names) key {
	k := key{mac: [6]byte(e.MAC), vlan: e.VLAN, srcVNI: e.SrcVNI}
	if e.forMany() {
		k.remote = e.remote(n)
	}
	return k
}

func (e *object) remote(n *names) remote {
	if e.Database != OfVXLAN {
		return remote{}
	}
	r := remote{dst: e.Dst, port: e.DstPort, vni: e.VNI, nextHop: e.NextHop, via: e.ViaIndex}
	if e.Via != "" {
		index, known := n.via[e.Via]
		if r.via = index; !known {
			r.name = e.Via
		}
	}
	if r.port == n.port {
		r.port = 0
	}
	if r.vni == n.vni {
		r.vni = 0
	}
	if r.dst.IsValid() && r.dst.IsUnspecified() {
		r.dst = netip.Addr{}
	}
	return r
}

// normalise changes properties that the kernel ignores to those that it reports.
func (e *object) normalise() {
	switch {
	case e.Database == OfPort && e.Flags&fdb.ExternLearn != 0:
		e.State = fdb.Dynamic
	case e.Database == OfVXLAN && isZero(e.MAC):
		e.State = fdb.Permanent
	}
	e.Used, e.Updated = 0, 0
}

// compared are the flags that an entry keeps.
const compared = fdb.ExternLearn | fdb.Sticky | fdb.Router

// same reports whether an entry has the properties of another one, apart from the remote.
func (e *object) same(have *object) bool {
	state := have.State
	if state == fdb.Stale {
		state = fdb.Dynamic
	}
	return e.State == state && e.Flags&compared == have.Flags&compared && e.Notify == have.Notify
}

// comparison compares the entries of a link with the wanted ones.
type comparison struct {
	o       *Objects
	index   int
	names   names
	made    func(*fdb.Entry) bool // by the kernel
	entries []object
	wanted  map[key]int // positions in entries

	seen    []bool
	extra   []object
	changed []change
}

// A change is a wanted entry that the link has with other properties.
type change struct {
	want int
	have object
}

// Compare finds the entries that the link lacks or has with other properties and, for
// OnlyFDB, those that it has beside.
func (o *Objects) Compare(ctx context.Context, conn *rtnl.Conn, index int) ([]own.Change, error) {
	c := &comparison{o: o, index: index, entries: o.list().entries}
	if err := c.prepare(ctx, conn); err != nil {
		return nil, err
	}
	body := func(b []byte) []byte { return Header{Index: index}.Append(b) }
	if err := conn.Dump(ctx, uapi.RTM_GETNEIGH, body, c.restart, c.read); err != nil {
		return nil, err
	}
	return c.changes(), nil
}

// prepare reads the link, whose settings are the defaults of its entries.
func (c *comparison) prepare(ctx context.Context, conn *rtnl.Conn) error {
	link, err := readLink(ctx, conn, c.index)
	if err != nil {
		return err
	}
	if fault := c.o.misfit(&link); fault != nil {
		return fault
	}
	c.made = func(e *fdb.Entry) bool { return e.State == fdb.Permanent && string(e.MAC) == string(link.Address) }
	if c.o.own != nil && c.o.only {
		if c.made, err = c.o.own(ctx, conn, &link); err != nil {
			return err
		}
	}
	c.names.via = map[string]int{}
	if c.o.Database == OfVXLAN {
		c.names.port, c.names.vni = Defaults(&link)
	}
	for _, name := range c.o.Names() {
		if index, err := rtnl.IndexOf(ctx, conn, name); err == nil {
			c.names.via[name] = index
		}
	}
	c.wanted = make(map[key]int, len(c.entries))
	for i := range c.entries {
		c.wanted[c.entries[i].key(&c.names)] = i
	}
	return nil
}

func readLink(ctx context.Context, conn *rtnl.Conn, index int) (link rtnl.Link, err error) {
	var b rtnl.Batch
	b.Get(uapi.RTM_GETLINK, func(m wire.Message) { link, _ = rtnl.ParseLink(m.Data) }, func(b []byte) []byte {
		return wire.AppendU32(rtnl.AppendKey(b, index, ""), uapi.IFLA_EXT_MASK, uapi.RTEXT_FILTER_SKIP_STATS)
	})
	if err := conn.Do(ctx, &b); err != nil {
		return link, err
	}
	return link, b.Err(0)
}

// Defaults returns a VXLAN link's port and VNI, which apply to remotes without their own.
func Defaults(vxlan *rtnl.Link) (port uint16, vni uint32) {
	if b := wire.Find(vxlan.Data, uapi.IFLA_VXLAN_PORT); len(b) == 2 {
		port = binary.BigEndian.Uint16(b)
	}
	if b := wire.Find(vxlan.Data, uapi.IFLA_VXLAN_ID); len(b) == 4 {
		vni = wire.Order.Uint32(b)
	}
	return port, vni
}

func (c *comparison) restart() {
	c.seen, c.extra, c.changed = make([]bool, len(c.entries)), nil, nil
}

// read compares one entry of the link.
func (c *comparison) read(m wire.Message) {
	e, ok := Parse(m.Data, func(int) string { return "" })
	if !ok || m.Type != uapi.RTM_NEWNEIGH || len(e.MAC) != 6 || !c.belongs(&e) {
		return
	}
	have := object{e, c.o.Database}
	i, isWanted := c.wanted[have.key(&c.names)]
	if all, ok := c.wanted[have.everywhere()]; !isWanted && ok {
		if !c.entries[all].same(&have) {
			c.changed = append(c.changed, change{all, have})
		}
		return
	}
	switch {
	case !isWanted && c.o.only && c.surplus(&e):
		c.extra = append(c.extra, have)
	case !isWanted:
	case !c.entries[i].same(&have) || c.entries[i].remote(&c.names) != have.remote(&c.names):
		c.seen[i], c.changed = true, append(c.changed, change{i, have})
	default:
		c.seen[i] = true
	}
}

// everywhere returns the key of the entry for all VLANs. Of such an entry the kernel makes
// one for each VLAN of the port.
func (e *object) everywhere() key {
	if !e.ofBridge() || e.VLAN == 0 {
		return key{}
	}
	return key{mac: [6]byte(e.MAC)}
}

// belongs reports whether an entry is of the database. The kernel reports the entries of
// a bridge's own database with a master, also those that lead to the bridge.
func (c *comparison) belongs(e *fdb.Entry) bool {
	master := e.Flags&fdb.Master != 0
	return e.PortIndex == c.index && master == c.o.ofBridge()
}

// surplus reports whether OnlyFDB removes an entry that is not wanted.
func (c *comparison) surplus(e *fdb.Entry) bool {
	return (e.State == fdb.Permanent || e.State == fdb.Static) && !c.made(e)
}

// changes returns the differences, removals first.
func (c *comparison) changes() (all []own.Change) {
	slices.SortFunc(c.extra, func(a, b object) int {
		return cmp.Or(slices.Compare(a.MAC, b.MAC), cmp.Compare(a.VLAN, b.VLAN))
	})
	for i := range c.extra {
		e := &c.extra[i]
		all = append(all, own.Change{Have: c.words(e), Requests: []own.Request{e.del()}})
	}
	slices.SortFunc(c.changed, func(a, b change) int { return a.want - b.want })
	for i := range c.changed {
		have, want := &c.changed[i].have, &c.entries[c.changed[i].want]
		all = append(all, own.Change{Have: c.words(have), Want: want.String(), Requests: want.instead(have)})
	}
	for i, there := range c.seen {
		if e := &c.entries[i]; !there {
			all = append(all, own.Change{Want: e.String(), Requests: []own.Request{e.add()}})
		}
	}
	return all
}

// instead returns the requests that put e in the place of an entry. The kernel replaces no
// remote by a nexthop, and keeps the flag extern_learn.
func (e *object) instead(have *object) []own.Request {
	if (have.Flags^e.Flags)&fdb.ExternLearn != 0 || (have.NextHop != 0) != (e.NextHop != 0) {
		return []own.Request{have.del(), e.add()}
	}
	return []own.Request{e.add()}
}

// words is String with the names of links as far as the wanted entries name them.
func (c *comparison) words(have *object) string {
	named := *have
	for name, index := range c.names.via {
		if index == have.ViaIndex {
			named.Via = name
		}
	}
	return named.String()
}
