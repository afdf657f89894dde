package fdb

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/iplink-go/iplink"
)

// mostVNI is the highest number of a network, of 24 bits; mostVLAN of a VLAN.
const (
	mostVNI  = 1<<24 - 1
	mostVLAN = 4094
)

// request is an entry with the indexes of the links that it names, and with the
// database it belongs to.
type request struct {
	t          Table
	e          iplink.FDBEntry
	index, via int
	flags      iplink.FDBFlags
	bridge     bool // for the bridge's database, rather than for a port's own
}

// request finds the links that an entry names, and says whose entry it is.
func (t Table) request(ctx context.Context, op string, e iplink.FDBEntry) (*request, error) {
	r := &request{t: t, e: e, flags: e.Flags}
	var err error
	if r.index, err = t.Link.Resolve(ctx, op, "port", e.Port, e.PortIndex); err != nil {
		return nil, err
	}
	if r.via, err = t.Link.Resolve(ctx, op, "via", e.Via, e.ViaIndex); err != nil {
		return nil, err
	}
	if t.ofBridge() {
		return r, r.inBridge(op)
	}
	return r, r.inTunnel(op)
}

// inBridge chooses the database of an entry that was handed to a bridge: its own
// unless the entry says FDBSelf of a port.
func (r *request) inBridge(op string) error {
	const which = iplink.FDBSelf | iplink.FDBMaster
	switch {
	case r.index == 0:
		return r.invalid(op, "port", "name the port, or the bridge for addresses of this machine")
	case r.index == r.t.Link.Index:
		r.flags = r.flags&^which | iplink.FDBSelf
	case r.flags&which == 0:
		r.flags |= iplink.FDBMaster
	}
	r.bridge = r.flags&iplink.FDBMaster != 0 || r.index == r.t.Link.Index
	return nil
}

// inTunnel puts an entry into the VXLAN link's own database.
func (r *request) inTunnel(op string) error {
	switch {
	case r.index != 0 && r.index != r.t.Link.Index:
		return r.invalid(op, "port", "entries of this link lead to no other: Dst is the other end")
	case r.flags&iplink.FDBMaster != 0:
		return r.invalid(op, "flags", "entries of the bridge are made with the bridge opened")
	}
	r.index = r.t.Link.Index
	r.flags |= iplink.FDBSelf
	return nil
}

func (r *request) invalid(op, word, format string, args ...any) error {
	return r.t.Link.Invalid(op, word, format, args...)
}

// check checks an entry that is to be made.
func (r *request) check(verb Verb) error {
	if err := r.checkKey(verb.op); err != nil {
		return err
	}
	e := &r.e
	switch {
	case e.State > iplink.FDBDynamic:
		return r.invalid(verb.op, "state", "%s is no state that an entry can be given", e.State)
	case r.bridge:
		return r.checkFlags(verb.op)
	case verb.append && !r.t.ofBridge() && !forMany(e.MAC):
		return r.invalid(verb.op, "dst", "only zeros and multicast addresses have several remotes: replace the one of %s", e.MAC)
	}
	return nil
}

// checkFlags checks the flags of an entry in a bridge, which would silently not
// have the state or the other flags.
func (r *request) checkFlags(op string) error {
	const use, learned = iplink.FDBUse, iplink.FDBExternLearn
	host := r.index == r.t.Link.Index
	switch f := r.flags; {
	case f&iplink.FDBSticky != 0 && r.e.State == iplink.FDBPermanent:
		return r.invalid(op, "sticky", "a permanent entry leads to the machine and cannot be sticky: make it static")
	case f&use != 0 && f&learned != 0 || f&(use|learned) != 0 && f&iplink.FDBSticky != 0:
		return r.invalid(op, "flags", "%s exclude one another", f&(use|learned|iplink.FDBSticky))
	case f&use != 0 && host:
		return r.invalid(op, "use", "no frame comes in by the bridge itself")
	case f&(use|learned) != 0 && !host && r.e.State != iplink.FDBDynamic:
		return r.invalid(op, "state", "what is used or learned elsewhere is dynamic")
	}
	return nil
}

// checkKey checks what finds an entry.
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
	case r.bridge:
		return r.checkBridge(op)
	}
	return r.checkTunnel(op)
}

// checkBridge checks what only a bridge's database knows.
func (r *request) checkBridge(op string) error {
	e := &r.e
	switch {
	case isZero(e.MAC):
		return r.invalid(op, "mac", "zeros are no address in a bridge")
	case e.MAC[0]&1 != 0:
		return r.invalid(op, "mac", "%s is the address of a group: the multicast database is for these", e.MAC)
	case e.Dst.IsValid() || e.DstPort != 0 || e.VNI != 0 || e.SrcVNI != 0 || r.via != 0 || e.NextHop != 0:
		return r.invalid(op, "dst", "tunnels are for entries of a VXLAN link's own, with FDBSelf")
	}
	return nil
}

// checkTunnel checks what only a VXLAN link's database knows.
func (r *request) checkTunnel(op string) error {
	e := &r.e
	switch {
	case e.NextHop != 0 && (e.Dst.IsValid() || e.DstPort != 0 || e.VNI != 0 || r.via != 0):
		return r.invalid(op, "nhid", "a nexthop comes in place of dst, port, vni and via")
	case e.VLAN != 0 && !r.t.ofBridge():
		return r.invalid(op, "vlan", "a VXLAN link has networks instead: src_vni")
	}
	if fault := addrFault(e.Dst); fault != "" {
		return r.invalid(op, "dst", "%s", fault)
	}
	return nil
}

func addrFault(a netip.Addr) string {
	switch {
	case a.Zone() != "":
		return fmt.Sprintf("the zone of %s cannot be told to the kernel: name the link with via", a)
	case a.Is4In6():
		return fmt.Sprintf("%s is an IPv4 address in IPv6 clothes: Unmap it", a)
	}
	return ""
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
