// Package inetnl has the kernel's messages about addresses, routes and neighbours of
// a link, the checks of these values, and the comparison of wanted values with those
// of a link.
package inetnl

import (
	"cmp"
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// addrLen is the length of a struct ifaddrmsg.
const addrLen = 8

// endless is the kernel's value for an infinite lifetime, in seconds.
const endless = ^uint32(0)

// Package rtnetlink has an AddressMessage, too, but it cannot send lifetimes, a
// metric or a protocol.

// AppendAddr appends the message that adds the address to a link: a struct ifaddrmsg
// and the fields that are set, as `ip address add` does.
func AppendAddr(b []byte, a *inet.Addr, index int) []byte {
	local, flags := a.Prefix.Addr(), a.Flags.Settable()
	header := byte(flags)
	if flags > 0xff {
		header = 0
	}
	b = wire.Order.AppendUint32(append(b, familyOf(local), byte(a.Prefix.Bits()), header, addrScope(a)), uint32(index))
	b = wire.AppendAttr(b, uapi.IFA_LOCAL, local.AsSlice())
	b = wire.AppendAttr(b, uapi.IFA_ADDRESS, a.PeerPrefix().Addr().AsSlice())
	if a.Broadcast.IsValid() {
		b = wire.AppendAttr(b, uapi.IFA_BROADCAST, a.Broadcast.AsSlice())
	}
	if a.Label != "" {
		b = wire.AppendString(b, uapi.IFA_LABEL, a.Label)
	}
	if a.Metric != 0 {
		b = wire.AppendU32(b, uapi.IFA_RT_PRIORITY, a.Metric)
	}
	if a.Proto != 0 {
		b = wire.AppendU8(b, uapi.IFA_PROTO, uint8(a.Proto))
	}
	if flags > 0xff {
		b = wire.AppendU32(b, uapi.IFA_FLAGS, uint32(flags))
	}
	return appendLifetimes(b, a)
}

// appendLifetimes appends the struct ifa_cacheinfo, unless no lifetime is set.
func appendLifetimes(b []byte, a *inet.Addr) []byte {
	valid, preferred, set := a.Lifetimes()
	if !set {
		return b
	}
	info := wire.Order.AppendUint32(make([]byte, 0, 16), seconds(preferred))
	info = wire.Order.AppendUint32(info, seconds(valid))
	return wire.AppendAttr(b, uapi.IFA_CACHEINFO, info[:cap(info)])
}

func seconds(d time.Duration) uint32 {
	if d == inet.Forever {
		return endless
	}
	return uint32(d / time.Second)
}

// addrScope returns the scope to send: for IPv4 the scope of the address or else its
// default. The kernel derives the scope of an IPv6 address from the address itself.
func addrScope(a *inet.Addr) byte {
	if a.Prefix.Addr().Is6() {
		return uapi.RT_SCOPE_UNIVERSE
	}
	return byte(cmp.Or(a.Scope, a.DefaultScope())) // ScopeGlobal is 0 in its low bits
}

func familyOf(ip netip.Addr) byte {
	if ip.Is4() {
		return uapi.AF_INET
	}
	return uapi.AF_INET6
}

// A LinkAddr is an IP address with the index of its link.
type LinkAddr struct {
	inet.Addr
	Index int
}

// ReadAddrs returns the IP addresses of the link with the given index and name.
func ReadAddrs(ctx context.Context, rt *rtnl.Conn, index int, name string) (all []inet.Addr, err error) {
	found, err := ListAddrs(ctx, rt, index)
	for _, a := range found {
		if a.Index == index {
			all = append(all, Unlabelled(a.Addr, name))
		}
	}
	return all, err
}

// Unlabelled returns an address without its label, if that is the name of its link.
func Unlabelled(a inet.Addr, name string) inet.Addr {
	if a.Label == name {
		a.Label = ""
	}
	return a
}

// ListAddrs returns the IP addresses of a link, or all of the namespace if index is 0,
// with their labels.
func ListAddrs(ctx context.Context, rt *rtnl.Conn, index int) ([]LinkAddr, error) {
	var all []LinkAddr
	body := func(b []byte) []byte { return appendAddrFilter(b, index) }
	err := rt.Dump(ctx, uapi.RTM_GETADDR, body, func() { all = nil }, func(m wire.Message) {
		if a, of, ok := ParseAddr(m.Data); ok {
			all = append(all, LinkAddr{a, of})
		}
	})
	return all, err
}

// AppendAddrList appends the struct ifaddrmsg of a list of all addresses in the namespace
// with an id.
func AppendAddrList(b []byte, id int32) []byte {
	return rtnl.AppendTarget(appendAddrFilter(b, 0), uapi.IFA_TARGET_NETNSID, id)
}

// appendAddrFilter appends the struct ifaddrmsg that limits a list to one link, unless
// index is 0.
func appendAddrFilter(b []byte, index int) []byte {
	return wire.Order.AppendUint32(append(b, 0, 0, 0, 0), uint32(index))
}

// ParseAddr decodes the body of RTM_NEWADDR: an address, and the index of its link.
func ParseAddr(b []byte) (a inet.Addr, index int, ok bool) {
	if len(b) < addrLen {
		return a, 0, false
	}
	a.Flags, a.Scope = inet.AddrFlags(b[2]), inet.ScopeOf(b[3])
	var local, address netip.Addr
	for attr, err := range wire.Attrs(b[addrLen:]) {
		if err != nil {
			return a, 0, false
		}
		switch attr.Type {
		case uapi.IFA_LOCAL:
			local, _ = netip.AddrFromSlice(attr.Data)
		case uapi.IFA_ADDRESS:
			address, _ = netip.AddrFromSlice(attr.Data)
		default:
			takeAddr(&a, attr)
		}
	}
	if !local.IsValid() {
		local = address
	}
	if address.IsValid() && address != local {
		a.Peer = address
	}
	if a.ValidLifetime != 0 && a.PreferredLifetime == 0 {
		a.Flags |= inet.AddrDeprecated // the kernel sets the flag a moment later
	}
	a.Prefix = netip.PrefixFrom(local, int(b[1]))
	return a, int(wire.Order.Uint32(b[4:])), a.Prefix.IsValid()
}

// takeAddr decodes one attribute and ignores attributes of unexpected length.
func takeAddr(a *inet.Addr, attr wire.Attr) {
	switch {
	case attr.Type == uapi.IFA_BROADCAST:
		a.Broadcast, _ = netip.AddrFromSlice(attr.Data)
	case attr.Type == uapi.IFA_LABEL:
		a.Label = strings.Clone(wire.CString(attr.Data))
	case attr.Type == uapi.IFA_FLAGS && len(attr.Data) == 4:
		a.Flags = inet.AddrFlags(wire.Order.Uint32(attr.Data))
	case attr.Type == uapi.IFA_RT_PRIORITY && len(attr.Data) == 4:
		a.Metric = wire.Order.Uint32(attr.Data)
	case attr.Type == uapi.IFA_PROTO && len(attr.Data) == 1:
		a.Proto = inet.AddrProto(attr.Data[0])
	case attr.Type == uapi.IFA_CACHEINFO && len(attr.Data) >= 8:
		a.PreferredLifetime = lifetime(wire.Order.Uint32(attr.Data))
		a.ValidLifetime = max(lifetime(wire.Order.Uint32(attr.Data[4:])), time.Second) // 0 would mean unset
	}
}

func lifetime(seconds uint32) time.Duration {
	if seconds == endless {
		return inet.Forever
	}
	return time.Duration(seconds) * time.Second
}
