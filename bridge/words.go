package bridge

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/words"
)

// Words makes iplink.ParseCommand and iplink.ParseBatch read `bridge vlan` and `bridge mdb`,
// as the commands of the setters VLANs and MDB are, and iplink.ParseJSON "vlans" and "mdb".
// Programs without it do not contain the readers.
func Words() iplink.ParseOption {
	return iplink.ReadObjects(map[string]own.ObjectReader{
		"vlan": {Words: readVLANWords, Key: "vlans", List: readVLANList, Sample: []vlanForm{}},
		"mdb":  {Words: readMDBWords, Key: "mdb", List: readMDBList, Sample: []mdbForm{}},
	})
}

// vlanWords are the words that follow `bridge vlan add`, without the link.
var vlanWords = []string{"vid", "pvid", "untagged", "tunnel_info", "id"}

// readVLANWords reads the arguments of `bridge vlan`. The removals must leave no other
// VLANs than the wanted ones.
func readVLANWords(s *own.Settings, self bool, verb string, args *words.Args) error {
	v, last, err := readVLANRange(args)
	if err != nil {
		return err
	}
	all := VLANRange(v.ID, last)
	for i := range all {
		all[i].PVID, all[i].Untagged = v.PVID, v.Untagged
	}
	if v.Tunnel != 0 {
		return addTunnels(s, self, all, v.Tunnel)
	}
	if verb == "delete" {
		for i := range all {
			all[i] = VLAN{ID: all[i].ID}
		}
		removeVLANs(s, self, all)
		return nil
	}
	addVLANs(s, self, false, all)
	completeVLANs(s)
	return nil
}

// readVLANRange reads a range of VLANs with their flags, and the tunnel of the first one.
func readVLANRange(args *words.Args) (v VLAN, last uint16, err error) {
	for args.More() && err == nil {
		word := args.Next()
		if full, ok := words.Match(word, vlanWords); ok {
			word = full
		}
		switch word {
		case "vid":
			v.ID, last, err = readRange(args)
		case "pvid":
			v.PVID = true
		case "untagged":
			v.Untagged = true
		case "tunnel_info":
			args.Take("id")
			v.Tunnel, err = readTunnel(args)
		default:
			err = args.Unknown(vlanWords)
		}
	}
	if err == nil && v.ID == 0 {
		err = args.Missing(`"vid" and a number`)
	}
	return v, last, err
}

// readRange reads a number, or two with a hyphen.
func readRange(args *words.Args) (first, last uint16, err error) {
	text, err := args.Value()
	if err != nil {
		return 0, 0, err
	}
	left, right, isRange := strings.Cut(text, "-")
	if !isRange {
		right = left
	}
	a, ok := words.Number(left, 12)
	b, both := words.Number(right, 12)
	if !ok || !both || a == 0 || b > mostVID || a > b {
		return 0, 0, args.Faultf("%q is not a VLAN, 1…%d, or a range of them", text, mostVID)
	}
	return uint16(a), uint16(b), nil
}

// readTunnel reads the number of a tunnel, or the first of a range.
func readTunnel(args *words.Args) (uint32, error) {
	text, err := args.Value()
	if err != nil {
		return 0, err
	}
	left, _, _ := strings.Cut(text, "-")
	n, ok := words.Number(left, 24)
	if !ok || n == 0 {
		return 0, args.Faultf("%q is not a network ID", text)
	}
	return uint32(n), nil
}

// vlanObjectsOf returns a copy of the VLANs in the settings.
func vlanObjectsOf(s *own.Settings, self bool) *vlanObjects {
	o := vlanObjects{self: self}
	if had := own.FindObjects[*vlanObjects](s); had != nil {
		o = *had
	}
	o.vlans, o.removed = slices.Clone(o.vlans), slices.Clone(o.removed)
	return &o
}

