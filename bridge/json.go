package bridge

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/iplink-go/iplink/internal/jsonform"
	"github.com/iplink-go/iplink/internal/own"
)

// A vlanForm is a VLAN in JSON, or a range of VLANs with equal flags.
type vlanForm struct {
	// ID is the number of the VLAN, 1 to 4094, or a range of them such as "7-9".
	ID jsonform.Range `word:"vid,required,short"`
	// PVID assigns untagged ingress frames to the VLAN.
	PVID bool `word:"pvid"`
	// Untagged removes the tag from the egress frames of the VLAN.
	Untagged bool `word:"untagged"`
	// Tunnel is the network of the VLAN if the port is a VXLAN link, or of the first VLAN of
	// the range.
	Tunnel uint32 `word:"tunnel_info" range:"1-16777215"`
}

// follows reports whether a VLAN continues the range.
func (f *vlanForm) follows(v VLAN) bool {
	n := f.ID.Last - f.ID.First + 1
	tunnel := f.Tunnel
	if tunnel != 0 {
		tunnel += n
	}
	return uint32(v.ID) == f.ID.Last+1 && v.PVID == f.PVID && v.Untagged == f.Untagged && v.Tunnel == tunnel
}

// JSON is part of own.Lister.
func (o *vlanObjects) JSON() (key string, only bool, list any) {
	all := []vlanForm{}
	for _, v := range o.vlans {
		if n := len(all); n > 0 && all[n-1].follows(v) {
			all[n-1].ID.Last++
			continue
		}
		all = append(all, vlanForm{jsonform.Range{First: uint32(v.ID), Last: uint32(v.ID)}, v.PVID, v.Untagged, v.Tunnel})
	}
	return "vlans", o.only, &all
}

func readVLANList(s *own.Settings, self, only bool, n *jsonform.Node) error {
	var all []vlanForm
	if err := jsonform.Read(n, &all); err != nil {
		return err
	}
	var had [mostVID + 1]VLAN
	var vlans []VLAN
	for i, f := range all {
		if f.ID.First == 0 || f.ID.Last > mostVID {
			return n.Items[i].Fault("the number of a VLAN is not in 1…4094")
		}
		for id := f.ID.First; id <= f.ID.Last; id++ {
			v := f.vlan(id)
			switch had[id] {
			case v:
				continue
			case VLAN{}:
				had[id] = v
			default:
				return n.Items[i].Fault(fmt.Sprintf("VLAN %d is given twice, with different properties", id))
			}
			vlans = append(vlans, v)
		}
	}
	addVLANs(s, self, only, vlans)
	return nil
}

// vlan returns a VLAN of the range.
func (f *vlanForm) vlan(id uint32) VLAN {
	v := VLAN{ID: uint16(id), PVID: f.PVID, Untagged: f.Untagged, Tunnel: f.Tunnel}
	if v.Tunnel != 0 {
		v.Tunnel += id - f.ID.First
	}
	return v
}

// An mdbForm is an MDBEntry in JSON.
type mdbForm struct {
	// Port is the name of the port, which may be the bridge itself, and PortIndex its index.
	Port      string `word:"port"`
	PortIndex int    `word:"port_index"`
	// Group is the IP address of the group.
	Group netip.Addr `word:"grp"`
	// MAC is the Ethernet address of a group outside IP.
	MAC net.HardwareAddr `word:"mac"`
	// Source restricts the entry to frames from one address.
	Source netip.Addr `word:"src"`
	// Sources are the addresses whose frames are accepted or excluded.
	Sources []netip.Addr `word:"source_list"`
	// Include makes the Sources accepted rather than excluded.
	Include bool `word:"include"`
	// VLAN is the VLAN of the entry.
	VLAN uint16 `word:"vid" range:"1-4094"`
	// Permanent entries do not expire.
	Permanent bool `word:"permanent"`
	// Protocol is the origin of the entry, 4 by default.
	Protocol uint8 `word:"proto"`
}

// JSON is part of own.Lister.
func (o *mdbObjects) JSON() (key string, only bool, list any) {
	entries := o.list().entries
	all := make([]mdbForm, len(entries))
	for i, e := range entries {
		all[i] = mdbForm{e.Port, e.PortIndex, e.Group, e.MAC, e.Source, nil, e.Include, e.VLAN, e.Permanent, e.Protocol}
		for _, source := range e.Sources {
			all[i].Sources = append(all[i].Sources, source.Addr)
		}
	}
	return "mdb", o.only, &all
}

func readMDBList(s *own.Settings, _, only bool, n *jsonform.Node) error {
	var all []mdbForm
	if err := jsonform.Read(n, &all); err != nil {
		return err
	}
	entries := make([]MDBEntry, len(all))
	for i, f := range all {
		entries[i] = MDBEntry{Port: f.Port, PortIndex: f.PortIndex, Group: f.Group, MAC: f.MAC, Source: f.Source,
			Include: f.Include, VLAN: f.VLAN, Permanent: f.Permanent, Protocol: f.Protocol}
		for _, source := range f.Sources {
			entries[i].Sources = append(entries[i].Sources, MDBSource{Addr: source})
		}
	}
	addMDB(s, only, entries)
	return nil
}
