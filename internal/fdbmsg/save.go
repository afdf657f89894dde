package fdbmsg

import (
	"context"
	"net/netip"
	"slices"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// Save is an own.Saver of the permanent and static entries of bridges, of their ports and
// of VXLAN links, and of the addresses in the filters of other links, unless the kernel put
// them there for links on top. Entries that a control plane manages are left to it, and so are the
// entries of a VXLAN link that filters its networks: see SaveTunnels.
func Save(ctx context.Context, conn *rtnl.Conn, links map[int]*own.Saved) error {
	made := map[int]func(*fdb.Entry) bool{}
	for index, l := range links {
		if l.Flood != nil {
			made[index] = Floods(l.Flood.Remote, l.Flood.VNI, func(uint32, netip.Addr) bool { return false })
		}
	}
	return save(ctx, conn, links, func(e *fdb.Entry, l *own.Saved) bool {
		switch {
		case e.Flags&fdb.Master != 0:
			return e.State == fdb.Permanent && string(e.MAC) == string(l.Address)
		case ownSetter(l.Link.Kind) == "":
			return e.State != fdb.Permanent || isGroup(e.MAC)
		case made[l.Index] == nil:
			return true
		}
		return made[l.Index](e)
	})
}

// SaveTunnels is an own.Saver of the entries of VXLAN links. made returns a function that
// finds the entries that the kernel makes, or nil for a link whose entries are not saved.
func SaveTunnels(ctx context.Context, conn *rtnl.Conn, links map[int]*own.Saved, made func(*own.Saved) func(*fdb.Entry) bool) error {
	found := map[int]func(*fdb.Entry) bool{}
	for index, l := range links {
		found[index] = made(l)
	}
	return save(ctx, conn, links, func(e *fdb.Entry, l *own.Saved) bool {
		return e.Flags&fdb.Master != 0 || found[l.Index] == nil || found[l.Index](e)
	})
}

// save stores all entries but those for which leave returns true.
func save(ctx context.Context, conn *rtnl.Conn, links map[int]*own.Saved, leave func(*fdb.Entry, *own.Saved) bool) error {
	type place struct {
		s *own.Settings
		d Database
	}
	var places []place
	var all map[place][]fdb.Entry
	name := func(index int) string { return own.NameOf(links, index) }
	err := conn.Dump(ctx, uapi.RTM_GETNEIGH, Header{}.Append, func() { places, all = nil, map[place][]fdb.Entry{} }, func(m wire.Message) {
		e, ok := Parse(m.Data, name)
		l := links[e.PortIndex]
		if !ok || m.Type != uapi.RTM_NEWNEIGH || len(e.MAC) != 6 || l == nil || !lasts(&e) || leave(&e, l) {
			return
		}
		var at place
		if at.s, at.d = placeOf(&e, l); at.s == nil {
			return
		}
		if all[at] == nil {
			places = append(places, at)
		}
		all[at] = append(all[at], settable(e))
	})
	of := newFilters(links)
	for _, at := range places {
		if at.d == OfFilter {
			of.add(at.s, all[at])
		}
	}
	for _, at := range places {
		if at.d != OfFilter {
			Add(at.s, at.d, false, nil, all[at])
		} else if entries := of.byPrograms(at.s, all[at]); len(entries) > 0 {
			Add(at.s, at.d, false, keepFilter, entries)
		}
	}
	return err
}

// filters knows the links that have an address or a filter with it.
type filters struct {
	links map[int]*own.Saved
	index map[*own.Settings]int
	by    map[string][]int
}

func newFilters(links map[int]*own.Saved) *filters {
	f := &filters{links, map[*own.Settings]int{}, map[string][]int{}}
	for i, l := range links {
		f.index[l.Link] = i
		f.by[string(l.Address)] = append(f.by[string(l.Address)], i)
	}
	return f
}

// add adds the addresses in the filter of a link.
func (f *filters) add(s *own.Settings, entries []fdb.Entry) {
	for _, e := range entries {
		f.by[string(e.MAC)] = append(f.by[string(e.MAC)], f.index[s])
	}
}

// byPrograms returns the addresses in the filter of a link that no link on top has put
// there.
func (f *filters) byPrograms(s *own.Settings, entries []fdb.Entry) []fdb.Entry {
	at := f.index[s]
	return slices.DeleteFunc(entries, func(e fdb.Entry) bool {
		return slices.ContainsFunc(f.by[string(e.MAC)], func(other int) bool { return f.isAbove(other, at) })
	})
}

// isAbove reports whether a link is on top of another one, or on top of links on it.
func (f *filters) isAbove(index, below int) bool {
	for range len(f.links) { // links cannot be in a ring, but reports can
		l := f.links[index]
		if l == nil || l.Below == 0 {
			return false
		}
		if index = l.Below; index == below {
			return true
		}
	}
	return false
}

// lasts reports whether a program, and no control plane, made an entry that does not age.
func lasts(e *fdb.Entry) bool {
	return e.State <= fdb.Static && e.Flags&fdb.ExternLearn == 0
}

// placeOf returns the settings that an entry of a link belongs to, or nil.
func placeOf(e *fdb.Entry, l *own.Saved) (*own.Settings, Database) {
	switch isPort := l.Port != nil && l.Port.Kind == "bridge"; {
	case e.Flags&fdb.Master == 0 && l.Link.Kind == "vxlan":
		return l.Link, OfVXLAN
	case e.Flags&fdb.Master == 0 && l.Master == 0 && ownSetter(l.Link.Kind) == "":
		return l.Link, OfFilter
	case e.Flags&fdb.Master == 0:
		return nil, OfFilter
	case l.Link.Kind == "bridge":
		return l.Link, OfBridge
	case isPort:
		return l.Port, OfPort
	}
	return nil, OfFilter
}

// settable returns an entry with the properties that a builder takes.
func settable(e fdb.Entry) fdb.Entry {
	if e.Via != "" {
		e.ViaIndex = 0
	}
	e.Port, e.PortIndex, e.Inactive, e.Used, e.Updated = "", 0, false, 0, 0
	e.Flags &= compared
	return e
}

// FiltersVNIs reports whether a VXLAN link accepts only the networks of a list.
func FiltersVNIs(vxlan *rtnl.Link) bool {
	filter := wire.Find(vxlan.Data, uapi.IFLA_VXLAN_VNIFILTER)
	return len(filter) == 1 && filter[0] != 0
}

// Floods returns a function that finds the entries for all other addresses that the kernel
// makes of the remote of a VXLAN link, and of the groups of its networks.
func Floods(remote netip.Addr, vni uint32, isGroup func(network uint32, dst netip.Addr) bool) func(*fdb.Entry) bool {
	return func(e *fdb.Entry) bool {
		known := e.Dst == remote || isGroup(e.SrcVNI, e.Dst)
		ownNetwork := e.VNI == 0 || e.VNI == vni || e.VNI == e.SrcVNI
		return isZero(e.MAC) && e.Dst.IsValid() && known && e.DstPort == 0 && e.NextHop == 0 && ownNetwork
	}
}

// RemoteOf returns the setting Remote of a VXLAN link.
func RemoteOf(vxlan *rtnl.Link) (remote netip.Addr) {
	for _, typ := range []uint16{uapi.IFLA_VXLAN_GROUP, uapi.IFLA_VXLAN_GROUP6} {
		if a, ok := netip.AddrFromSlice(wire.Find(vxlan.Data, typ)); ok && !a.IsUnspecified() {
			remote = a
		}
	}
	return remote
}
