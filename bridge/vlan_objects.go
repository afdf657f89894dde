package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"syscall"

	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// VLANs adds VLANs of the port, or changes their flags and tunnels. Other VLANs stay,
// also the one that the kernel gives each port, VLAN 1 unless VLANDefaultPVID says
// otherwise. Consecutive VLANs with equal flags take one request together. The kernel
// removes the VLANs when the port leaves its bridge (IFLA_BRIDGE_VLAN_INFO,
// IFLA_BRIDGE_VLAN_TUNNEL_INFO).
func (b *PortBuilder) VLANs(vlans ...VLAN) *PortBuilder {
	addVLANs(&b.own, false, false, vlans)
	return b
}

// OnlyVLANs is VLANs, and removes all other VLANs of the port, also the one that the
// kernel gives it. Without arguments the port has no VLAN. It excludes VLANs.
func (b *PortBuilder) OnlyVLANs(vlans ...VLAN) *PortBuilder {
	addVLANs(&b.own, false, true, vlans)
	return b
}

// VLANs adds VLANs of the bridge itself: the machine sends and receives in them. See
// PortBuilder.VLANs; VLANs of the bridge have no Tunnel.
func (b *Builder) VLANs(vlans ...VLAN) *Builder {
	addVLANs(b.Own(b), true, false, vlans)
	return b
}

// OnlyVLANs is VLANs, and removes all other VLANs of the bridge itself. It excludes
// VLANs.
func (b *Builder) OnlyVLANs(vlans ...VLAN) *Builder {
	addVLANs(b.Own(b), true, true, vlans)
	return b
}

// vlanObjects are the VLANs that a builder wants.
type vlanObjects struct {
	self     bool   // of the bridge itself
	only     bool   // no others
	atLeast  bool   // VLANs was called
	vlans    []VLAN // sorted by number
	removed  []VLAN // by commands that were read
	conflict string
}

func addVLANs(s *own.Settings, self, only bool, vlans []VLAN) {
	o := vlanObjects{self: self}
	if had := own.FindObjects[*vlanObjects](s); had != nil {
		o = *had
	}
	o.only, o.atLeast = o.only || only, o.atLeast || !only
	o.vlans = slices.Concat(o.vlans, vlans)
	if byID := func(a, b VLAN) int { return cmp.Compare(a.ID, b.ID) }; !slices.IsSortedFunc(o.vlans, byID) {
		slices.SortStableFunc(o.vlans, byID)
	}
	o.vlans = slices.CompactFunc(o.vlans, o.again)
	s.SetObjects(&o)
}

// again reports whether two VLANs have the same number, and notes it if they differ.
func (o *vlanObjects) again(had, v VLAN) bool {
	if had.ID == v.ID && had != v && o.conflict == "" {
		o.conflict = fmt.Sprintf("VLAN %d is given twice, with different properties", v.ID)
	}
	return had.ID == v.ID
}

func (o *vlanObjects) Word() string {
	return "vlan"
}

func (o *vlanObjects) setter() string {
	if o.only {
		return "OnlyVLANs"
	}
	return "VLANs"
}

func (o *vlanObjects) Fault() (setter, text string) {
	if o.only && o.atLeast {
		return o.setter(), "VLANs and OnlyVLANs exclude each other"
	}
	if o.conflict != "" {
		return o.setter(), o.conflict
	}
	if len(o.removed) > 0 && !o.only {
		return "OnlyVLANs", fmt.Sprintf("a builder takes single VLANs such as %d away only together with all others", o.removed[0].ID)
	}
	pvid := uint16(0)
	for _, v := range o.vlans {
		switch {
		case v.ID == 0 || v.ID > mostVID:
			return o.setter(), "vid " + idFault(v.ID)
		case v.Tunnel > 1<<24-1:
			return o.setter(), fmt.Sprintf("the tunnel %d of VLAN %d is not in 1…%d", v.Tunnel, v.ID, 1<<24-1)
		case v.Tunnel != 0 && o.self:
			return o.setter(), fmt.Sprintf("VLAN %d has a tunnel, which only a port can have", v.ID)
		case v.PVID && pvid != 0:
			return o.setter(), fmt.Sprintf("both %d and %d are to be the VLAN of frames without a tag", pvid, v.ID)
		case v.PVID:
			pvid = v.ID
		}
	}
	return "", ""
}

