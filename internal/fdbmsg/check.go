package fdbmsg

import (
	"cmp"
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/own"
)

// MostVNI is the highest VNI (24 bits), and MostVLAN the highest VLAN ID.
const (
	MostVNI  = 1<<24 - 1
	MostVLAN = 4094
)

// AddrFault returns the reason why an address cannot be a remote end point, or an empty
// string.
func AddrFault(a netip.Addr) string {
	switch {
	case a.Zone() != "":
		return fmt.Sprintf("the zone of %s cannot be told to the kernel: name the link with via", a)
	case a.Is4In6():
		return fmt.Sprintf("%s is an IPv4 address in IPv6 clothes: Unmap it", a)
	}
	return ""
}

func (o *Objects) setter() string {
	if o.only {
		return "OnlyFDB"
	}
	return "FDB"
}

// Fault is part of own.Objects.
func (o *Objects) Fault() (setter, text string) {
	if o.only && o.atLeast {
		return o.setter(), "FDB and OnlyFDB exclude each other"
	}
	if text := o.list().fault; text != "" {
		return o.setter(), text
	}
	return "", ""
}

// collect appends the entries of setter calls, each once, and notes the first fault.
func (l *list) collect(d Database, calls *own.Calls[fdb.Entry]) {
	n := calls.Len()
	l.entries = make([]object, 0, n)
	seen := make(map[key]int, n)
	for entry := range calls.All() {
		e := object{entry, d}
		if text := e.fault(); text != "" {
			l.fault = cmp.Or(l.fault, fmt.Sprintf("entry %s: %s", e.MAC, text))
			continue
		}
		e.normalise()
		l.add(e, seen)
	}
	l.judgeShared()
}

// add appends an entry unless it is there already.
func (l *list) add(e object, seen map[key]int) {
	k := e.key(&names{})
	at, ok := seen[k]
	switch {
	case !ok:
		seen[k] = len(l.entries)
		l.entries = append(l.entries, e)
	case !l.entries[at].same(&e) || l.entries[at].remote(&names{}) != e.remote(&names{}):
		l.fault = cmp.Or(l.fault, fmt.Sprintf("entry %s is given twice, with different properties", e.MAC))
	}
}

// judgeShared notes an address whose remotes are given different properties, which the
// kernel keeps once for an address.
func (l *list) judgeShared() {
	first := map[key]*object{}
	for i := range l.entries {
		e := &l.entries[i]
		if !e.forMany() {
			continue
		}
		k := e.key(&names{})
		k.remote = remote{}
		if had := first[k]; had != nil && !had.same(e) {
			l.fault = cmp.Or(l.fault, fmt.Sprintf("all remotes of %s have one state and one set of flags", e.MAC))
		}
		first[k] = e
	}
}

// fault returns the reason why the entry is impossible, or an empty string.
func (e *object) fault() string {
	switch {
	case len(e.MAC) != 6:
		return fmt.Sprintf("the address has %d bytes, not 6", len(e.MAC))
	case e.Port != "" || e.PortIndex != 0:
		return "the entry leads to the link of the builder: leave Port out"
	case e.State > fdb.Dynamic:
		return fmt.Sprintf("the state %s is only reported", e.State)
	case e.Inactive:
		return "Inactive is only reported"
	}
	return cmp.Or(e.flagFault(), e.numberFault(), e.databaseFault())
}

func (e *object) flagFault() string {
	allowed := e.Flag() | fdb.ExternLearn | fdb.Sticky
	switch e.Database {
	case OfVXLAN:
		allowed = e.Flag() | fdb.ExternLearn | fdb.Router
	case OfFilter:
		allowed = e.Flag()
	}
	switch wrong := e.Flags &^ allowed; {
	case wrong&(fdb.Self|fdb.Master) != 0:
		return fmt.Sprintf("it belongs to the database %s", e.Flag())
	case wrong&fdb.Use != 0:
		return "use is an action, and not a property that an entry keeps"
	case wrong&(fdb.Offloaded|fdb.Locked) != 0:
		return fmt.Sprintf("the flag %s is only reported", wrong)
	case wrong != 0:
		return fmt.Sprintf("this database has no flag %s", wrong)
	}
	return ""
}

func (e *object) numberFault() string {
	switch {
	case e.VLAN > MostVLAN:
		return fmt.Sprintf("vlan %d is not in 1…%d", e.VLAN, MostVLAN)
	case e.VNI > MostVNI:
		return fmt.Sprintf("vni %d is not in 1…%d", e.VNI, MostVNI)
	case e.SrcVNI > MostVNI:
		return fmt.Sprintf("src_vni %d is not in 1…%d", e.SrcVNI, MostVNI)
	case e.ViaIndex < 0:
		return fmt.Sprintf("via %d is not an interface index", e.ViaIndex)
	}
	return AddrFault(e.Dst)
}

func (e *object) databaseFault() string {
	switch e.Database {
	case OfVXLAN:
		return e.vxlanFault()
	case OfFilter:
		return e.filterFault()
	}
	switch {
	case isZero(e.MAC):
		return "zeros are no address in a bridge"
	case e.tunnels():
		return "tunnels are for entries of a VXLAN link's own: see package vxlan"
	case e.Flags&fdb.Sticky != 0 && e.Flags&fdb.ExternLearn != 0:
		return "sticky and extern_learn exclude one another"
	case e.Flags&fdb.Sticky != 0 && e.State == fdb.Permanent:
		return "a permanent entry leads to the machine and cannot be sticky: make it static"
	case e.Database == OfBridge && e.State != fdb.Permanent:
		return "an entry that leads to the bridge itself is permanent"
	}
	return ""
}

// tunnels reports whether the entry has fields that only a VXLAN link's database
// supports.
func (e *object) tunnels() bool {
	return e.Dst.IsValid() || e.DstPort != 0 || e.VNI != 0 || e.SrcVNI != 0 || e.hasVia() || e.NextHop != 0
}

func (e *object) hasVia() bool {
	return e.Via != "" || e.ViaIndex != 0
}

func (e *object) vxlanFault() string {
	switch {
	case e.VLAN != 0:
		return "a VXLAN link has networks instead of VLANs: set SrcVNI"
	case e.Notify || e.NoRefresh:
		return "only entries of a bridge can have Notify or NoRefresh"
	case e.NextHop != 0 && (e.Dst.IsValid() || e.DstPort != 0 || e.VNI != 0 || e.hasVia()):
		return "a nexthop comes in place of dst, port, vni and via"
	case isZero(e.MAC) && !e.Dst.IsValid() && e.NextHop == 0:
		return "the entry for all other addresses needs a remote"
	}
	return ""
}