// addTunnels gives VLANs consecutive tunnels. The flags of VLANs that are there stay.
func addTunnels(s *own.Settings, self bool, vlans []VLAN, first uint32) error {
	o := vlanObjectsOf(s, self)
	for i, v := range vlans {
		v.Tunnel = first + uint32(i)
		if had := findVLAN(o.vlans, v.ID); had != nil {
			had.Tunnel = v.Tunnel
			continue
		}
		o.atLeast = !o.only
		o.vlans = append(o.vlans, v)
		slices.SortFunc(o.vlans, func(a, b VLAN) int { return cmp.Compare(a.ID, b.ID) })
	}
	s.SetObjects(o)
	return nil
}

// removeVLANs notes VLANs that the link is not to have.
func removeVLANs(s *own.Settings, self bool, vlans []VLAN) {
	o := vlanObjectsOf(s, self)
	var had [mostVID + 1]bool
	for _, v := range o.removed {
		had[v.ID] = true
	}
	for _, v := range vlans {
		if !had[v.ID] {
			o.removed = append(o.removed, v)
		}
	}
	s.SetObjects(o)
	completeVLANs(s)
}

// completeVLANs makes the wanted VLANs the only ones, if all others are removed.
func completeVLANs(s *own.Settings) {
	had := own.FindObjects[*vlanObjects](s)
	if had == nil || len(had.removed) == 0 {
		return
	}
	o := vlanObjectsOf(s, had.self)
	var covered [mostVID + 1]bool
	for _, v := range slices.Concat(o.removed, o.vlans) {
		covered[v.ID] = true
	}
	o.only = !slices.Contains(covered[1:], false)
	o.atLeast = !o.only && len(o.vlans) > 0
	s.SetObjects(o)
}

// mdbWords are the words that follow `bridge mdb add`, without the bridge.
var mdbWords = []string{"grp", "port", "src", "permanent", "temp", "vid", "filter_mode", "source_list", "proto"}

// readMDBWords reads the arguments of `bridge mdb add`.
func readMDBWords(s *own.Settings, _ bool, verb string, args *words.Args) error {
	if verb == "delete" {
		return args.Fault("a builder takes no single entry away: OnlyMDB leaves no others")
	}
	var e MDBEntry
	for args.More() {
		word := args.Next()
		if full, ok := words.Match(word, mdbWords); ok {
			word = full
		}
		if err := e.readWord(word, args); err != nil {
			return err
		}
	}
	if e.MAC == nil && !e.Group.IsValid() {
		return args.Missing(`"grp" and a group`)
	}
	addMDB(s, false, []MDBEntry{e})
	return nil
}

func (e *MDBEntry) readWord(word string, args *words.Args) (err error) {
	switch word {
	case "grp":
		return e.readGroup(args)
	case "port":
		if e.Port, err = args.Value(); err == nil {
			if index, ok := attr.LinkIndex(e.Port); ok {
				e.Port, e.PortIndex = "", index
			}
		}
	case "src":
		e.Source, err = args.Addr()
	case "permanent", "temp":
		e.Permanent = word == "permanent"
	case "vid":
		e.VLAN, _, err = readRange(args)
	case "filter_mode":
		var mode string
		mode, err = args.Value()
		e.Include = mode == "include"
		if err == nil && !e.Include && mode != "exclude" {
			err = args.Unknown([]string{"include", "exclude"})
		}
	case "source_list":
		err = e.readSources(args)
	case "proto":
		var proto inet.RouteProto
		proto, err = inetnl.ReadProtocol(args)
		e.Protocol = uint8(proto)
	default:
		err = args.Unknown(mdbWords)
	}
	return err
}

func (e *MDBEntry) readGroup(args *words.Args) error {
	text, err := args.Value()
	if err != nil {
		return err
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		e.Group = a
		return nil
	}
	mac, ok := words.HardwareAddr(text)
	if !ok || len(mac) != 6 {
		return args.Faultf("%q is not an IP or Ethernet address", text)
	}
	e.MAC = mac
	return nil
}

func (e *MDBEntry) readSources(args *words.Args) error {
	list, err := args.Value()
	if err != nil {
		return err
	}
	for text := range strings.SplitSeq(list, ",") {
		source, _, _ := strings.Cut(text, "/")
		a, err := netip.ParseAddr(source)
		if err != nil {
			return args.Faultf("%q is not an IP address", text)
		}
		e.Sources = append(e.Sources, MDBSource{Addr: a})
	}
	return nil
}
