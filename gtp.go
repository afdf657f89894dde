package iplink

import (
	"context"
	"fmt"
	"net/netip"
	"os"
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