// Requests removes all VLANs that are not wanted, also numbers that the
// port lacks, and adds the wanted ones.
func (o *vlanObjects) Requests() []own.Request {
	var all []own.Request
	if o.only {
		all = o.append(all, uapi.RTM_DELLINK, o.unwanted(), noFlags, false)
	}
	return o.append(all, uapi.RTM_SETLINK, o.vlans, VLAN.flags, true)
}

// unwanted returns all numbers that are not wanted.
func (o *vlanObjects) unwanted() []VLAN {
	all := make([]VLAN, 0, mostVID)
	eachNumber(o.vlans, VLANRange(1, mostVID), func(want, any *VLAN) {
		if want == nil {
			all = append(all, *any)
		}
	})
	return all
}

// findVLAN returns the VLAN with a number from a list that is sorted by number, or nil.
func findVLAN(vlans []VLAN, id uint16) *VLAN {
	i, ok := slices.BinarySearchFunc(vlans, id, func(v VLAN, id uint16) int { return cmp.Compare(v.ID, id) })
	if !ok {
		return nil
	}
	return &vlans[i]
}

// append appends the requests for VLANs with their flags, unless flags is nil, and with
// their tunnels.
func (o *vlanObjects) append(all []own.Request, typ uint16, vlans []VLAN, flags func(VLAN) uint16, tunnels bool) []own.Request {
	for part := range slices.Chunk(vlans, vlansPerRequest) {
		all = append(all, own.Request{Text: vlanText(part), Type: typ, Reason: vlanReason, Append: func(b []byte, index int) []byte {
			b, at := beginSpec(b, index, o.self)
			if flags != nil {
				b = appendVLANs(b, part, flags)
			}
			if tunnels {
				b = appendTunnels(b, part)
			}
			return wire.End(b, at)
		}})
	}
	return all
}

// vlanText returns the first and the last VLAN of a request.
func vlanText(vlans []VLAN) string {
	return rangeText(vlans[0].ID, vlans[len(vlans)-1].ID)
}

func vlanReason(errno syscall.Errno) string {
	switch errno {
	case syscall.EOPNOTSUPP:
		return own.NoVLANFiltering
	case syscall.EINVAL:
		return needsTunnel
	case syscall.EEXIST:
		return "another VLAN of the port has that tunnel"
	}
	return ""
}

// Compare finds the VLANs that the link lacks or has with other properties and, for
// OnlyVLANs, those that it has beside. Ranges are one difference.
func (o *vlanObjects) Compare(ctx context.Context, conn *rtnl.Conn, index int) ([]own.Change, error) {
	have, err := readVLANs(ctx, conn, index)
	if err != nil {
		return nil, err
	}
	return o.compare(have), nil
}

// compare is Compare for VLANs that were read, sorted by number.
func (o *vlanObjects) compare(have []VLAN) []own.Change {
	var extra, missing, set, retunnel []VLAN
	var changes []own.Change
	eachNumber(o.vlans, have, func(want, had *VLAN) {
		switch {
		case want == nil && o.only:
			extra = append(extra, *had)
		case want == nil || had != nil && o.matches(*want, *had):
		case had == nil:
			missing, set = append(missing, *want), append(set, *want)
		default:
			v := *want
			if had.Tunnel != 0 && had.Tunnel != v.Tunnel && (v.Tunnel != 0 || o.only) {
				retunnel = append(retunnel, *had)
			}
			if had.Tunnel == v.Tunnel {
				v.Tunnel = 0 // the kernel refuses one that is there
			}
			set = append(set, v)
			changes = append(changes, own.Change{Have: rangeWords(*had, *had), Want: rangeWords(*want, *want)})
		}
	})
	changes = append(appendRanges(appendRanges(nil, extra, true), missing, false), changes...)
	if len(changes) == 0 {
		return nil
	}
	all := o.append(nil, uapi.RTM_DELLINK, extra, noFlags, false)
	all = o.append(all, uapi.RTM_DELLINK, retunnel, nil, true)
	changes[0].Requests = o.append(all, uapi.RTM_SETLINK, set, VLAN.flags, true)
	return changes
}

// eachNumber calls each for every number in two lists that are sorted by number, with the
// VLAN of each list, or nil.
func eachNumber(want, have []VLAN, each func(want, have *VLAN)) {
	for len(want) > 0 || len(have) > 0 {
		switch {
		case len(have) == 0 || len(want) > 0 && want[0].ID < have[0].ID:
			each(&want[0], nil)
			want = want[1:]
		case len(want) == 0 || have[0].ID < want[0].ID:
			each(nil, &have[0])
			have = have[1:]
		default:
			each(&want[0], &have[0])
			want, have = want[1:], have[1:]
		}
	}
}

