package bridge

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// MDB adds entries to the multicast database. Their Port is a link that exists in the
// bridge's namespace or that the same call makes, and the bridge's own name where the
// machine itself joins a group. The bridge must be up, with snooping on. An entry with
// other properties is removed and added again. Other entries stay. Fields that AddMDB
// ignores or that are read-only are ignored here, too (MDBA_SET_ENTRY).
//
// Without a VLAN, a bridge that filters VLANs has an entry for each VLAN of the port.
// Sources and Include of an existing entry are compared if the bridge speaks IGMPv3 or
// MLDv2, and Protocol if it is set.
func (b *Builder) MDB(entries ...MDBEntry) *Builder {
	addMDB(b.Own(b), false, entries)
	return b
}

// OnlyMDB is MDB, and removes all other permanent entries. Entries that the bridge has
// learned from hosts stay. It excludes MDB.
func (b *Builder) OnlyMDB(entries ...MDBEntry) *Builder {
	addMDB(b.Own(b), true, entries)
	return b
}

// mdbObjects are the entries that a builder wants.
type mdbObjects struct {
	bridge  string // its name, or empty
	only    bool   // no other permanent ones
	atLeast bool   // MDB was called
	calls   *own.Calls[MDBEntry]

	once  sync.Once
	whole mdbList // of all calls
}

// mdbList is all entries of a builder, and the first conflict between them.
type mdbList struct {
	entries  []MDBEntry
	places   map[mdbPlace]int
	conflict string
}

// mdbPlace is the part of an entry that no other entry of the bridge has.
type mdbPlace struct {
	port   string
	index  int
	group  netip.Addr
	mac    string
	source netip.Addr
	vlan   uint16
}

func (e *MDBEntry) place() mdbPlace {
	return mdbPlace{e.Port, e.PortIndex, e.Group, string(e.MAC), e.Source, e.VLAN}
}

// members returns the place of all entries for a port and the entry's group.
func (e *MDBEntry) members(port int) mdbPlace {
	return mdbPlace{index: port, group: e.Group, mac: string(e.MAC)}
}

func addMDB(s *own.Settings, only bool, entries []MDBEntry) {
	o := &mdbObjects{bridge: s.Name, only: only, atLeast: !only}
	if had := own.FindObjects[*mdbObjects](s); had != nil {
		o.only, o.atLeast, o.calls = o.only || had.only, o.atLeast || had.atLeast, had.calls
	}
	copies := make([]MDBEntry, len(entries))
	for i, e := range entries { // the caller may change its slices later
		e.MAC, e.Sources = slices.Clone(e.MAC), slices.Clone(e.Sources)
		slices.SortFunc(e.Sources, func(a, b MDBSource) int { return a.Addr.Compare(b.Addr) })
		copies[i] = e
	}
	o.calls = o.calls.Add(copies)
	s.SetObjects(o)
}

// list returns the entries of all calls, each once.
func (o *mdbObjects) list() *mdbList {
	o.once.Do(func() {
		o.whole.places = map[mdbPlace]int{}
		for e := range o.calls.All() {
			o.whole.add(e)
		}
	})
	return &o.whole
}

// add adds an entry, and notes one that is given with other properties already.
func (l *mdbList) add(e MDBEntry) {
	i, twice := l.places[e.place()]
	switch {
	case !twice:
		l.places[e.place()] = len(l.entries)
		l.entries = append(l.entries, e)
	case l.entries[i].String() != e.String() && l.conflict == "":
		l.conflict = "an entry is given twice, with different properties: " + e.String()
	}
}

func (o *mdbObjects) Word() string {
	return "mdb"
}

func (o *mdbObjects) setter() string {
	if o.only {
		return "OnlyMDB"
	}
	return "MDB"
}

// Ports returns the names of the ports, for own.Late.
func (o *mdbObjects) Ports() (setter string, names []string) {
	seen := map[string]bool{"": true}
	for _, e := range o.list().entries {
		if !seen[e.Port] {
			seen[e.Port], names = true, append(names, e.Port)
		}
	}
	return o.setter(), names
}

func (o *mdbObjects) Fault() (setter, text string) {
	if o.only && o.atLeast {
		return o.setter(), "MDB and OnlyMDB exclude each other"
	}
	l := o.list()
	if l.conflict != "" {
		return o.setter(), l.conflict
	}
	for i := range l.entries {
		e := &l.entries[i]
		if l.listed(e) {
			return o.setter(), e.String() + ": another entry lists that source"
		}
		for _, f := range []fault{e.keyFault(), e.portFault(), e.membersFault(o.isHost(e)), o.hostFault(e)} {
			if f != nil {
				return o.setter(), fmt.Sprintf("%s: %s: %s", e, f[0], f[1])
			}
		}
	}
	return "", ""
}

