package inet

import (
	"math"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// An Addr is an IP address of a link. It is the argument of a builder's Addrs
// setter, and the Addrs method of a Link returns it.
//
// A zero field is not sent, is ignored by Update and Ensure, and was not reported by
// the kernel.
type Addr struct {
	// Prefix is the address with the prefix length of its network, 1 or more, such
	// as 192.0.2.1/24. With a Peer, it is the prefix length of the peer's network. The
	// first and the last address of an IPv4 network are no hosts and are refused, unless
	// the prefix length is 31 or 32 (IFA_LOCAL).
	Prefix netip.Prefix `word:"local,required,short"`
	// Peer is the address of the other end of a point-to-point link, of the same
	// family (IFA_ADDRESS).
	Peer netip.Addr `word:"peer"`
	// Broadcast is the network's broadcast address; only for IPv4, where the kernel
	// sets none by default (IFA_BROADCAST).
	Broadcast netip.Addr `word:"broadcast"`
	// Label is an additional name for the link, used by programs that list
	// addresses; only for IPv4. It has at most 15 bytes and begins with the name of
	// the link. The default is the name of the link, which is not reported
	// (IFA_LABEL).
	Label string `word:"label"`
	// Scope is the area in which the address is valid. For IPv4, the default is
	// ScopeHost in 127.0.0.0/8 and ScopeGlobal elsewhere, and values from 1 to 255
	// are sent unchanged. For IPv6, the address itself determines the scope, and no
	// other can be set (ifa_scope).
	Scope Scope `word:"scope"`
	// Flags are special properties of the address (IFA_FLAGS).
	Flags AddrFlags `word:"flags,flags"`
	// ValidLifetime is the lifetime of the address. PreferredLifetime is the time
	// for which new connections use it, and cannot be longer. Both are in whole
	// seconds up to 4294967294, or Forever. By default the address is valid forever,
	// and preferred as long as it is valid; AddrDeprecated in Flags is a preferred
	// lifetime of 0. The reported values are the remaining times; the valid lifetime
	// is reported as at least 1s. Update and Ensure do not change a running lifetime
	// that does not exceed the wanted one (IFA_CACHEINFO).
	ValidLifetime     time.Duration `word:"valid_lft,forever"`
	PreferredLifetime time.Duration `word:"preferred_lft,forever"` // see ValidLifetime
	// Metric is the metric of the route to the address's network, which the kernel
	// makes; by default 0 for IPv4 and 256 for IPv6 (IFA_RT_PRIORITY).
	Metric uint32 `word:"metric"`
	// Proto is the origin of the address, for use by other programs (IFA_PROTO).
	Proto AddrProto `word:"proto"`
}

// Forever is an unlimited lifetime.
const Forever = time.Duration(math.MaxInt64)

// A Scope is the distance from this machine at which an address is valid. It uses
// the kernel's numbers, except that ScopeGlobal is 256 rather than the kernel's 0:
// the zero Scope means that no scope is set.
type Scope uint16

// Scopes.
const (
	ScopeGlobal Scope = 1<<8 + uapi.RT_SCOPE_UNIVERSE // everywhere
	ScopeSite   Scope = uapi.RT_SCOPE_SITE            // within the site; deprecated in IPv6
	ScopeLink   Scope = uapi.RT_SCOPE_LINK            // on this link
	ScopeHost   Scope = uapi.RT_SCOPE_HOST            // inside this machine
)

// ScopeOf returns the Scope for one of the kernel's numbers.
func ScopeOf(number byte) Scope {
	if number == uapi.RT_SCOPE_UNIVERSE {
		return ScopeGlobal
	}
	return Scope(number)
}

var scopes = attr.Words{ScopeGlobal: "global", ScopeSite: "site", ScopeLink: "link", ScopeHost: "host", uapi.RT_SCOPE_NOWHERE: "nowhere"}

// String returns the name that iproute2 uses, the number if there is no name, or an
// empty string if s is not set.
func (s Scope) String() string {
	if s == 0 {
		return ""
	}
	return attr.Word(scopes, s)
}

// MarshalText returns the result of String.
func (s Scope) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *Scope) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*s = 0
		return nil
	}
	return attr.ReadWord(scopes, "scope", text, s)
}