// matches reports whether a VLAN is as wanted. Without a wanted tunnel, only OnlyVLANs
// compares it.
func (o *vlanObjects) matches(want, have VLAN) bool {
	return want.flags() == have.flags() && (want.Tunnel == have.Tunnel || want.Tunnel == 0 && !o.only)
}

// appendRanges appends a difference for each range of VLANs with equal flags and without
// tunnels. All of them share one text.
func appendRanges(changes []own.Change, vlans []VLAN, have bool) []own.Change {
	var words []byte
	ends := make([]int, 0, len(vlans))
	runs(vlans, alike, func(first, last VLAN, _ rangeMark) {
		words = appendWords(words, first, last)
		ends = append(ends, len(words))
	})
	text, from := string(words), 0
	changes = slices.Grow(changes, len(ends))
	for _, end := range ends {
		change := own.Change{Want: text[from:end]}
		if have {
			change.Have, change.Want = change.Want, ""
		}
		changes, from = append(changes, change), end
	}
	return changes
}

func alike(v, next VLAN) bool {
	return v.flags() == next.flags() && !v.PVID && v.Tunnel == 0 && next.Tunnel == 0
}

// rangeWords is String for a range of VLANs, with the tunnel of the first one.
func rangeWords(first, last VLAN) string {
	return string(appendWords(make([]byte, 0, len("vid 4094 pvid untagged tunnel_info id 16777215")), first, last))
}

func appendWords(b []byte, first, last VLAN) []byte {
	b = appendRange(b, first.ID, last.ID)
	if first.PVID {
		b = append(b, " pvid"...)
	}
	if first.Untagged {
		b = append(b, " untagged"...)
	}
	if first.Tunnel != 0 {
		b = strconv.AppendUint(append(b, " tunnel_info id "...), uint64(first.Tunnel), 10)
	}
	return b
}

// Commands returns a command for each range, and one for each tunnel.
func (o *vlanObjects) Commands(dev string) (all []string) {
	end := " dev " + dev
	if o.self {
		end += " self"
	}
	if o.only {
		runs(o.unwanted(), alike, func(first, last VLAN, _ rangeMark) {
			all = append(all, "vlan del "+rangeText(first.ID, last.ID)+end)
		})
	}
	bare := slices.Clone(o.vlans)
	for i := range bare {
		bare[i].Tunnel = 0
	}
	runs(bare, alike, func(first, last VLAN, _ rangeMark) {
		all = append(all, "vlan add "+rangeWords(first, last)+end)
	})
	for _, v := range o.vlans {
		if v.Tunnel != 0 {
			all = append(all, "vlan add"+end+" "+v.TunnelString())
		}
	}
	return all
}

// readVLANs returns the VLANs of a port or a bridge, sorted by number. A link that is
// neither, and a kernel without VLAN support, have none. The kernel reports one link: a
// list of all links would take time for each port of all bridges.
func readVLANs(ctx context.Context, conn *rtnl.Conn, index int) ([]VLAN, error) {
	all, err := readAllVLANs(ctx, conn, index)
	return all[index], err
}

// readAllVLANs is readVLANs for one link or, if the index is 0, for all links, by index.
func readAllVLANs(ctx context.Context, conn *rtnl.Conn, index int) (all map[int][]VLAN, err error) {
	body := func(b []byte) []byte { return appendVLANHeader(b, index) }
	err = conn.Dump(ctx, uapi.RTM_GETVLAN, body, func() { all = map[int][]VLAN{} }, func(m wire.Message) {
		if of := headerIndex(m); of != 0 {
			all[of] = appendMessage(all[of], m, of)
		}
	})
	if refused, ok := errors.AsType[*rtnl.Errno](err); ok && (refused.Errno == syscall.EINVAL || refused.Errno == syscall.EOPNOTSUPP) {
		return nil, nil
	}
	return all, err
}

// appendMessage appends the VLANs in a message about a link.
func appendMessage(all []VLAN, m wire.Message, index int) []VLAN {
	eachOfVLAN(m, index, func(typ uint16, data []byte) {
		if typ != uapi.BRIDGE_VLANDB_ENTRY {
			return
		}
		v, last := parseEntry(data)
		if all == nil && v.ID <= last {
			all = make([]VLAN, 0, len(m.Data)/len(data))
		}
		for ; v.ID <= last; v = v.next() {
			all = append(all, v)
		}
	})
	return all
}
