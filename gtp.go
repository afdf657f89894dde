package iplink

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/gtpnl"
	"github.com/iplink-go/iplink/internal/jsonform"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

var gtpKind = kind{
	config:     "GTP",
	info:       func() info { return new(GTPInfo) },
	tunnel:     true,
	hidesNetNS: true,
	address:    "GTP links have no link-layer address",
	reason:     gtpReason,
	spelled:    attr.SetOf(uapi.IFLA_GTP_CREATE_SOCKETS),
	copied:     gtpCopied,
	saved:      func() savable { return new(GTPInfo) },
	defaults:   "role ggsn hsize 1024 restart_count 0 arp off",
}

// gtpCopied gives a link that is made again sockets of the kernel, since the kernel does
// not report which ones it had.
func gtpCopied(_ *Link, s *own.Settings) { s.Set.Add(uapi.IFLA_GTP_CREATE_SOCKETS) }

// GTPInfo is the kernel's report of a GTP link.
type GTPInfo struct {
	// Role determines the address that leads the link to the context of a packet that
	// it sends (IFLA_GTP_ROLE).
	Role GTPRole
	// HashSize is the number of buckets of each of the link's two tables of contexts
	// (IFLA_GTP_PDP_HASHSIZE).
	HashSize uint32
	// RestartCount is the counter in the answers to echo requests (IFLA_GTP_RESTART_COUNT).
	RestartCount uint8

	// Local is the address of the sockets that the kernel made for the link
	// (IFLA_GTP_LOCAL, IFLA_GTP_LOCAL6), and FD0 and FD1 are sockets of the program
	// (IFLA_GTP_FD0, IFLA_GTP_FD1). The kernel does not report these three.
	Local    netip.Addr
	FD0, FD1 *os.File

	// PDPs are the contexts of the link. They are present only in the results of a
	// builder that sets some; gtp.Open always returns them.
	PDPs []GTPPDP
	// OnlyPDPs reports that a builder wants no other contexts than PDPs.
	OnlyPDPs bool
}

func (v *GTPInfo) attrs(c *attr.Codec) {
	attr.Enum(c.CreateOnly(), uapi.IFLA_GTP_ROLE, "role", &v.Role, gtpRoles)
	attr.U32(c.CreateOnly(), uapi.IFLA_GTP_PDP_HASHSIZE, "hsize", &v.HashSize)
	attr.U8(c.CreateOnly(), uapi.IFLA_GTP_RESTART_COUNT, "restart_count", &v.RestartCount)
	attr.Custom(c.WriteOnly().CreateOnly().Optional().ValueOnly(), uapi.IFLA_GTP_CREATE_SOCKETS, "sockets", gtpSockets{})
	attr.Addr(c.WriteOnly().CreateOnly().Optional().NoKeyword().Since(6, 10), uapi.IFLA_GTP_LOCAL, uapi.IFLA_GTP_LOCAL6, "local", &v.Local)
	attr.Custom(c.WriteOnly().CreateOnly().Optional().NoKeyword(), uapi.IFLA_GTP_FD0, "fd0", gtpFile{&v.FD0})
	attr.Custom(c.WriteOnly().CreateOnly().Optional().NoKeyword(), uapi.IFLA_GTP_FD1, "fd1", gtpFile{&v.FD1})
	if v.PDPs != nil || v.OnlyPDPs {
		v.pdpRow(c)
	}
}

// A GTPRole is the role of a node at the two ends of a tunnel.
type GTPRole uint32

// Roles.
const (
	GTPGGSN GTPRole = iota // the gateway to the network: packets for the address of a mobile go to its peer
	GTPSGSN                // the node that serves mobiles: packets from the address of a mobile go to its peer
)

var gtpRoles = attr.Words{"ggsn", "sgsn"}

// String returns the word of iproute2.
func (r GTPRole) String() string {
	return attr.Word(gtpRoles, r)
}

