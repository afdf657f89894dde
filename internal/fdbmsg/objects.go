package fdbmsg

import (
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Database is the forwarding database that the entries of a builder belong to.
type Database uint8

// The databases.
const (
	OfPort   Database = iota // the bridge's database: entries that lead to the link, a port
	OfBridge                 // the bridge's database: entries that lead to the machine
	OfVXLAN                  // the VXLAN link's own
	OfFilter                 // the address filter of a link without another database
)

// ofBridge reports whether it is the database of a bridge.
func (d Database) ofBridge() bool {
	return d == OfPort || d == OfBridge
}

// Flag returns the flag that selects the database in a message.
func (d Database) Flag() fdb.Flags {
	if d == OfPort {
		return fdb.Master
	}
	return fdb.Self
}

// Objects are the entries that a builder wants. They do not change: another setter call
// makes new Objects, with the calls before it.
type Objects struct {
	calls *own.Calls[fdb.Entry]
	Database
	only, atLeast bool
	own           Keeper

	once  sync.Once
	whole list // of all setter calls
}

// list is all entries of a builder, and the first fault that was found.
type list struct {
	entries []object
	fault   string
}

// Add adds entries to the settings of a builder. The keeper may be nil.
func Add(s *own.Settings, d Database, only bool, keeper Keeper, entries []fdb.Entry) {
	o := &Objects{Database: d, only: only, atLeast: !only, own: keeper}
	if had := own.FindObjects[*Objects](s); had != nil {
		o.only, o.atLeast, o.calls = o.only || had.only, o.atLeast || had.atLeast, had.calls
	}
	o.calls = o.calls.Add(clone(entries))
	s.SetObjects(o)
}

// Keep replaces the keeper of the entries in the settings of a builder, if there are any.
func Keep(s *own.Settings, keeper Keeper) {
	if had := own.FindObjects[*Objects](s); had != nil {
		s.SetObjects(&Objects{calls: had.calls, Database: had.Database, only: had.only, atLeast: had.atLeast, own: keeper})
	}
}

// clone returns a copy of entries whose addresses the caller does not have.
func clone(entries []fdb.Entry) []fdb.Entry {
	all := slices.Clone(entries)
	size := 0
	for i := range all {
		size += len(all[i].MAC)
	}
	addresses := make([]byte, 0, size)
	for i := range all {
		from := len(addresses)
		addresses = append(addresses, all[i].MAC...)
		all[i].MAC = addresses[from:len(addresses):len(addresses)]
	}
	return all
}

// list returns the entries of all setter calls, each once.
func (o *Objects) list() *list {
	o.once.Do(func() {
		o.whole.collect(o.Database, o.calls)
	})
	return &o.whole
}

// Word is part of own.Objects.
func (o *Objects) Word() string {
	return "fdb"
}

// Follows makes the entries come after the VLANs and the networks of the link, which they
// need.
func (o *Objects) Follows() {}

// Names returns the links that the entries name.
func (o *Objects) Names() (names []string) {
	for i := range o.list().entries {
		if via := o.whole.entries[i].Via; via != "" && !slices.Contains(names, via) {
			names = append(names, via)
		}
	}
	return names
}

// An object is an entry that is added or removed.
type object struct {
	fdb.Entry
	Database
}

// String returns the entry in the words of `bridge fdb`, without the link.
func (e *object) String() string {
	bare := e.Entry
	bare.Port, bare.PortIndex = "", 0
	bare.Flags = bare.Flags&^(fdb.Self|fdb.Master) | e.Flag()
	return bare.String()
}

// Append appends the message about the entry, of the link with an index.
func (e *object) Append(b []byte, index int, indexOf func(string) int) []byte {
	via := e.ViaIndex
	if e.Via != "" {
		via = indexOf(e.Via)
	}
	m := Message{Entry: &e.Entry, Index: index, Via: via, Flags: e.Flags | e.Flag()}
	return m.Append(b)
}

// forMany reports whether an address may have several remotes.
func (e *object) forMany() bool {
	return e.Database == OfVXLAN && (isZero(e.MAC) || e.MAC[0]&1 != 0)
}

func isZero(mac []byte) bool {
	return !slices.ContainsFunc(mac, func(b byte) bool { return b != 0 })
}

// add returns the request that adds the entry, or changes the one that the address has.
func (e *object) add() own.Request {
	r := own.Request{Type: uapi.RTM_NEWNEIGH, Flag: uapi.NLM_F_CREATE | uapi.NLM_F_REPLACE, Object: e, Reason: e.reasons()}
	switch {
	case e.Database == OfFilter: // a macvlan refuses NLM_F_REPLACE
		r.Flag, r.Holds = uapi.NLM_F_CREATE|uapi.NLM_F_EXCL, there
	case e.forMany():
		r.Flag = uapi.NLM_F_CREATE | uapi.NLM_F_APPEND
	}
	return r
}

// del returns the request that removes the entry.
func (e *object) del() own.Request {
	return own.Request{Type: uapi.RTM_DELNEIGH, Object: e, Holds: gone, Reason: e.reasons()}
}

// The errnos of requests whose result was there already.
var (
	gone  = []syscall.Errno{syscall.ENOENT}
	there = []syscall.Errno{syscall.EEXIST}
)

// reasons returns a function that explains the kernel's errnos.
func (e *object) reasons() func(syscall.Errno) string {
	switch {
	case e.Database == OfVXLAN:
		return nil
	case e.Database == OfFilter:
		return filterReason
	case e.VLAN != 0:
		return vlanReason
	}
	return portReason
}

func vlanReason(errno syscall.Errno) string {
	if errno == syscall.EINVAL {
		return "the link takes no part in the VLAN: add it with VLANs"
	}
	return portReason(errno)
}

func portReason(errno syscall.Errno) string {
	switch errno {
	case syscall.EOPNOTSUPP:
		return "the link is not a port of a bridge"
	case syscall.EPERM:
		return "the port takes no frames now, and learns no address: bring it up, or make the entry static"
	}
	return ""
}

// Requests adds all entries.
func (o *Objects) Requests() []own.Request {
	entries := o.list().entries
	all := make([]own.Request, len(entries))
	for i := range entries {
		all[i] = entries[i].add()
	}
	return all
}

// Excludes is part of own.Excluder.
func (o *Objects) Excludes() string {
	if !o.only {
		return ""
	}
	return "no other forwarding entries"
}

// Commands returns a command for each entry.
func (o *Objects) Commands(dev string) (all []string) {
	entries := o.list().entries
	for i := range entries {
		verb, e := "replace", &entries[i]
		switch {
		case e.Database == OfFilter:
			verb = "add"
		case e.forMany():
			verb = "append"
		}
		mac := e.MAC.String()
		all = append(all, "fdb "+verb+" "+mac+" dev "+dev+strings.TrimPrefix(e.String(), mac))
	}
	return all
}

// JSON is part of own.Lister.
func (o *Objects) JSON() (key string, only bool, list any) {
	var all []fdb.Entry
	for i := range o.list().entries {
		all = append(all, o.whole.entries[i].Entry)
	}
	return "fdb", o.only, &all
}
