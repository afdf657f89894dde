package inet

import (
	"math"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// An Addr is an IP address of a link, for the Addrs setter of a builder, and as
// Addrs of a Link reports it.
//
// A field that is zero is not sent, Update and Ensure do not look at it, and the
// kernel did not report it.
type Addr struct {
	// Prefix is the address and the length of its network's prefix, 1 or more,
	// such as 192.0.2.1/24. With a Peer, the length is that of the peer's network
	// (IFA_LOCAL).
	Prefix netip.Prefix
	// Peer is the address of the other end of a point-to-point link, of the same
	// family (IFA_ADDRESS).
	Peer netip.Addr
	// Broadcast is the network's broadcast address; only for IPv4, where the
	// kernel gives none by itself (IFA_BROADCAST).
	Broadcast netip.Addr
	// Label is another name for the link, for programs that list addresses; only
	// for IPv4. It has at most 15 bytes and begins with the name of the link,
	// which is the default and not reported (IFA_LABEL).
	Label string
	// Scope is where the address is valid. For IPv4 it is ScopeHost by default in
	// 127.0.0.0/8 and ScopeGlobal elsewhere, and 1 to 255 are taken as they are; for
	// IPv6 the address itself says it, and nothing else can be given (ifa_scope).
	Scope Scope
	// Flags are what is special about the address (IFA_FLAGS).
	Flags AddrFlags
	// ValidLifetime is how long the address stays, and PreferredLifetime how long
	// new connections use it, which cannot be longer: in whole seconds up to
	// 4294967294, or Forever. By default the address is valid forever, and
	// preferred as long as it is valid; AddrDeprecated among the Flags is a
	// preferred lifetime of 0. What is reported is what is left, at least 1s of
	// the first. Update and Ensure leave alone a lifetime that is running and no
	// longer than the one wanted (IFA_CACHEINFO).
	ValidLifetime, PreferredLifetime time.Duration
	// Metric is that of the route to the address's network, which the kernel
	// makes; 0 for IPv4 and 256 for IPv6 by default (IFA_RT_PRIORITY).
	Metric uint32
	// Proto says who made the address, for other programs (IFA_PROTO).
	Proto AddrProto
}

// Forever is a lifetime without an end.
const Forever = time.Duration(math.MaxInt64)

// A Scope says how far away from this machine an address is valid. It has the
// kernel's numbers, except that ScopeGlobal, the kernel's 0, is 256: the zero Scope
// is one that is not set.
type Scope uint16

// Scopes.
const (
	ScopeGlobal Scope = 1<<8 + uapi.RT_SCOPE_UNIVERSE // everywhere
	ScopeSite   Scope = uapi.RT_SCOPE_SITE            // within the site, which IPv6 has given up
	ScopeLink   Scope = uapi.RT_SCOPE_LINK            // on this link
	ScopeHost   Scope = uapi.RT_SCOPE_HOST            // inside this machine
)

// ScopeOf returns the Scope for a number of the kernel's.
func ScopeOf(number byte) Scope {
	if number == uapi.RT_SCOPE_UNIVERSE {
		return ScopeGlobal
	}
	return Scope(number)
}

var scopes = attr.Words{ScopeGlobal: "global", ScopeSite: "site", ScopeLink: "link", ScopeHost: "host"}

// String returns the word of iproute2, or the number where it has none; empty if s
// is not set.
func (s Scope) String() string {
	if s == 0 {
		return ""
	}
	return attr.Word(scopes, s)
}

// AddrFlags is a set of flags of an address, IFA_F_* of the kernel.
type AddrFlags uint32

// Flags of an address. NoDAD, Optimistic, Home and ManageTemp are for IPv6.
const (
	AddrNoDAD         AddrFlags = uapi.IFA_F_NODAD          // nodad: nobody is asked whether it is taken
	AddrOptimistic    AddrFlags = uapi.IFA_F_OPTIMISTIC     // optimistic: used while others are asked, RFC 4429; gone then
	AddrHome          AddrFlags = uapi.IFA_F_HOMEADDRESS    // home: the home address of Mobile IPv6, RFC 6275
	AddrManageTemp    AddrFlags = uapi.IFA_F_MANAGETEMPADDR // mngtmpaddr: a /64 that temporary addresses are made from, RFC 8981
	AddrNoPrefixRoute AddrFlags = uapi.IFA_F_NOPREFIXROUTE  // noprefixroute: without a route to its network
	AddrMCAutoJoin    AddrFlags = uapi.IFA_F_MCAUTOJOIN     // autojoin: a multicast address, whose group the link joins
	AddrDeprecated    AddrFlags = uapi.IFA_F_DEPRECATED     // deprecated: not for new connections, a PreferredLifetime of 0
)

// Flags of an address that the kernel sets; they are not sent.
const (
	AddrSecondary     AddrFlags = uapi.IFA_F_SECONDARY      // secondary of IPv4: of a network that has an address already; temporary of IPv6
	AddrDADFailed     AddrFlags = uapi.IFA_F_DADFAILED      // dadfailed: somebody else has it
	AddrTentative     AddrFlags = uapi.IFA_F_TENTATIVE      // tentative: others are still being asked whether it is taken
	AddrPermanent     AddrFlags = uapi.IFA_F_PERMANENT      // permanent: it is valid forever
	AddrStablePrivacy AddrFlags = uapi.IFA_F_STABLE_PRIVACY // stable-privacy: made as in RFC 7217
)

const (
	inet6AddrFlags    = AddrNoDAD | AddrOptimistic | AddrHome | AddrManageTemp
	settableAddrFlags = inet6AddrFlags | AddrNoPrefixRoute | AddrMCAutoJoin // AddrDeprecated is a lifetime
)

var addrFlagWords = []string{"secondary", "nodad", "optimistic", "dadfailed", "home", "deprecated", "tentative",
	"permanent", "mngtmpaddr", "noprefixroute", "autojoin", "stable-privacy"}

// String returns the words of iproute2 with "," between.
func (f AddrFlags) String() string {
	return attr.BitWords(uint32(f), addrFlagWords, ",")
}

// Settable returns those of the flags that a program can give an address. The
// others are the kernel's, and AddrDeprecated is a lifetime.
func (f AddrFlags) Settable() AddrFlags {
	return f & settableAddrFlags
}

// Inet6 returns those of the flags that a program can give IPv6 addresses only.
func (f AddrFlags) Inet6() AddrFlags {
	return f & inet6AddrFlags
}

// An AddrProto says who made an address.
type AddrProto uint8

// Who made an address; other numbers are free.
const (
	AddrProtoKernelLO AddrProto = uapi.IFAPROT_KERNEL_LO // the kernel, on the loopback interface
	AddrProtoKernelRA AddrProto = uapi.IFAPROT_KERNEL_RA // the kernel, as a router advertised
	AddrProtoKernelLL AddrProto = uapi.IFAPROT_KERNEL_LL // the kernel, on a link that came up
)

var addrProtos = attr.Words{"unspec", "kernel_lo", "kernel_ra", "kernel_ll"}

// String returns the word of iproute2, or the number where it has none.
func (p AddrProto) String() string {
	return attr.Word(addrProtos, p)
}