// MarshalText returns the result of String.
func (r GTPRole) MarshalText() ([]byte, error) {
	return []byte(r.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (r *GTPRole) UnmarshalText(text []byte) error {
	return attr.ReadWord(gtpRoles, "GTP role", text, r)
}

// ipDefaults changes no value: the request for sockets has none.
func (v *GTPInfo) ipDefaults(attr.Set) {}

// gtpSockets asks the kernel for sockets. `ip` always does so, without a word for it.
type gtpSockets struct{}

// AppendPayload appends a byte whose value does not matter.
func (gtpSockets) AppendPayload(b []byte) []byte { return append(b, 1) }

// ParsePayload reads nothing, because the kernel does not report the request.
func (gtpSockets) ParsePayload([]byte) error { return nil }

// AppendWords appends nothing.
func (gtpSockets) AppendWords(b []byte) []byte { return b }

// JSONValue returns true.
func (gtpSockets) JSONValue() any { return jsonform.Present{} }

// Check accepts the request.
func (gtpSockets) Check() error { return nil }

// Within reports true: all links for which the request was made have sockets.
func (gtpSockets) Within(attr.Payload) bool { return true }

// gtpFile is a socket of the program.
type gtpFile struct{ file **os.File }

// AppendPayload appends the number of the descriptor, or a number that no descriptor has
// for a file that was closed since it was checked.
func (f gtpFile) AppendPayload(b []byte) []byte {
	return wire.Order.AppendUint32(b, uint32(gtpnl.Descriptor(*f.file)))
}

// ParsePayload reads nothing, because the kernel does not report the socket.
func (gtpFile) ParsePayload([]byte) error { return nil }

// AppendWords appends the name of the file.
func (f gtpFile) AppendWords(b []byte) []byte {
	if *f.file == nil {
		return b
	}
	return append(b, attr.Quote((*f.file).Name())...)
}

// Check rejects files that are no sockets for GTP. Some kernels ignore such a descriptor
// and make a link without a socket.
func (f gtpFile) Check() error {
	return gtpnl.CheckSocket(*f.file)
}

// validate demands sockets of one sort.
func (v *GTPInfo) validate(op string, s *spec) error {
	has := s.Set.Has
	makes, takes := has(uapi.IFLA_GTP_CREATE_SOCKETS), has(uapi.IFLA_GTP_FD0) || has(uapi.IFLA_GTP_FD1)
	switch {
	case op == "create" && !makes && !takes:
		return &attr.Error{Name: "sockets", Text: "a GTP link needs Sockets, or sockets of the program in FD0 and FD1"}
	case makes && takes:
		return &attr.Error{Name: "sockets", Text: "cannot go with FD0 and FD1, which the kernel would ignore"}
	case takes && has(uapi.IFLA_GTP_LOCAL):
		return &attr.Error{Name: "local", Text: "needs Sockets: FD0 and FD1 have addresses of their own"}
	case has(uapi.IFLA_GTP_LOCAL) && v.Local.IsMulticast():
		return &attr.Error{Name: "local", Text: fmt.Sprintf("%v is a multicast address", v.Local)}
	case has(uapi.IFLA_GTP_LOCAL) && op == "create" && rtnl.Older(6, 10):
		return &attr.Error{Name: "local", Errno: syscall.EOPNOTSUPP, Text: "this kernel would ignore it, and receive at all addresses: it needs Linux 6.10"}
	}
	return v.checkPDPs(s)
}

// gtpReason returns the meaning of the driver's bare errnos.
func gtpReason(errno syscall.Errno) string {
	switch errno {
	case syscall.EADDRNOTAVAIL:
		return "LocalIP must be an address of the namespace where the link is made"
	case syscall.EAFNOSUPPORT:
		return "this kernel has no IPv6"
	case syscall.EBUSY:
		return "a socket of FD0 or FD1 belongs to another tunnel: open another"
	case syscall.EINVAL:
		return "FD0 and FD1 must be UDP sockets of one family, IPv4 or IPv6"
	case syscall.ENOMEM:
		return "the kernel has no room for two tables of HashSize buckets: choose fewer"
	}
	return ""
}

// gtpPortTaken finds the owner of a UDP port that the new sockets are to have.
func (t *transaction) gtpPortTaken(ctx context.Context, s *step, errno syscall.Errno) fact {
	j := s.job
	if j.spec.Kind != KindGTP || s.what != stepCreate || errno != syscall.EADDRINUSE {
		return fact{}
	}
	const remedy = "give the link another LocalIP, or FD0 and FD1"
	for _, port := range []uint16{uapi.GTP0_PORT, uapi.GTP1U_PORT} {
		if owner := t.portOwner(ctx, j.under, j.index, port); owner != unknownSocket {
			return fact{"sockets", fmt.Sprintf("UDP port %d is taken by %s: %s", port, owner, remedy)}
		}
	}
	owner := unknownSocket
	if l := j.under.anyGTP(ctx); l != nil {
		owner = fmt.Sprintf("%q", l.Name)
	}
	return fact{"sockets", fmt.Sprintf("UDP port %d or %d is taken by %s: %s", uapi.GTP0_PORT, uapi.GTP1U_PORT, owner, remedy)}
}

// anyGTP returns a GTP link of a namespace, or nil if it cannot be read or has none.
func (p *nsConn) anyGTP(ctx context.Context) *Link {
	if p == nil {
		return nil
	}
	links, err := (&Conn{rt: p.rt}).list(ctx, filter{kind: KindGTP})
	if err != nil || len(links) == 0 {
		return nil
	}
	return links[0]
}

// A GTPPDP is a PDP context: the tunnel of a mobile through a GTP link, to its other end.
// A link has one context for each MS, and one for each LocalTEI of version 1 and each TID
// of version 0.
type GTPPDP struct {
	// Version is the version of GTP, 0 or 1 (GTPA_VERSION).
	Version uint8 `word:"version,always" range:"0-1"`
	// LocalTEI is the tunnel endpoint identifier of the packets that this end receives,
	// and PeerTEI of the packets that it sends, both 1 to 2^32-1 (GTPA_I_TEI, GTPA_O_TEI).
	// They are of version 1.
	LocalTEI uint32 `word:"local_tei"`
	PeerTEI  uint32 `word:"peer_tei"` // see LocalTEI
	// TID is the tunnel identifier of both directions, 1 to 2^64-1, and Flow the label of
	// the packets that are sent (GTPA_TID, GTPA_FLOW). They are of version 0.
	TID  uint64 `word:"tid"`
	Flow uint16 `word:"flow"` // see TID
	// Peer is the other node (GTPA_PEER_ADDRESS, and GTPA_PEER_ADDR6 since Linux 6.10). It
	// is of the family of the link's sockets.
	Peer netip.Addr `word:"peer"`
	// MS is the address of the mobile inside the tunnel; for IPv6 the address of its network
	// of 64 bits (GTPA_MS_ADDRESS, and GTPA_MS_ADDR6 with GTPA_FAMILY since Linux 6.10).
	MS netip.Addr `word:"ms"`
}

// String returns the context in words, such as "v1 tei 0x7b/0x141 ms 10.0.0.1 peer
// 192.0.2.2", with LocalTEI before PeerTEI.
func (p GTPPDP) String() string {
	return gtpnl.PDP(p).String()
}

// pdpRow is the row of the contexts, which go over generic netlink.
func (v *GTPInfo) pdpRow(c *attr.Codec) {
	attr.Custom(c.NoKeyword().Optional(), own.GTPPDPs, "pdp", (*gtpPDPs)(v))
}

// excludes is part of excluder.
func (v *GTPInfo) excludes() string {
	if !v.OnlyPDPs {
		return ""
	}
	return "no other pdp"
}

// gtpPDPs are the contexts, as the value of a row.
type gtpPDPs GTPInfo

// AppendPayload appends nothing, because no request for the link contains a context.
func (v *gtpPDPs) AppendPayload(b []byte) []byte { return b }

// ParsePayload does nothing, because no report of the link contains a context.
func (v *gtpPDPs) ParsePayload([]byte) error { return nil }

// Check accepts everything: see GTPInfo.checkPDPs.
func (v *gtpPDPs) Check() error { return nil }

// AppendWords appends all contexts.
func (v *gtpPDPs) AppendWords(b []byte) []byte {
	for i, p := range v.PDPs {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, p.String()...)
	}
	return b
}

// Within reports whether have contains the wanted contexts, and no others if only they
// are wanted.
func (v *gtpPDPs) Within(have attr.Payload) bool {
	h, ok := have.(*gtpPDPs)
	return ok && len((*GTPInfo)(v).changes(wirePDPs(h.PDPs))) == 0
}

// changes returns the changes that give a link with some contexts the wanted ones.
func (v *GTPInfo) changes(have []gtpnl.PDP) []gtpnl.Change {
	return gtpnl.Plan(wirePDPs(v.PDPs), have, v.OnlyPDPs)
}

// wirePDPs returns contexts in the type that requests use.
func wirePDPs(all []GTPPDP) []gtpnl.PDP {
	wire := make([]gtpnl.PDP, len(all))
	for i, p := range all {
		wire[i] = gtpnl.PDP(p)
	}
	return wire
}

// itemise replaces the difference of the contexts by one for each context.
func (v *GTPInfo) itemise(have info, diffs []Difference) (all []Difference) {
	h, ok := have.(*GTPInfo)
	for _, d := range diffs {
		if !ok || d.Attr != "pdp" {
			all = append(all, d)
			continue
		}
		for _, c := range v.changes(wirePDPs(h.PDPs)) {
			all = append(all, pdpDifference(&c))
		}
	}
	return all
}

func pdpDifference(c *gtpnl.Change) Difference {
	d := Difference{Attr: "pdp"}
	if c.Want != nil {
		d.Want = c.Want.String()
	}
	var have []string
	for _, p := range c.Have {
		have = append(have, p.String())
	}
	d.Have = strings.Join(have, ", ")
	return d
}

// checkPDPs refuses contexts that the kernel would refuse or that a link cannot have
// together.
func (v *GTPInfo) checkPDPs(s *spec) (err error) {
	if !s.Set.Has(own.GTPPDPs) {
		return nil
	}
	all := wirePDPs(v.PDPs)
	refuse := func(p *gtpnl.PDP, flaw *gtpnl.Flaw) {
		if flaw != nil {
			err = errors.Join(err, &attr.Error{Name: p.Subject() + " " + flaw.Word, Text: flaw.Text})
		}
	}
	for i := range all {
		refuse(&all[i], all[i].Check())
	}
	refuse(gtpnl.Twice(all))
	return err
}

// genericSet returns the settings sent over generic netlink.
func (v *GTPInfo) genericSet() attr.Set { return attr.SetOf(own.GTPPDPs) }

// apply makes the missing contexts, and removes those that are in their way. If one is
// refused, the others are undone.
func (v *GTPInfo) apply(ctx context.Context, netns, index int, _ attr.Set) error {
	c, err := dialGTP(ctx, netns)
	if err != nil {
		return err
	}
	defer c.Close()
	have, err := c.List(ctx, index)
	if err != nil {
		return err
	}
	return refusedByGTP(c.Run(ctx, index, gtpnl.Steps(v.changes(have))))
}

// read returns the contexts of a link.
func (v *GTPInfo) read(ctx context.Context, netns, index int) (genericInfo, error) {
	c, err := dialGTP(ctx, netns)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	have, err := c.List(ctx, index)
	if err != nil {
		return nil, err
	}
	known := &GTPInfo{PDPs: make([]GTPPDP, len(have))}
	for i, p := range have {
		known.PDPs[i] = GTPPDP(p)
	}
	return known, nil
}

// addTo adds the contexts to a link that was read.
func (v *GTPInfo) addTo(l *Link) {
	if have, ok := l.Info.(*GTPInfo); ok {
		have.PDPs = v.PDPs
		l.raw.info.Add(own.GTPPDPs)
	}
}

// saveTo is part of savable.
func (v *GTPInfo) saveTo(s *spec) {
	if b, ok := s.Info.(*GTPInfo); ok && len(v.PDPs) > 0 {
		b.PDPs = v.PDPs
		s.Set.Add(own.GTPPDPs)
	}
}

func dialGTP(ctx context.Context, netns int) (*gtpnl.Conn, error) {
	c, err := gtpnl.Dial(ctx, netns)
	return c, withoutFamily(KindGTP, err)
}

// refusedByGTP returns an error that names the context at fault.
func refusedByGTP(err error) error {
	refusal, ok := errors.AsType[*gtpnl.Refusal](err)
	if !ok {
		return err
	}
	e := &Error{Attr: refusal.Subject, Message: refusal.Message, FromKernel: refusal.FromKernel, Err: refusal.Err}
	if refusal.Left != nil {
		e.Message, e.FromKernel = e.Message+"; restoring the contexts: "+refusal.Left.Error(), false
	}
	return e
}

// jsonLists returns the contexts.
func (v *GTPInfo) jsonLists() []jsonList {
	return []jsonList{{key: "pdps", members: attr.SetOf(own.GTPPDPs), value: &v.PDPs, only: &v.OnlyPDPs}}
}
