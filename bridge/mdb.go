package bridge

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// An MDBEntry is an entry of the multicast database: a port that frames to a
// group go to. A field that is zero is not sent, and was not reported.
type MDBEntry struct {
	// Port is the port, by name or, if the name is empty, PortIndex; the bridge
	// itself where the machine has joined.
	Port      string
	PortIndex int
	// Group is the group's IP address, or MAC its Ethernet address for a group
	// that is none of IP; one of the two.
	Group netip.Addr
	MAC   net.HardwareAddr
	// Source narrows the entry to frames from one address
	// (MDBE_ATTR_SOURCE). Such an entry has Include by itself, whether it is set or
	// not: the kernel takes no filter mode for it.
	Source netip.Addr
	// Sources are the addresses that frames come from, with Include, or that
	// they do not come from, without it, which is also the filter mode of an entry
	// that has none (MDBE_ATTR_SRC_LIST, since Linux 6.3).
	// Only a group on a port has them, and not one with a Source. The kernel
	// reports this where the bridge speaks IGMPv3 or MLDv2.
	Sources []MDBSource
	Include bool
	// VLAN is the VLAN that the entry is for, 1 to 4094. Without one, a bridge
	// that filters VLANs makes an entry for each VLAN of the port.
	VLAN uint16
	// Permanent says that the entry stays. Others go after the time that hosts
	// stay in a group. Groups that are none of IP are permanent.
	Permanent bool
	// Protocol is who made the entry, as of routes: 2 the kernel, 4 somebody,
	// the default (MDBE_ATTR_RTPROT, since Linux 6.3).
	Protocol uint8

	// Offloaded says that hardware knows the entry as well, FastLeave that it
	// goes as soon as the host says so, StarExclude that it is there because
	// the group as a whole has the port, and Blocked that frames of the Source
	// do not go to the port (MDB_FLAGS_*). They are read only.
	Offloaded, FastLeave, StarExclude, Blocked bool
	// Timer is the time left to an entry that is not permanent, in steps of
	// 10 ms (MDBA_MDB_EATTR_TIMER).
	Timer time.Duration
}

// An MDBSource is an address that frames to a group come from. Timer is the time
// left to it, in steps of 10 ms, which is reported.
type MDBSource struct {
	Addr  netip.Addr
	Timer time.Duration
}

// A RouterPort is a port that leads to a multicast router, where frames to all
// groups go.
type RouterPort struct {
	// Port is the name, and PortIndex the interface index.
	Port      string
	PortIndex int
	// Type says whether that was set or found out by queries
	// (MDBA_ROUTER_PATTR_TYPE): RouterAuto, RouterPermanent or RouterTemp. It
	// is the port's as a whole, also of a VLAN.
	Type iplink.BridgeMulticastRouter
	// Timer is the longer of INETTimer and INET6Timer, which are the times left
	// by IGMP and MLD, in steps of 10 ms (MDBA_ROUTER_PATTR_TIMER, …).
	Timer, INETTimer, INET6Timer time.Duration
	// VLAN is the VLAN that this is about, 0 for all
	// (MDBA_ROUTER_PATTR_VID).
	VLAN uint16
}

// String returns the words that follow the bridge in `bridge mdb add`.
func (e MDBEntry) String() string {
	var b strings.Builder
	if name := portText(e.Port, e.PortIndex); name != "" {
		b.WriteString("port " + attr.Quote(name) + " ")
	}
	b.WriteString("grp " + e.group())
	if e.Source.IsValid() {
		b.WriteString(" src " + e.Source.String())
	}
	if e.Permanent {
		b.WriteString(" permanent")
	}
	if e.VLAN != 0 {
		fmt.Fprintf(&b, " vid %d", e.VLAN)
	}
	if e.sendsMode() {
		b.WriteString(" filter_mode " + modeWord(e.Include))
	}
	separator := " source_list "
	for _, source := range e.Sources {
		b.WriteString(separator + source.Addr.String())
		separator = ","
	}
	if e.Protocol != 0 {
		fmt.Fprintf(&b, " proto %d", e.Protocol)
	}
	return b.String()
}

func portText(name string, index int) string {
	if name == "" && index != 0 {
		return fmt.Sprintf("if%d", index)
	}
	return name
}

func modeWord(include bool) string {
	if include {
		return "include"
	}
	return "exclude"
}

// group returns the group's address.
func (e *MDBEntry) group() string {
	if e.Group.IsValid() {
		return e.Group.String()
	}
	return e.MAC.String()
}

// sendsMode reports whether the filter mode goes out: the kernel knows the one
// of an entry with a Source.
func (e *MDBEntry) sendsMode() bool {
	return !e.Source.IsValid() && (e.Include || len(e.Sources) > 0)
}

// AddMDB adds an entry. The bridge and the port must be up, and snooping on. The
// error matches fs.ErrExist if there is one already.
func (s *Bridge) AddMDB(ctx context.Context, e MDBEntry) error {
	return s.putMDB(ctx, "mdb add", uapi.NLM_F_CREATE|uapi.NLM_F_EXCL, e)
}

