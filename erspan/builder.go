package erspan

import (
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes an erspan link: mirrored Ethernet frames in GRE over IPv4. A
// traffic control filter redirects frames to it. It sends from the namespace of the
// link. A change keeps the MTU and all other settings.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the erspan link with the given name. It needs a Key, or
// External.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindERSPAN, name, new(iplink.ERSPANInfo))
	return b
}

// Info returns the link's own erspan settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.ERSPANInfo, bool) {
	info, ok := link.Info.(*iplink.ERSPANInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.ERSPANInfo {
	return own.Put[iplink.ERSPANInfo](b.Own(b), number)
}

// Local sets the address of this end, an IPv4 address; the unspecified address, the
// default, lets the kernel choose (IFLA_GRE_LOCAL).
func (b *Builder) Local(addr netip.Addr) *Builder {
	b.set(uapi.IFLA_GRE_LOCAL).Local = addr
	return b
}

// Remote sets the address of the other end, or a group, an IPv4 address; the unspecified
// address, the default, stands for any (IFLA_GRE_REMOTE).
func (b *Builder) Remote(addr netip.Addr) *Builder {
	b.set(uapi.IFLA_GRE_REMOTE).Remote = addr
	return b
}

// Dev names the link that the outer packets leave by, in the namespace of the tunnel; by
// default the routing table chooses it (IFLA_GRE_LINK).
func (b *Builder) Dev(name string) *Builder {
	b.Own(b).Refer(uapi.IFLA_GRE_LINK, name)
	return b
}

// DevIndex is like Dev, but takes the index; 0 stands for none.
func (b *Builder) DevIndex(index int) *Builder {
	b.set(uapi.IFLA_GRE_LINK).Dev = index
	return b
}

// FwMark sets the mark that routes the outer packets; 0, the default, means no mark
// (IFLA_GRE_FWMARK).
func (b *Builder) FwMark(mark uint32) *Builder {
	b.set(uapi.IFLA_GRE_FWMARK).FwMark = mark
	return b
}

// Key sets the session ID, 0 to 1023, as the key of received and sent packets, which
// also have sequence numbers (IFLA_GRE_IKEY, IFLA_GRE_OKEY, and GRE_KEY and GRE_SEQ in
// IFLA_GRE_IFLAGS, IFLA_GRE_OFLAGS).
func (b *Builder) Key(session uint32) *Builder {
	return b.IKey(session).OKey(session)
}

// IKey sets the session ID of received packets, 0 to 1023 (IFLA_GRE_IKEY, and GRE_KEY
// and GRE_SEQ in IFLA_GRE_IFLAGS).
func (b *Builder) IKey(session uint32) *Builder {
	b.set(uapi.IFLA_GRE_IKEY).IKey = session
	b.set(own.TunnelIKeyed).IKeyed = true
	b.set(own.TunnelISeq).ISeq = true
	return b
}

// OKey sets the session ID of sent packets, 0 to 1023 (IFLA_GRE_OKEY, and GRE_KEY and
// GRE_SEQ in IFLA_GRE_OFLAGS).
func (b *Builder) OKey(session uint32) *Builder {
	b.set(uapi.IFLA_GRE_OKEY).OKey = session
	b.set(own.TunnelOKeyed).OKeyed = true
	b.set(own.TunnelOSeq).OSeq = true
	return b
}

// TTL sets the time to live of the outer packet; 0, the default, copies it from the
// inner packet (IFLA_GRE_TTL).
func (b *Builder) TTL(hops uint8) *Builder {
	b.set(uapi.IFLA_GRE_TTL).TTL = hops
	return b
}

// TOS sets the type of service of the outer packet, 0 by default; 1 copies it from the
// inner packet (IFLA_GRE_TOS).
func (b *Builder) TOS(tos uint8) *Builder {
	b.set(uapi.IFLA_GRE_TOS).TOS = tos
	return b
}

// TOSInherit copies the type of service from the inner packet, as TOS(1) does
// (IFLA_GRE_TOS).
func (b *Builder) TOSInherit() *Builder {
	return b.TOS(1)
}

// PMTUDiscovery sets whether the outer packet has the don't-fragment bit as path MTU
// discovery needs it; on by default. Without it the bit is copied from an inner IPv4
// packet, unless IgnoreDF is set, and clear around others (IFLA_GRE_PMTUDISC).
func (b *Builder) PMTUDiscovery(on bool) *Builder {
	b.set(uapi.IFLA_GRE_PMTUDISC).PMTUDiscovery = on
	return b
}

// IgnoreDF sets whether outer packets are sent in fragments even if the inner packet has
// the don't-fragment bit; off by default. It needs PMTUDiscovery(false)
// (IFLA_GRE_IGNORE_DF).
func (b *Builder) IgnoreDF(on bool) *Builder {
	b.set(uapi.IFLA_GRE_IGNORE_DF).IgnoreDF = on
	return b
}

// Version sets the version of the header: 1, the default, for type II, 2 for type III, 0
// for none (IFLA_GRE_ERSPAN_VER).
func (b *Builder) Version(version uint8) *Builder {
	b.set(uapi.IFLA_GRE_ERSPAN_VER).Version = version
	return b
}

// SessionIndex sets the number of the mirrored port, 0 to 0xfffff, 0 by default; only of
// version 1 (IFLA_GRE_ERSPAN_INDEX).
func (b *Builder) SessionIndex(index uint32) *Builder {
	b.set(uapi.IFLA_GRE_ERSPAN_INDEX).Index = index
	return b
}

// Direction sets the direction of the mirrored frames, Ingress by default; only of
// version 2 (IFLA_GRE_ERSPAN_DIR).
func (b *Builder) Direction(direction iplink.ERSPANDirection) *Builder {
	b.set(uapi.IFLA_GRE_ERSPAN_DIR).Direction = direction
	return b
}

// HWID sets the number of the mirroring engine, 0 to 63, 0 by default; only of version 2
// (IFLA_GRE_ERSPAN_HWID).
func (b *Builder) HWID(engine uint16) *Builder {
	b.set(uapi.IFLA_GRE_ERSPAN_HWID).HWID = engine
	return b
}

// Encap sets the UDP encapsulation of the outer packets, such as FOU(5555); the zero
// TunnelEncap, the default, means no UDP. The kernel needs the module fou, which it does
// not load by itself, and the receiver a port of package fou (IFLA_GRE_ENCAP_TYPE,
// IFLA_GRE_ENCAP_FLAGS, IFLA_GRE_ENCAP_SPORT, IFLA_GRE_ENCAP_DPORT).
func (b *Builder) Encap(encap iplink.TunnelEncap) *Builder {
	for _, number := range []uint16{uapi.IFLA_GRE_ENCAP_TYPE, own.TunnelEncapCsum, own.TunnelEncapCsum6, own.TunnelEncapRemCsum,
		uapi.IFLA_GRE_ENCAP_SPORT, uapi.IFLA_GRE_ENCAP_DPORT} {
		b.set(number).Encap = encap
	}
	return b
}

// External leaves the tunnel's parameters to routes, tc and OVS. A namespace has one
// such link of a kind. It cannot change later (IFLA_GRE_COLLECT_METADATA).
func (b *Builder) External() *Builder {
	b.set(uapi.IFLA_GRE_COLLECT_METADATA).External = true
	return b
}
