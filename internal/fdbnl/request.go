package fdbnl

import (
	"context"
	"net"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/rtnl"
)

const (
	mostVNI  = fdbmsg.MostVNI
	mostVLAN = fdbmsg.MostVLAN
)

// request is an entry with the links that it names, and with its database.
type request struct {
	t      Table
	e      fdb.Entry
	port   rtnl.Link // set after the look-up
	via    int
	host   bool // the entry is for the opened link itself, not for a port
	flags  fdb.Flags
	bridge bool // the bridge's database is used, perhaps among others
}

// request checks an entry, finds the links that it names, and determines its
// database. It checks twice, because an alternative name may turn out to be the
// opened link's.
func (t Table) request(ctx context.Context, op string, e fdb.Entry, check func(*request) error) (*request, error) {
	r := &request{t: t, e: e, host: t.names(e.Port, e.PortIndex)}
	err := r.settle(op, check)
	if err == nil {
		err = r.find(ctx, op)
	}
	if err == nil {
		err = r.settle(op, check)
	}
	return r, err
}

// names reports whether name or index refers to the table's link. In entries of a
// VXLAN link both may be empty.
func (t Table) names(name string, index int) bool {
	return t.Link.Named(name, index) || !t.ofBridge() && name == "" && index == 0
}

// message returns the message about the entry.
func (r *request) message() *fdbmsg.Message {
	return &fdbmsg.Message{Entry: &r.e, Index: r.port.Index, Via: r.via, Flags: r.flags}
}

func (r *request) appendLookUp(b []byte) []byte {
	return r.message().AppendLookUp(b, r.t.Link.Index)
}

func (r *request) settle(op string, check func(*request) error) error {
	r.flags = r.e.Flags
	err := r.t.Link.CheckName(op, "port", r.e.Port, r.e.PortIndex)
	switch {
	case err != nil:
	case r.t.ofBridge():
		err = r.inBridge(op)
	default:
		err = r.inTunnel(op)
	}
	if err != nil {
		return err
	}
	return check(r)
}

// find looks up the links that the entry names.
func (r *request) find(ctx context.Context, op string) (err error) {
	if r.port, err = r.t.port(ctx, op, r.e.Port, r.e.PortIndex, r.flags); err != nil {
		return err
	}
	r.host = r.port.Index == r.t.Link.Index
	r.via, err = r.t.Link.Resolve(ctx, op, "via", r.e.Via, r.e.ViaIndex)
	return err
}

// port looks up the link of an entry with the given flags: a port or the opened
// link, or, for an entry in a link's own database, a link unrelated to the bridge.
func (t Table) port(ctx context.Context, op, name string, index int, flags fdb.Flags) (rtnl.Link, error) {
	if t.names(name, index) {
		return t.Link.Own(ctx, op)
	}
	l, err := t.Link.Look(ctx, op, "port", name, index)
	own := flags&(fdb.Self|fdb.Master) == fdb.Self && !l.Of(t.Link.Kind)
	if err == nil && t.ofBridge() && !own && !t.Link.Has(&l) {
		err = t.Link.Stranger(ctx, op, "port", &l)
	}
	return l, err
}

// inBridge selects the database for an entry passed to a bridge: the bridge's own
// unless the entry has fdb.Self and names a port.
func (r *request) inBridge(op string) error {
	const which = fdb.Self | fdb.Master
	switch {
	case r.e.Port == "" && r.e.PortIndex == 0:
		return r.invalid(op, "port", "name the port, or the bridge for addresses of this machine")
	case r.host:
		r.flags = r.flags&^which | fdb.Self
	case r.flags&which == 0:
		r.flags |= fdb.Master
	}
	r.bridge = r.flags&fdb.Master != 0 || r.host
	return nil
}

// inTunnel selects the VXLAN link's own database.
func (r *request) inTunnel(op string) error {
	if r.flags&fdb.Master != 0 {
		return r.invalid(op, "flags", "entries of the bridge are made with the bridge opened")
	}
	r.flags |= fdb.Self
	if !r.host && (r.e.Port == "" || r.port.Index != 0) {
		return r.invalid(op, "port", "entries of this link lead to no other: Dst is the other end")
	}
	return nil
}

