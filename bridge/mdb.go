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

// An MDBEntry is an entry of the multicast database: a port that receives the frames
// to a group. A zero field is not sent, and was not reported.
type MDBEntry struct {
	// Port is the port's name; if it is empty, PortIndex identifies the port. The
	// bridge itself is the port for groups that the machine has joined.
	Port      string
	PortIndex int
	// Group is the group's IP address, and MAC the Ethernet address of a group
	// outside IP. Exactly one of the two is set.
	Group netip.Addr
	MAC   net.HardwareAddr
	// Source restricts the entry to frames from one address (MDBE_ATTR_SOURCE). Such
	// an entry implies Include, whether it is set or not: the kernel accepts no
	// filter mode for it.
	Source netip.Addr
	// Sources lists the addresses whose frames are accepted, with Include, or
	// excluded, without it. Include is also the filter mode of an entry without
	// sources (MDBE_ATTR_SRC_LIST, since Linux 6.3). Only a group on a port can have
	// Sources, and not an entry with a Source. The kernel reports them if the bridge
	// speaks IGMPv3 or MLDv2.
	Sources []MDBSource
	Include bool
	// VLAN is the entry's VLAN, 1 to 4094. Without one, a bridge that filters VLANs
	// makes an entry for each VLAN of the port.
	VLAN uint16
	// Permanent entries do not expire. Others expire with the membership interval.
	// Groups outside IP are permanent.
	Permanent bool
	// Protocol is the origin of the entry, numbered like the protocol of a route: 2
	// is the kernel, and 4, the default, is static (MDBE_ATTR_RTPROT, since
	// Linux 6.3).
	Protocol uint8

	// Offloaded reports that hardware has the entry as well, FastLeave that the
	// entry goes as soon as the host leaves, StarExclude that it exists because the
	// port belongs to the group as a whole, and Blocked that frames from Source are
	// not sent to the port (MDB_FLAGS_*). They are read-only.
	Offloaded, FastLeave, StarExclude, Blocked bool
	// Timer is the remaining time of an entry that is not permanent, in steps of
	// 10 ms (MDBA_MDB_EATTR_TIMER).
	Timer time.Duration
}

// An MDBSource is a source address of frames to a group. Timer is its remaining
// time, in steps of 10 ms, and is read-only.
type MDBSource struct {
	Addr  netip.Addr
	Timer time.Duration
}

// A RouterPort is a port that leads to a multicast router and receives the frames to
// all groups.
type RouterPort struct {
	// Port is the port's name, and PortIndex its interface index.
	Port      string
	PortIndex int
	// Type reports whether the port was configured as a router port or detected
	// through queries: RouterAuto, RouterPermanent or RouterTemp
	// (MDBA_ROUTER_PATTR_TYPE). It applies to the port as a whole, even if VLAN is
	// set.
	Type iplink.BridgeMulticastRouter
	// Timer is the longer of INETTimer and INET6Timer, which are the remaining times
	// of IGMP and MLD, in steps of 10 ms (MDBA_ROUTER_PATTR_TIMER, …).
	Timer, INETTimer, INET6Timer time.Duration
	// VLAN is the VLAN of this entry, 0 for all (MDBA_ROUTER_PATTR_VID).
	VLAN uint16
}

// String returns the arguments that follow the bridge in `bridge mdb add`.
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

// sendsMode reports whether the request contains the filter mode. The kernel implies
// the mode of an entry with a Source.
func (e *MDBEntry) sendsMode() bool {
	return !e.Source.IsValid() && (e.Include || len(e.Sources) > 0)
}

// AddMDB adds an entry. The bridge and the port must be up, and snooping on. The
// error matches fs.ErrExist if the entry already exists.
func (s *Bridge) AddMDB(ctx context.Context, e MDBEntry) error {
	return s.putMDB(ctx, "mdb add", uapi.NLM_F_CREATE|uapi.NLM_F_EXCL, e)
}

// ReplaceMDB adds an entry and replaces the group's previous entry on that port, if
// any. Before Linux 6.3 the error matches fs.ErrExist if there is a previous entry.
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

// DeleteMDB removes the entry for a group, port, source and VLAN. The other fields
// are ignored. The error matches fs.ErrNotExist if there is no such entry.
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

// hasMDB reports whether the entry exists, or may exist: the kernel answers EINVAL
// to the removal of a missing entry.
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

// ListRouterPorts returns the ports that lead to multicast routers. ListGlobalVLANs
// returns the router ports of single VLANs.
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

// dumpMDB calls each with the attributes of this bridge. The kernel reports all
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

// checkMDB checks the key of an entry and returns the port's index. It also runs
// fault, whose argument reports whether the entry is for the bridge itself.
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

// invalid returns an error for the first fault that is not nil.
func (s *Bridge) invalid(op string, faults ...fault) error {
	for _, f := range faults {
		if f != nil {
			return s.link.Invalid(op, f[0], "%s", f[1])
		}
	}
	return nil
}