// listed reports whether the source of an entry is also in the list of another one.
func (l *mdbList) listed(e *MDBEntry) bool {
	star := e.place()
	star.source = netip.Addr{}
	i, ok := l.places[star]
	return ok && e.Source.IsValid() && l.entries[i].lists(e.Source)
}

// isHost reports whether an entry is for the bridge itself.
func (o *mdbObjects) isHost(e *MDBEntry) bool {
	return e.Port != "" && e.Port == o.bridge
}

// hostFault refuses a lifetime that the kernel does not keep.
func (o *mdbObjects) hostFault(e *MDBEntry) fault {
	if o.isHost(e) && e.Group.IsValid() && e.Permanent {
		return fault{"permanent", "where the machine itself joins a group of IP, the entry expires"}
	}
	return nil
}

// Requests returns nil, since the ports may not exist yet.
func (o *mdbObjects) Requests() []own.Request {
	return nil
}

// Compare finds the entries that the bridge lacks or has with other properties and, for
// OnlyMDB, the permanent ones that it has beside.
func (o *mdbObjects) Compare(ctx context.Context, conn *rtnl.Conn, index int) ([]own.Change, error) {
	have, err := readMDB(ctx, conn, index)
	if err != nil {
		return nil, err
	}
	var changes []own.Change
	kept := make([]bool, len(have))
	near := map[mdbPlace][]int{}
	for i := range have {
		at := have[i].members(have[i].PortIndex)
		near[at] = append(near[at], i)
	}
	entries := o.list().entries
	for i := range entries {
		w, err := o.place(ctx, conn, index, &entries[i])
		if err != nil {
			return nil, err
		}
		if c := w.compare(have, near[w.members(w.port)], kept, index); c != nil {
			changes = append(changes, *c)
		}
	}
	if !o.only {
		return changes, nil
	}
	return append(o.extra(conn, have, kept), changes...), nil
}

// extra returns the removals of the permanent entries that are not wanted.
func (o *mdbObjects) extra(conn *rtnl.Conn, have []reportedMDB, kept []bool) (changes []own.Change) {
	for i := range have {
		e := &have[i]
		if kept[i] || !e.Permanent || e.StarExclude {
			continue
		}
		e.Port, _ = rtnl.NameOf(conn, e.PortIndex)
		changes = append(changes, own.Change{Have: e.String(), Requests: []own.Request{e.removal(e.PortIndex)}})
	}
	return changes
}

// placedMDB is a wanted entry with the index of its port, 0 if there is no such link, and
// the VLANs where the kernel puts it.
type placedMDB struct {
	*MDBEntry
	port  int
	vlans []uint16
}

func (o *mdbObjects) place(ctx context.Context, conn *rtnl.Conn, bridge int, e *MDBEntry) (w placedMDB, err error) {
	w = placedMDB{MDBEntry: e, port: e.PortIndex, vlans: []uint16{e.VLAN}}
	if e.Port != "" {
		w.port, err = rtnl.IndexOf(ctx, conn, e.Port)
	}
	if err != nil { // in Diff, where the port may not exist
		return w, nil
	}
	if e.VLAN != 0 {
		return w, nil
	}
	vlans, err := readVLANs(ctx, conn, w.port)
	for _, v := range vlans {
		w.vlans = append(w.vlans, v.ID)
	}
	return w, err
}

// compare returns the difference of an entry, or nil. It marks the entries of have that
// are there because of it; near are the places of the entries of its port and group.
func (w *placedMDB) compare(have []reportedMDB, near []int, kept []bool, bridge int) *own.Change {
	var found, right []*reportedMDB
	var ofSources []*reportedMDB
	for _, i := range near {
		h := &have[i]
		if !slices.Contains(w.vlans, h.VLAN) {
			continue
		}
		if h.Source == w.Source {
			found = append(found, h)
			kept[i] = true
		}
		if w.lists(h.Source) {
			kept[i] = true
			ofSources = append(ofSources, h)
		}
	}
	c := &own.Change{Want: w.String()}
	for _, h := range found {
		if w.matches(h, bridge) {
			right = append(right, h)
			continue
		}
		h.Port = w.Port
		c.Have = h.String()
		c.Requests = append(c.Requests, h.removal(w.port))
	}
	if c.Have == "" && w.complete(found) {
		return nil
	}
	if w.port != 0 {
		// The kernel refuses a list with a source that has an entry already.
		for _, h := range ofSources {
			if !slices.ContainsFunc(right, func(r *reportedMDB) bool { return r.VLAN == h.VLAN }) {
				c.Requests = append(c.Requests, h.removal(w.port))
			}
		}
		c.Requests = append(c.Requests, w.additions(right)...)
	}
	return c
}

// lists reports whether a source is in the entry's list.
func (e *MDBEntry) lists(source netip.Addr) bool {
	return slices.ContainsFunc(e.Sources, func(s MDBSource) bool { return s.Addr == source })
}