// ReplaceMDB adds an entry in place of the one for the group on that port, if
// any. Before Linux 6.3 the error matches fs.ErrExist if there is one.
func (s *Bridge) ReplaceMDB(ctx context.Context, e MDBEntry) error {
	return s.putMDB(ctx, "mdb replace", uapi.NLM_F_CREATE|uapi.NLM_F_REPLACE, e)
}

func (s *Bridge) putMDB(ctx context.Context, op string, flags uint16, e MDBEntry) error {
	index, err := s.checkMDB(ctx, op, &e, e.membersFault)
	if err != nil {
		return err
	}
	err = s.link.Write(ctx, op, e.group(), uapi.RTM_NEWMDB, flags, func(b []byte) []byte {
		return e.append(b, s.link.Index, index)
	})
	return e.explain(err, flags&uapi.NLM_F_REPLACE != 0)
}

// DeleteMDB removes the entry for a group, port, source and VLAN; nothing else
// matters. The error matches fs.ErrNotExist if there is none.
func (s *Bridge) DeleteMDB(ctx context.Context, e MDBEntry) error {
	const op = "mdb del"
	index, err := s.checkMDB(ctx, op, &e, func(bool) fault { return nil })
	if err != nil {
		return err
	}
	key := MDBEntry{Group: e.Group, MAC: e.MAC, Source: e.Source, VLAN: e.VLAN, Permanent: e.Permanent}
	err = s.link.Write(ctx, op, e.group(), uapi.RTM_DELMDB, 0, func(b []byte) []byte {
		return key.append(b, s.link.Index, index)
	})
	if errors.Is(err, syscall.EINVAL) && !s.hasMDB(ctx, index, &key) {
		return &iplink.Error{Op: op, Kind: s.link.Kind, Name: s.link.Name, Attr: e.group(), Err: syscall.ENOENT}
	}
	return unsnooped(err)
}

// hasMDB reports whether there is an entry, or may be one: the kernel's answer
// to the removal of one that is missing is EINVAL.
func (s *Bridge) hasMDB(ctx context.Context, port int, key *MDBEntry) bool {
	all, err := s.ListMDB(ctx)
	return err != nil || slices.ContainsFunc(all, func(e MDBEntry) bool {
		return e.PortIndex == port && e.group() == key.group() && e.Source == key.Source && (key.VLAN == 0 || e.VLAN == key.VLAN)
	})
}

// ListMDB returns the entries of the multicast database.
func (s *Bridge) ListMDB(ctx context.Context) ([]MDBEntry, error) {
	var all []MDBEntry
	names := s.link.Names()
	err := s.dumpMDB(ctx, func() { all = nil }, func(typ uint16, data []byte) {
		if typ == uapi.MDBA_MDB {
			all = appendMDB(all, data, names)
		}
	})
	return all, err
}

// ListRouterPorts returns the ports that lead to multicast routers. Those of
// single VLANs are in ListGlobalVLANs.
func (s *Bridge) ListRouterPorts(ctx context.Context) ([]RouterPort, error) {
	var all []RouterPort
	names := s.link.Names()
	err := s.dumpMDB(ctx, func() { all = nil }, func(typ uint16, data []byte) {
		if typ == uapi.MDBA_ROUTER {
			all = append(all, parseRouters(data, names)...)
		}
	})
	return all, err
}

// dumpMDB hands the attributes about this bridge to each. The kernel reports all
// bridges of the namespace.
func (s *Bridge) dumpMDB(ctx context.Context, restart func(), each func(typ uint16, data []byte)) error {
	body := func(b []byte) []byte { return appendVLANHeader(b, 0) }
	err := s.link.List(ctx, "mdb show", uapi.RTM_GETMDB, body, restart, func(m wire.Message) {
		if len(m.Data) < mdbHeaderLen || int(wire.Order.Uint32(m.Data[4:])) != s.link.Index {
			return
		}
		for a, err := range wire.Attrs(m.Data[mdbHeaderLen:]) {
			if err != nil {
				return
			}
			each(a.Type, a.Data)
		}
	})
	return unsnooped(err)
}

// checkMDB checks what finds an entry, and what else fault finds given whether the
// entry is for the bridge itself, and returns the port's index.
func (s *Bridge) checkMDB(ctx context.Context, op string, e *MDBEntry, fault func(host bool) fault) (int, error) {
	if err := s.invalid(op, e.keyFault(), e.portFault(), fault(s.link.Named(e.Port, e.PortIndex))); err != nil {
		return 0, err
	}
	port, err := s.link.Port(ctx, op, "port", e.Port, e.PortIndex)
	if err != nil {
		return 0, err
	}
	return port.Index, s.invalid(op, fault(port.Index == s.link.Index))
}

// invalid returns an error for the first fault that there is.
func (s *Bridge) invalid(op string, faults ...fault) error {
	for _, f := range faults {
		if f != nil {
			return s.link.Invalid(op, f[0], "%s", f[1])
		}
	}
	return nil
}
