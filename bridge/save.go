package bridge

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// Objects makes iplink.Save include the VLANs of bridges and of their ports, and the
// permanent entries of multicast databases, as the setters VLANs and MDB have them. Of the
// settings of a VLAN, these are its flags and its tunnel. Programs without it do not contain
// the readers.
func Objects() iplink.SaveOption {
	return iplink.SaveObjects(func(ctx context.Context, conn *rtnl.Conn, links map[int]*own.Saved) error {
		return errors.Join(saveVLANs(ctx, conn, links), saveMDB(ctx, conn, links))
	})
}

// saveVLANs is an own.Saver.
func saveVLANs(ctx context.Context, conn *rtnl.Conn, links map[int]*own.Saved) error {
	all, err := readAllVLANs(ctx, conn, 0)
	for index, l := range links {
		switch own, isBridge := l.Info.(*iplink.BridgeInfo); {
		case isBridge:
			saveVLANsOf(l.Link, true, own, all[index])
		case l.Port != nil && links[l.Master] != nil:
			if b, ok := links[l.Master].Info.(*iplink.BridgeInfo); ok {
				saveVLANsOf(l.Port, false, b, all[index])
			}
		}
	}
	return err
}

// saveVLANsOf stores VLANs of a bridge itself or of a port of it, without the one that the
// kernel gives them.
func saveVLANsOf(s *own.Settings, self bool, b *iplink.BridgeInfo, have []VLAN) {
	usual := VLAN{ID: b.VLANDefaultPVID, PVID: true, Untagged: true}
	if usual.ID != 0 && !slices.ContainsFunc(have, func(v VLAN) bool { return v.ID == usual.ID }) {
		if b.VLANProtocol != 0 { // the kernel's bridge knows VLANs
			addVLANs(s, self, true, have)
		}
		return
	}
	if other := slices.DeleteFunc(have, func(v VLAN) bool { return v == usual }); len(other) > 0 {
		addVLANs(s, self, false, other)
	}
}

// saveMDB is an own.Saver. A kernel without multicast databases has no entries.
func saveMDB(ctx context.Context, conn *rtnl.Conn, links map[int]*own.Saved) error {
	all, err := readAllMDB(ctx, conn)
	if refused, ok := errors.AsType[*rtnl.Errno](err); ok && refused.Errno == syscall.EOPNOTSUPP {
		return nil
	}
	for index, entries := range all {
		if l := links[index]; l != nil {
			if lasting := lastingMDB(links, entries); len(lasting) > 0 {
				addMDB(l.Link, false, lasting)
			}
		}
	}
	return err
}

// lastingMDB returns the permanent entries that programs have made, with the names of
// their ports.
func lastingMDB(links map[int]*own.Saved, entries []reportedMDB) (all []MDBEntry) {
	for i := range entries {
		e := entries[i].MDBEntry
		isSource := func(star reportedMDB) bool {
			return star.PortIndex == e.PortIndex && star.Group == e.Group && star.VLAN == e.VLAN && !star.Source.IsValid() && star.lists(e.Source)
		}
		name := own.NameOf(links, e.PortIndex)
		if !e.Permanent || e.StarExclude || name == "" || e.Source.IsValid() && slices.ContainsFunc(entries, isSource) {
			continue
		}
		e.Port, e.PortIndex, e.Timer = name, 0, 0
		e.Offloaded, e.FastLeave, e.Blocked = false, false, false
		e.Include = e.Include && !e.Source.IsValid()
		for i := range e.Sources {
			e.Sources[i].Timer = 0
		}
		if e.Protocol == staticProtocol {
			e.Protocol = 0
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b MDBEntry) int { return cmp.Compare(a.String(), b.String()) })
	return all
}

// staticProtocol is the protocol of entries that are made without one (RTPROT_STATIC).
const staticProtocol = 4