// additions returns the requests that add the entry, except where it is right already.
func (w *placedMDB) additions(right []*reportedMDB) (all []own.Request) {
	if len(right) == 0 {
		return []own.Request{w.addition(w.port)}
	}
	for _, vlan := range w.vlans {
		if vlan != 0 && !slices.ContainsFunc(right, func(h *reportedMDB) bool { return h.VLAN == vlan }) {
			e := *w.MDBEntry
			e.VLAN = vlan
			all = append(all, e.addition(w.port))
		}
	}
	return all
}

// complete reports whether an entry was found in each of its VLANs: without a VLAN, in
// none if the bridge does not filter, or in all of the port.
func (w *placedMDB) complete(found []*reportedMDB) bool {
	if slices.ContainsFunc(found, func(h *reportedMDB) bool { return h.VLAN == w.VLAN }) {
		return true
	}
	return len(w.vlans) > 1 && len(found) == len(w.vlans)-1
}

// matches reports whether an entry has the wanted properties. The kernel reports no
// lifetime of an entry for the bridge itself.
func (w *placedMDB) matches(h *reportedMDB, bridge int) bool {
	if w.port == bridge {
		return true
	}
	if w.Permanent != h.Permanent || w.Protocol != 0 && h.Protocol != 0 && w.Protocol != h.Protocol {
		return false
	}
	return !h.hasMode || w.Source.IsValid() || w.Include == h.Include && slices.Equal(w.addrs(), h.addrs())
}

// addrs returns the sorted sources.
func (e *MDBEntry) addrs() (all []netip.Addr) {
	for _, s := range e.Sources {
		all = append(all, s.Addr)
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return all
}

// addition returns the request that adds the entry.
func (e *MDBEntry) addition(port int) own.Request {
	return own.Request{Text: e.group(), Type: uapi.RTM_NEWMDB, Flag: uapi.NLM_F_CREATE | uapi.NLM_F_EXCL, Reason: e.reason,
		Append: func(b []byte, index int) []byte { return e.append(b, index, port) }}
}

// removal returns the request that removes the entry. It may have expired, or have gone with
// the entry of which it was a source; the kernel then answers EINVAL.
func (e *MDBEntry) removal(port int) own.Request {
	key := MDBEntry{Group: e.Group, MAC: e.MAC, Source: e.Source, VLAN: e.VLAN, Permanent: e.Permanent}
	return own.Request{Text: e.group(), Type: uapi.RTM_DELMDB, Reason: e.reason, Holds: []syscall.Errno{syscall.ENOENT, syscall.EINVAL},
		Append: func(b []byte, index int) []byte { return key.append(b, index, port) }}
}

// reason returns why the kernel refuses an entry without giving a reason.
func (e *MDBEntry) reason(errno syscall.Errno) string {
	switch errno {
	case syscall.EOPNOTSUPP:
		return "this kernel's bridge knows no groups (CONFIG_BRIDGE_IGMP_SNOOPING)"
	case syscall.EINVAL:
		return "the bridge must be up with MulticastSnooping, and lists of sources and protocols are taken since Linux 6.3"
	}
	return ""
}

// Excludes is part of own.Excluder.
func (o *mdbObjects) Excludes() string {
	if !o.only {
		return ""
	}
	return "no other multicast entries"
}

// Commands returns a command for each entry.
func (o *mdbObjects) Commands(dev string) (all []string) {
	for _, e := range o.list().entries {
		all = append(all, strings.TrimSpace("mdb add dev "+dev+" "+e.String()))
	}
	return all
}

// reportedMDB is an entry of a list. hasMode reports whether the kernel reported the
// filter mode and the sources.
type reportedMDB struct {
	MDBEntry
	hasMode bool
}

// readMDB returns the entries of a bridge.
func readMDB(ctx context.Context, conn *rtnl.Conn, index int) ([]reportedMDB, error) {
	all, err := readAllMDB(ctx, conn)
	return all[index], err
}

// readAllMDB returns the entries of all bridges, by index.
func readAllMDB(ctx context.Context, conn *rtnl.Conn) (all map[int][]reportedMDB, err error) {
	body := func(b []byte) []byte { return appendVLANHeader(b, 0) }
	err = conn.Dump(ctx, uapi.RTM_GETMDB, body, func() { all = map[int][]reportedMDB{} }, func(m wire.Message) {
		if len(m.Data) < mdbHeaderLen {
			return
		}
		of := int(wire.Order.Uint32(m.Data[4:]))
		eachMDB(wire.Find(m.Data[mdbHeaderLen:], uapi.MDBA_MDB), func(b []byte) {
			if e, ok := parseMDB(b); ok {
				all[of] = append(all[of], reportedMDB{e, wire.Find(b[mdbEntryLen:], uapi.MDBA_MDB_EATTR_GROUP_MODE) != nil})
			}
		})
	})
	for _, of := range all {
		slices.SortStableFunc(of, func(a, b reportedMDB) int { return cmp.Compare(a.VLAN, b.VLAN) })
	}
	return all, err
}
