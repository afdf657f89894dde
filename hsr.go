package iplink

import (
	"context"
	"fmt"
	"net"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

var hsrKind = kind{
	config:      "HSR",
	info:        func() info { return new(HSRInfo) },
	mtu:         [2]uint32{0, 1500},
	required:    attr.SetOf(uapi.IFLA_HSR_SLAVE1, uapi.IFLA_HSR_SLAVE2),
	address:     "an hsr link has the address of Slave1",
	afterCreate: attr.SetOf(uapi.IFLA_MTU), // the kernel computes it from the MTUs of the slaves
	copied:      hsrCopied,
	notBeside:   syscall.EINVAL, // a link can be a slave of one hsr link
	reason:      hsrReason,
	defaults:    "version 0 proto 0 supervision 0",
}

// HSRInfo is the kernel's report of a link of HSR, High-availability Seamless Redundancy,
// or PRP, the Parallel Redundancy Protocol: IEC 62439-3.
type HSRInfo struct {
	// Slave1 and Slave2 are the interface indexes of the ports, 0 for one that no longer
	// exists (IFLA_HSR_SLAVE1, IFLA_HSR_SLAVE2).
	Slave1, Slave2 int
	// Interlink is the interface index of the third port of a RedBox, 0 if there is none
	// (IFLA_HSR_INTERLINK). Linux 7.3 reports it, Linux 6.12 does not.
	Interlink int
	// Protocol is HSR or PRP (IFLA_HSR_PROTOCOL).
	Protocol HSRProtocol
	// Version is the version of HSR: 0 for the standard of 2010, 1 for the one of 2012
	// (IFLA_HSR_VERSION). PRP has none. Linux 7.3 reports it, Linux 6.12 does not.
	Version uint8
	// Supervision is the last byte of SupervisionAddr (IFLA_HSR_MULTICAST_SPEC).
	Supervision uint8
	// SupervisionAddr is the multicast address to which the link sends supervision frames,
	// 01:15:4e:00:01:00 to 01:15:4e:00:01:ff (IFLA_HSR_SUPERVISION_ADDR).
	SupervisionAddr net.HardwareAddr
	// SeqNr is the sequence number of the next frame (IFLA_HSR_SEQ_NR).
	SeqNr uint16
}

func (v *HSRInfo) attrs(c *attr.Codec) {
	attr.Index(c.CreateOnly(), uapi.IFLA_HSR_SLAVE1, "slave1", &v.Slave1)
	attr.Index(c.CreateOnly(), uapi.IFLA_HSR_SLAVE2, "slave2", &v.Slave2)
	attr.Index(c.CreateOnly().Optional().Since(6, 10), uapi.IFLA_HSR_INTERLINK, "interlink", &v.Interlink)
	attr.U8(c.CreateOnly().WriteOnly(), uapi.IFLA_HSR_MULTICAST_SPEC, "supervision", &v.Supervision)
	attr.U8(c.CreateOnly().Optional(), uapi.IFLA_HSR_VERSION, "version", &v.Version, 0, 1)
	attr.Enum(c.CreateOnly().Numeric(), uapi.IFLA_HSR_PROTOCOL, "proto", &v.Protocol, hsrProtocols)
	attr.MAC(c.ReadOnly(), uapi.IFLA_HSR_SUPERVISION_ADDR, "supervision_addr", &v.SupervisionAddr)
	attr.U16(c.ReadOnly().NoEvent(), uapi.IFLA_HSR_SEQ_NR, "seq_nr", &v.SeqNr)
}

// afterDecode takes Supervision from the address. A kernel that reports the version of HSR
// reports an interlink, too, and so does each one that has an interlink with PRP.
func (v *HSRInfo) afterDecode(l *Link) {
	if n := len(v.SupervisionAddr); n > 0 {
		v.Supervision = v.SupervisionAddr[n-1]
	}
	if l.raw.info.Has(uapi.IFLA_HSR_VERSION) || v.Protocol == HSRProtocolPRP {
		l.raw.info.Add(uapi.IFLA_HSR_INTERLINK)
	}
}

// hsrCopied leaves out an interlink that the link does not have, and adds the last byte of
// the supervision address.
func hsrCopied(l *Link, s *own.Settings) {
	if v := l.Info.(*HSRInfo); v.Interlink == 0 {
		s.Set.Remove(uapi.IFLA_HSR_INTERLINK)
	}
	s.Set.Add(uapi.IFLA_HSR_MULTICAST_SPEC)
}

// An HSRProtocol is a protocol that sends each frame on two ways.
type HSRProtocol uint8

// Protocols of an hsr link.
const (
	HSRProtocolHSR HSRProtocol = iota // both ways around a ring, the default
	HSRProtocolPRP                    // over two separate networks
)

var hsrProtocols = attr.Words{"hsr", "prp"}

// String returns "hsr" or "prp".
func (p HSRProtocol) String() string {
	return attr.Word(hsrProtocols, p)
}

// MarshalText returns the result of String.
func (p HSRProtocol) MarshalText() ([]byte, error) {
	return []byte(p.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (p *HSRProtocol) UnmarshalText(text []byte) error {
	return attr.ReadWord(hsrProtocols, "HSR protocol", text, p)
}

// validate applies the rules of hsr_newlink in the kernel.
func (v *HSRInfo) validate(_ string, s *spec) error {
	if s.Set.Has(uapi.IFLA_HSR_PROTOCOL) && s.Set.Has(uapi.IFLA_HSR_VERSION) && v.Protocol == HSRProtocolPRP {
		return &attr.Error{Name: "version", Text: "PRP has none: leave Version out"}
	}
	ports := []hsrPort{v.port(s, uapi.IFLA_HSR_SLAVE1, "Slave1", v.Slave1), v.port(s, uapi.IFLA_HSR_SLAVE2, "Slave2", v.Slave2),
		v.port(s, uapi.IFLA_HSR_INTERLINK, "Interlink", v.Interlink)}
	for i, p := range ports {
		at := slices.IndexFunc(ports[:i], func(o hsrPort) bool { return o.link != "" && o.link == p.link })
		if at >= 0 {
			return &attr.Error{Name: rowName(v.attrs, p.typ), Text: fmt.Sprintf("%s is %s as well: each port is a link of its own", p.link, ports[at].setter)}
		}
	}
	return nil
}

// An hsrPort is a port as a spec names it.
type hsrPort struct {
	typ    uint16
	setter string
	link   string // the quoted name, or the index; empty if the spec does not name it
}

// port returns the port with the given row, setter and index.
func (v *HSRInfo) port(s *spec, typ uint16, setter string, index int) hsrPort {
	p := hsrPort{typ: typ, setter: setter}
	if !s.Set.Has(typ) {
		return p
	}
	p.link = fmt.Sprintf("index %d", index)
	for _, r := range s.Refs {
		if r.Type == typ {
			p.link = fmt.Sprintf("%q", r.Name)
		}
	}
	return p
}

// planCreate refuses an interlink on a kernel that would ignore it.
func (v *HSRInfo) planCreate(_ context.Context, t *transaction, j *job) error {
	if j.spec.Set.Has(uapi.IFLA_HSR_INTERLINK) && rtnl.Older(6, 10) {
		return &Error{Op: t.op, Kind: j.spec.Kind, Name: j.spec.Name, Attr: "interlink", Message: "a RedBox needs Linux 6.10", Err: syscall.EOPNOTSUPP}
	}
	return nil
}

// hsrReason returns the meaning of an errno without a message from the driver.
func hsrReason(errno syscall.Errno) string {
	if errno == syscall.EBUSY {
		return "a port has a master, or a link such as a macvlan on it: it must belong to the hsr link alone"
	}
	return ""
}

// hsrRefused looks for the reason why the kernel refuses an hsr link, its MTU or a port of
// it.
func (t *transaction) hsrRefused(ctx context.Context, s *step, errno syscall.Errno) fact {
	own, refused := s.job.kind == &hsrKind, errno == syscall.EINVAL || errno == syscall.EBUSY
	switch {
	case errno == syscall.EOPNOTSUPP && s.what <= stepChange && s.job.linkSet.Has(uapi.IFLA_MASTER):
		return t.hsrTakesNone(ctx, s)
	case own && refused && s.what == stepCreate:
		return t.hsrPortRefused(ctx, s.job)
	case own && refused && s.what == stepChange:
		return t.hsrMTURefused(ctx, s.job)
	}
	return fact{}
}

// hsrTakesNone is about a link that is to join an hsr link or to leave one.
func (t *transaction) hsrTakesNone(ctx context.Context, s *step) fact {
	at, index := s.job.at, s.job.master()
	if link, err := at.readIndex(ctx, s.job.index); s.what == stepChange && err == nil && index == 0 {
		index = link.Master
	}
	if master, err := at.readIndex(ctx, index); index != 0 && err == nil && master.Kind == KindHSR {
		return fact{"master", fmt.Sprintf("the ports of %q are its Slave1, Slave2 and Interlink, from its creation to its deletion", master.Name)}
	}
	return fact{}
}

// hsrPortRefused finds the port that cannot be one.
func (t *transaction) hsrPortRefused(ctx context.Context, j *job) fact {
	v, ok := j.spec.Info.(*HSRInfo)
	if !ok {
		return fact{}
	}
	for _, typ := range []uint16{uapi.IFLA_HSR_SLAVE1, uapi.IFLA_HSR_SLAVE2, uapi.IFLA_HSR_INTERLINK} {
		link := v.readPort(ctx, j, typ)
		if link == nil {
			continue
		}
		if text := link.noHSRPort(ctx, j.at); text != "" {
			return fact{rowName(v.attrs, typ), text}
		}
	}
	if v.Protocol == HSRProtocolPRP && j.spec.Set.Has(uapi.IFLA_HSR_INTERLINK) {
		return fact{"interlink", "a RedBox of PRP needs Linux 7.3"}
	}
	return fact{}
}

// readPort reads the link that is to be a port, and returns nil without one.
func (v *HSRInfo) readPort(ctx context.Context, j *job, typ uint16) *Link {
	set := map[uint16]int{uapi.IFLA_HSR_SLAVE1: v.Slave1, uapi.IFLA_HSR_SLAVE2: v.Slave2, uapi.IFLA_HSR_INTERLINK: v.Interlink}
	index, ok := refIndex(j.infoRefs, typ, set[typ])
	if !ok {
		return nil
	}
	link, err := j.at.readIndex(ctx, index)
	if err != nil {
		return nil
	}
	return link
}

// noHSRPort returns the reason why a link cannot be a port of a new hsr link, or an empty
// string.
func (l *Link) noHSRPort(ctx context.Context, at *nsConn) string {
	name := fmt.Sprintf("%q", l.Name)
	switch {
	case l.Kind == KindHSR:
		return name + " is an hsr link itself"
	case l.Type != HardwareEther:
		return fmt.Sprintf("%s is %s, not Ethernet", name, l.Type)
	case l.Master != 0 && l.PortKind != KindHSR:
		return name + " is a port already: NoMaster frees it"
	}
	if owner := at.hsrWith(ctx, l.Index); owner != "" {
		return fmt.Sprintf("%s is a port of %q already: the deletion of that link frees it", name, owner)
	}
	return ""
}

// hsrWith returns the name of the hsr link with a port, or an empty string. Some kernels
// report it as the master of the port.
func (p *nsConn) hsrWith(ctx context.Context, port int) string {
	links, err := (&Conn{rt: p.rt}).list(ctx, filter{kind: KindHSR})
	if err != nil {
		return ""
	}
	for _, l := range links {
		if v, ok := l.Info.(*HSRInfo); ok && (v.Slave1 == port || v.Slave2 == port || v.Interlink == port) {
			return l.Name
		}
	}
	return ""
}

// hsrMTURefused compares the wanted MTU with the MTUs of the slaves.
func (t *transaction) hsrMTURefused(ctx context.Context, j *job) fact {
	if !j.linkSet.Has(uapi.IFLA_MTU) {
		return fact{}
	}
	link, err := j.at.readIndex(ctx, j.index)
	if err != nil {
		return fact{}
	}
	v, ok := link.Info.(*HSRInfo)
	if !ok {
		return fact{}
	}
	for _, index := range []int{v.Slave1, v.Slave2} {
		slave, err := j.at.readIndex(ctx, index)
		if err == nil && slave.MTU < j.spec.link.MTU+hsrTag {
			return fact{"mtu", fmt.Sprintf("%d and the %d bytes of the tag do not fit %q, whose MTU is %d", j.spec.link.MTU, hsrTag, slave.Name, slave.MTU)}
		}
	}
	return fact{}
}

// hsrTag is the length of the tag of HSR, and of the trailer of PRP, in bytes.
const hsrTag = 6
