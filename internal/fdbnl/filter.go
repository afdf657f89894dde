package fdbnl

import (
	"context"
	"slices"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// choice is a filter with the indexes of the links that it names.
type choice struct {
	t         Table
	f         fdb.Filter
	port, via int
	other     bool // the port is not the bridge's, and its own database is meant
}

// choice checks a filter, using check for the verb's own rules, and finds the links
// that it names.
func (t Table) choice(ctx context.Context, op string, f fdb.Filter, check func(*choice) error) (*choice, error) {
	c := &choice{t: t, f: f, port: f.PortIndex}
	err := c.check(op)
	if err == nil {
		err = check(c)
	}
	if err == nil && (f.Port != "" || f.PortIndex != 0) {
		err = c.findPort(ctx, op)
	}
	if err == nil {
		c.via, err = t.Link.Resolve(ctx, op, "via", f.Via, f.ViaIndex)
	}
	return c, err
}

func (c *choice) findPort(ctx context.Context, op string) error {
	l, err := c.t.port(ctx, op, c.f.Port, c.f.PortIndex, c.f.Flags)
	c.port, c.other = l.Index, !c.t.Link.Has(&l)
	if err == nil && !c.t.ofBridge() && l.Index != c.t.Link.Index {
		err = c.t.Link.Invalid(op, "port", "entries of this link lead to no other")
	}
	return err
}

func (c *choice) check(op string) error {
	f := &c.f
	invalid := c.t.Link.Invalid
	switch {
	case f.VLAN > mostVLAN:
		return invalid(op, "vlan", "%d is not in 1…%d", f.VLAN, mostVLAN)
	case f.VNI > mostVNI:
		return invalid(op, "vni", "%d is not in 1…%d", f.VNI, mostVNI)
	case f.SrcVNI > mostVNI:
		return invalid(op, "src_vni", "%d is not in 1…%d", f.SrcVNI, mostVNI)
	case f.Flags&f.Without != 0:
		return invalid(op, "flags", "%s is asked for and excluded", f.Flags&f.Without)
	}
	if fault := fdbmsg.AddrFault(f.Dst); fault != "" {
		return invalid(op, "dst", "%s", fault)
	}
	return nil
}

// Flags by which a flush can filter.
const (
	bridgeFlushFlags = fdb.Use | fdb.ExternLearn | fdb.Offloaded | fdb.Sticky
	tunnelFlushFlags = fdb.ExternLearn | fdb.Offloaded | fdb.Router
)

// checkFlush rejects filters that a flush does not support.
func (c *choice) checkFlush(op string) error {
	f := &c.f
	invalid := c.t.Link.Invalid
	known := bridgeFlushFlags
	if !c.t.ofBridge() {
		known = tunnelFlushFlags
	}
	switch other := (f.Flags | f.Without) &^ known; {
	case other != 0:
		return invalid(op, "flags", "the kernel cannot choose by %s", other)
	case slices.ContainsFunc(f.States, func(s fdb.State) bool { return s > fdb.Dynamic }):
		return invalid(op, "state", "only permanent, static and dynamic entries can be chosen")
	case c.t.ofBridge() && (f.Dst.IsValid() || f.DstPort != 0 || f.VNI != 0 || f.SrcVNI != 0 || c.hasVia() || f.NextHop != 0):
		return invalid(op, "dst", "entries of a bridge have no tunnel")
	case c.hasVia():
		return invalid(op, "via", "the kernel cannot choose by it")
	case !c.t.ofBridge() && f.VLAN != 0:
		return invalid(op, "vlan", "a VXLAN link has networks instead: src_vni")
	}
	return nil
}

func (c *choice) hasVia() bool {
	return c.f.Via != "" || c.f.ViaIndex != 0
}

// checkList rejects filters that a list does not support.
func (c *choice) checkList(op string) error {
	if (c.f.Flags|c.f.Without)&fdb.Use != 0 {
		return c.t.Link.Invalid(op, "flags", "the kernel does not report who added an entry: only a flush can choose by it")
	}
	return nil
}

// appendList appends the request for a list. The kernel can filter it by bridge and
// port only.
func (c *choice) appendList(b []byte) []byte {
	switch {
	case !c.t.ofBridge():
		return fdbmsg.Header{Index: c.t.Link.Index}.Append(b)
	case c.other:
		return fdbmsg.Header{Index: c.port}.Append(b)
	}
	return wire.AppendU32(fdbmsg.Header{Index: c.port}.Append(b), uapi.NDA_MASTER, uint32(c.t.Link.Index))
}

// matches applies the filter to an entry.
func (c *choice) matches(e *fdb.Entry) bool {
	f := &c.f
	if !c.t.ofBridge() && (e.PortIndex != c.t.Link.Index || e.Flags&fdb.Self == 0) {
		return false
	}
	return (len(f.States) == 0 || slices.Contains(f.States, e.State)) &&
		e.Flags&f.Flags == f.Flags && e.Flags&f.Without == 0 &&
		(!f.Dst.IsValid() || f.Dst == e.Dst) &&
		within(c.port, e.PortIndex) && within(c.via, e.ViaIndex) && within(f.VLAN, e.VLAN) &&
		within(f.DstPort, e.DstPort) && within(f.VNI, e.VNI) && within(f.SrcVNI, e.SrcVNI) && within(f.NextHop, e.NextHop)
}

// within reports whether a field matches the filter, where the zero value of want
// matches everything.
func within[T comparable](want, have T) bool {
	var none T
	return want == none || want == have
}

// bits selects the states of a flush: bits of ndm_state and a mask.
type bits struct{ state, mask uint16 }

// flushStates returns the bits for each request of a flush. In a bridge, permanent
// entries have both bits.
func flushStates(states []fdb.State) []bits {
	const both = uapi.NUD_PERMANENT | uapi.NUD_NOARP
	if len(states) == 0 {
		return []bits{{}}
	}
	var all []bits
	for _, s := range states {
		switch s {
		case fdb.Permanent:
			all = append(all, bits{uapi.NUD_PERMANENT, uapi.NUD_PERMANENT})
		case fdb.Static:
			all = append(all, bits{uapi.NUD_NOARP, both})
		default:
			all = append(all, bits{0, both})
		}
	}
	return all
}

// appendFlush appends the request to remove the entries in the given states.
func (c *choice) appendFlush(b []byte, s bits) []byte {
	f := &c.f
	b = fdbmsg.Header{Index: c.t.Link.Index, State: s.state, Flags: f.Flags | fdb.Self}.Append(b)
	if c.t.ofBridge() {
		b = fdbmsg.AppendU32(b, uapi.NDA_IFINDEX, uint32(c.port))
	} else {
		b = c.appendTunnel(b)
	}
	if f.VLAN != 0 {
		b = wire.AppendU16(b, uapi.NDA_VLAN, f.VLAN)
	}
	if mask := f.Flags | f.Without; mask != 0 {
		b = wire.AppendU8(b, uapi.NDA_NDM_FLAGS_MASK, uint8(mask))
	}
	if s.mask != 0 {
		b = wire.AppendU16(b, uapi.NDA_NDM_STATE_MASK, s.mask)
	}
	return b
}

func (c *choice) appendTunnel(b []byte) []byte {
	f := &c.f
	b = fdbmsg.AppendPort(fdbmsg.AppendDst(b, f.Dst), f.DstPort)
	b = fdbmsg.AppendU32(b, uapi.NDA_NH_ID, f.NextHop)
	b = fdbmsg.AppendU32(b, uapi.NDA_VNI, f.VNI)
	return fdbmsg.AppendU32(b, uapi.NDA_SRC_VNI, f.SrcVNI)
}