func (r *request) invalid(op, word, format string, args ...any) error {
	return r.t.Link.Invalid(op, word, format, args...)
}

// check checks an entry that is to be added.
func (r *request) check(op string) error {
	if err := r.checkKey(op); err != nil {
		return err
	}
	switch {
	case r.e.State > fdb.Dynamic:
		return r.invalid(op, "state", "%s is not a state that an entry can be given", r.e.State)
	case r.bridge:
		return r.checkFlags(op)
	}
	return nil
}

// checkFlags checks the flags of an entry in a bridge, which would silently ignore
// conflicting flags. Entries with Use or ExternLearn are dynamic, regardless of the
// given state.
func (r *request) checkFlags(op string) error {
	const use, learned = fdb.Use, fdb.ExternLearn
	switch f := r.flags; {
	case f&use != 0 && f&learned != 0 || f&(use|learned) != 0 && f&fdb.Sticky != 0:
		return r.invalid(op, "flags", "%s exclude one another", f&(use|learned|fdb.Sticky))
	case f&fdb.Sticky != 0 && r.e.State == fdb.Permanent:
		return r.invalid(op, "sticky", "a permanent entry leads to the machine and cannot be sticky: make it static")
	case f&use != 0 && r.host:
		return r.invalid(op, "use", "no frame comes in by the bridge itself")
	case r.host && r.e.State != fdb.Permanent:
		return r.invalid(op, "state", "an entry that leads to the bridge itself is permanent")
	}
	return nil
}

// checkKey checks the fields that identify an entry.
func (r *request) checkKey(op string) error {
	e := &r.e
	switch {
	case len(e.MAC) != 6:
		return r.invalid(op, "mac", "an Ethernet address of 6 bytes is due, this has %d", len(e.MAC))
	case e.VLAN > mostVLAN:
		return r.invalid(op, "vlan", "%d is not in 1…%d", e.VLAN, mostVLAN)
	case e.VNI > mostVNI:
		return r.invalid(op, "vni", "%d is not in 1…%d", e.VNI, mostVNI)
	case e.SrcVNI > mostVNI:
		return r.invalid(op, "src_vni", "%d is not in 1…%d", e.SrcVNI, mostVNI)
	case r.bridge && isZero(e.MAC):
		return r.invalid(op, "mac", "zeros are no address in a bridge")
	case r.bridge && (r.host || r.flags&fdb.Self == 0) && r.tunnels():
		return r.invalid(op, "dst", "tunnels are for entries of a VXLAN link's own, with Self")
	}
	return r.checkTunnel(op)
}

// tunnels reports whether the entry has fields that only a VXLAN link's database
// supports.
func (r *request) tunnels() bool {
	e := &r.e
	return e.Dst.IsValid() || e.DstPort != 0 || e.VNI != 0 || e.SrcVNI != 0 || r.hasVia() || e.NextHop != 0
}

func (r *request) hasVia() bool {
	return r.e.Via != "" || r.e.ViaIndex != 0
}

// checkTunnel checks the fields that only a VXLAN link's database supports.
func (r *request) checkTunnel(op string) error {
	e := &r.e
	switch {
	case e.NextHop != 0 && (e.Dst.IsValid() || e.DstPort != 0 || e.VNI != 0 || r.hasVia()):
		return r.invalid(op, "nhid", "a nexthop comes in place of dst, port, vni and via")
	case e.VLAN != 0 && !r.t.ofBridge():
		return r.invalid(op, "vlan", "a VXLAN link has networks instead: src_vni")
	}
	if fault := fdbmsg.AddrFault(e.Dst); fault != "" {
		return r.invalid(op, "dst", "%s", fault)
	}
	return nil
}

// forMany reports whether an address may have several remotes.
func forMany(mac net.HardwareAddr) bool {
	return isZero(mac) || mac[0]&1 != 0
}

func isZero(mac net.HardwareAddr) bool {
	for _, b := range mac {
		if b != 0 {
			return false
		}
	}
	return true
}