// AddrFlags is a set of address flags, the kernel's IFA_F_*.
type AddrFlags uint32

// Address flags. NoDAD, Optimistic, Home and ManageTemp are for IPv6.
const (
	AddrNoDAD         AddrFlags = uapi.IFA_F_NODAD          // nodad: no duplicate address detection
	AddrOptimistic    AddrFlags = uapi.IFA_F_OPTIMISTIC     // optimistic: used during duplicate address detection, RFC 4429; cleared afterwards
	AddrHome          AddrFlags = uapi.IFA_F_HOMEADDRESS    // home: the home address of Mobile IPv6, RFC 6275
	AddrManageTemp    AddrFlags = uapi.IFA_F_MANAGETEMPADDR // mngtmpaddr: a /64 from which temporary addresses are made, RFC 8981
	AddrNoPrefixRoute AddrFlags = uapi.IFA_F_NOPREFIXROUTE  // noprefixroute: without a route to its network
	AddrMCAutoJoin    AddrFlags = uapi.IFA_F_MCAUTOJOIN     // autojoin: a multicast address whose group the link joins
	AddrDeprecated    AddrFlags = uapi.IFA_F_DEPRECATED     // deprecated: not for new connections; a PreferredLifetime of 0
)

// Address flags that only the kernel sets; they are not sent.
const (
	AddrSecondary     AddrFlags = uapi.IFA_F_SECONDARY      // secondary in IPv4: another address of the same network exists; temporary in IPv6
	AddrDADFailed     AddrFlags = uapi.IFA_F_DADFAILED      // dadfailed: another machine has the address
	AddrTentative     AddrFlags = uapi.IFA_F_TENTATIVE      // tentative: duplicate address detection is still running
	AddrPermanent     AddrFlags = uapi.IFA_F_PERMANENT      // permanent: valid forever
	AddrStablePrivacy AddrFlags = uapi.IFA_F_STABLE_PRIVACY // stable-privacy: generated according to RFC 7217
)

const (
	inet6AddrFlags    = AddrNoDAD | AddrOptimistic | AddrHome | AddrManageTemp
	settableAddrFlags = inet6AddrFlags | AddrNoPrefixRoute | AddrMCAutoJoin // AddrDeprecated is a lifetime
)

var addrFlagWords = []string{"secondary", "nodad", "optimistic", "dadfailed", "home", "deprecated", "tentative",
	"permanent", "mngtmpaddr", "noprefixroute", "autojoin", "stable-privacy"}

// String returns the names that iproute2 uses, separated by commas.
func (f AddrFlags) String() string {
	return attr.BitWords(uint32(f), addrFlagWords, ",")
}

// MarshalText returns the result of String.
func (f AddrFlags) MarshalText() ([]byte, error) {
	return []byte(f.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (f *AddrFlags) UnmarshalText(text []byte) error {
	return attr.ReadBitWords(addrFlagWords, "address flag", text, f)
}

// Settable returns the flags that a program can set on an address. The kernel sets
// the other flags, and AddrDeprecated is a lifetime.
func (f AddrFlags) Settable() AddrFlags {
	return f & settableAddrFlags
}

// Inet6 returns the flags that a program can set on IPv6 addresses only.
func (f AddrFlags) Inet6() AddrFlags {
	return f & inet6AddrFlags
}

// An AddrProto is the origin of an address.
type AddrProto uint8

// Origins of an address; other numbers are free.
const (
	AddrProtoKernelLO AddrProto = uapi.IFAPROT_KERNEL_LO // the kernel, for the loopback interface
	AddrProtoKernelRA AddrProto = uapi.IFAPROT_KERNEL_RA // the kernel, from a router advertisement
	AddrProtoKernelLL AddrProto = uapi.IFAPROT_KERNEL_LL // the kernel, for a link that came up
)

var addrProtos = attr.Words{"unspec", "kernel_lo", "kernel_ra", "kernel_ll"}

// String returns the name that iproute2 uses, or the number if there is no name.
func (p AddrProto) String() string {
	return attr.Word(addrProtos, p)
}

// MarshalText returns the result of String.
func (p AddrProto) MarshalText() ([]byte, error) {
	return []byte(p.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (p *AddrProto) UnmarshalText(text []byte) error {
	return attr.ReadWord(addrProtos, "address protocol", text, p)
}
