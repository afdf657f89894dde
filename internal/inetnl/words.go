package inetnl

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/words"
)

// A setting is the reader of a word and its value.
type setting struct {
	word string
	read func(args *words.Args) error
}

// readAll reads settings in any order. A word that is the name of none goes to bare, which
// also takes the words of more.
func readAll(args *words.Args, settings []setting, bare func(word string) (bool, error), more ...string) error {
	names := make([]string, len(settings))
	for i := range settings {
		names[i] = settings[i].word
	}
	for args.More() {
		word := args.Next()
		full, ok := words.Match(word, names)
		if full != word {
			known, err := bare(word)
			if known || err != nil {
				if err != nil {
					return err
				}
				continue
			}
		}
		if !ok {
			return args.Unknown(slices.Concat(names, more))
		}
		if err := settings[slices.Index(names, full)].read(args); err != nil {
			return err
		}
	}
	return nil
}

// ofText returns a reader of a value that is a word of an enumeration.
func ofText(v interface{ UnmarshalText([]byte) error }) func(*words.Args) error {
	return func(args *words.Args) error {
		word, err := args.Value()
		if err == nil && v.UnmarshalText([]byte(word)) != nil {
			return args.Fault(strings.TrimSuffix(v.UnmarshalText([]byte(word)).Error(), ": invalid argument"))
		}
		return err
	}
}

func ofNumber(v *uint32, more map[string]uint32) func(*words.Args) error {
	return func(args *words.Args) (err error) {
		if known, ok := more[args.Peek()]; ok {
			args.Next()
			*v = known
			return nil
		}
		n, err := args.Number(32)
		*v = uint32(n)
		return err
	}
}

func ofAddr(v *netip.Addr) func(*words.Args) error {
	return func(args *words.Args) (err error) {
		*v, err = args.Addr()
		return err
	}
}

// ReadAddr reads the arguments of `ip address add`, without the link.
func ReadAddr(args *words.Args) (a inet.Addr, err error) {
	preferredSet := false
	settings := []setting{
		{"peer", func(args *words.Args) error { return readPeer(args, &a) }},
		{"remote", func(args *words.Args) error { return readPeer(args, &a) }},
		{"broadcast", func(args *words.Args) error { return readBroadcast(args, &a) }},
		{"brd", func(args *words.Args) error { return readBroadcast(args, &a) }},
		{"local", func(args *words.Args) error { return readLocal(args, &a) }},
		{"label", func(args *words.Args) (err error) { a.Label, err = args.Value(); return err }},
		{"scope", ofText(&a.Scope)},
		{"metric", ofNumber(&a.Metric, nil)}, {"priority", ofNumber(&a.Metric, nil)}, {"preference", ofNumber(&a.Metric, nil)},
		{"proto", ofText(&a.Proto)},
		{"valid_lft", ofLifetime(&a.ValidLifetime)},
		{"preferred_lft", func(args *words.Args) error { preferredSet = true; return ofLifetime(&a.PreferredLifetime)(args) }},
	}
	for _, flag := range []inet.AddrFlags{inet.AddrNoDAD, inet.AddrOptimistic, inet.AddrHome, inet.AddrManageTemp, inet.AddrNoPrefixRoute, inet.AddrMCAutoJoin} {
		settings = append(settings, setting{flag.String(), func(*words.Args) error { a.Flags |= flag; return nil }})
	}
	err = readAll(args, settings, func(string) (bool, error) {
		if a.Prefix.IsValid() {
			return false, nil
		}
		args.Back()
		return true, readLocal(args, &a)
	})
	switch {
	case err != nil:
		return a, err
	case !a.Prefix.IsValid():
		return a, args.Missing("an address")
	case preferredSet && a.PreferredLifetime == 0:
		a.Flags |= inet.AddrDeprecated
	}
	return a, completeBroadcast(&a)
}

// readLocal reads the address of the link, with the length of a prefix unless there is a
// peer.
func readLocal(args *words.Args, a *inet.Addr) error {
	p, err := args.Prefix()
	if a.Peer.IsValid() {
		p = netip.PrefixFrom(p.Addr(), a.Prefix.Bits())
	}
	a.Prefix = p
	return err
}

// readPeer reads the address of the other end, with the length of the prefix.
func readPeer(args *words.Args, a *inet.Addr) error {
	p, err := args.Prefix()
	if err != nil {
		return err
	}
	local := a.Prefix.Addr()
	if !local.IsValid() {
		local = p.Addr()
	}
	a.Peer, a.Prefix = p.Addr(), netip.PrefixFrom(local, p.Bits())
	return nil
}

// computed and computedZeros stand for a broadcast address that follows from the prefix: with
// ones and with zeros in place of the host.
var computed, computedZeros = netip.IPv6Unspecified(), netip.IPv6LinkLocalAllNodes()

func readBroadcast(args *words.Args, a *inet.Addr) (err error) {
	switch {
	case args.Take("+"):
		a.Broadcast = computed
		return nil
	case args.Take("-"):
		a.Broadcast = computedZeros
		return nil
	}
	a.Broadcast, err = args.Addr()
	return err
}

// completeBroadcast computes the last or the first address of the network.
func completeBroadcast(a *inet.Addr) error {
	switch {
	case !a.Prefix.Addr().Is4():
		return nil
	case a.Broadcast == computedZeros:
		a.Broadcast = a.Prefix.Masked().Addr()
		return nil
	case a.Broadcast != computed:
		return nil
	}
	b := a.Prefix.Addr().As4()
	for bit := a.Prefix.Bits(); bit < 32; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	a.Broadcast = netip.AddrFrom4(b)
	return nil
}

func ofLifetime(d *time.Duration) func(*words.Args) error {
	return func(args *words.Args) error {
		word, err := args.Value()
		if err != nil {
			return err
		}
		if word == "forever" {
			*d = inet.Forever
			return nil
		}
		n, ok := words.Number(strings.TrimSuffix(word, "sec"), 32)
		if !ok {
			return args.Faultf(`%q is not a time in seconds, and not "forever"`, word)
		}
		*d = time.Duration(n) * time.Second
		if n == 1<<32-1 {
			*d = inet.Forever
		}
		return nil
	}
}

// tables are the names of routing tables that need no file.
var tables = map[string]uint32{"main": uapi.RT_TABLE_MAIN, "local": uapi.RT_TABLE_LOCAL, "default": uapi.RT_TABLE_LOCAL - 2}

// protocols are the names of the protocols of routes that `ip` has without a file, besides
// the words of inet.RouteProto.
var protocols = map[string]inet.RouteProto{"gated": 8, "mrt": 10, "zebra": 11, "bird": 12, "dnrouted": 13, "xorp": 14, "ntk": 15, "keepalived": 18,
	"babel": 42, "ovn": 84, "openr": 99, "bgp": 186, "isis": 187, "ospf": 188, "rip": 189, "eigrp": 192}

func ofProtocol(v *inet.RouteProto) func(*words.Args) error {
	return func(args *words.Args) (err error) {
		*v, err = ReadProtocol(args)
		return err
	}
}

// ReadProtocol reads the origin of a route, which MDB entries have as well.
func ReadProtocol(args *words.Args) (p inet.RouteProto, err error) {
	if p, ok := protocols[args.Peek()]; ok {
		args.Next()
		return p, nil
	}
	return p, ofText(&p)(args)
}

// unreadOfRoute are words about a route that inet.Route has no field for.
var unreadOfRoute = []string{"as", "congctl", "cwnd", "dsfield", "encap", "equalize", "expires", "fastopen_no_cookie", "features", "from", "hoplimit", "initcwnd", "initrwnd",
	"nexthop", "nhid", "pref", "quickack", "realms", "reordering", "rto_min", "rtt", "rttvar", "ssthresh", "tos", "ttl-propagate", "vrf", "weight", "window"}

// ReadRoute reads the arguments of `ip route add`, without the link. six makes a default
// route without a gateway one of IPv6.
func ReadRoute(args *words.Args, six bool) (r inet.Route, err error) {
	var typ inet.RouteType
	if typ.UnmarshalText([]byte(args.Peek())) == nil && !isNumber(args.Peek()) {
		args.Next()
		r.Type = typ
	}
	dst, isDefault := false, false
	settings := []setting{
		{"via", func(args *words.Args) (err error) {
			if !args.Take("inet6") {
				args.Take("inet")
			}
			r.Via, err = args.Addr()
			return err
		}},
		{"src", ofAddr(&r.Src)}, {"table", ofNumber(&r.Table, tables)}, {"proto", ofProtocol(&r.Proto)}, {"protocol", ofProtocol(&r.Proto)},
		{"scope", ofText(&r.Scope)}, {"metric", ofNumber(&r.Metric, nil)}, {"priority", ofNumber(&r.Metric, nil)}, {"preference", ofNumber(&r.Metric, nil)},
		{"onlink", func(*words.Args) error { r.OnLink = true; return nil }},
		{"mtu", func(args *words.Args) error { r.MTULock = args.Take("lock"); return ofNumber(&r.MTU, nil)(args) }},
		{"advmss", ofNumber(&r.AdvMSS, nil)},
		{"to", func(args *words.Args) (err error) { dst = true; r.Dst, err = args.Prefix(); return err }},
	}
	err = readAll(args, settings, func(word string) (bool, error) {
		switch {
		case slices.Contains(unreadOfRoute, word):
			return false, args.Fault("builders have no setting for it")
		case dst:
			return false, nil
		case word == "default" || word == "any" || word == "all":
			dst, isDefault = true, true
			return true, nil
		}
		p, ok := words.ShortPrefix(word)
		r.Dst, dst = p, ok
		return ok, nil
	}, "default")
	if err == nil && !dst {
		err = args.Missing("a destination")
	}
	if isDefault && !r.Via.IsValid() {
		r.Dst = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
		if six {
			r.Dst = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
		}
	}
	return r, err
}

func isNumber(word string) bool {
	_, ok := words.Number(word, 64)
	return ok || word == ""
}

// ofState reads a state of a neighbour, which `ip` lets be abbreviated.
func ofState(v *inet.NeighState) func(*words.Args) error {
	return func(args *words.Args) error {
		names := []string{inet.NeighState(0).String()}
		for bit := range 8 {
			names = append(names, inet.NeighState(1<<bit).String())
		}
		if state, ok := words.Match(args.Peek(), names); ok {
			args.Next()
			return v.UnmarshalText([]byte(state))
		}
		return ofText(v)(args)
	}
}

// ReadNeigh reads the arguments of `ip neighbour add`, without the link.
func ReadNeigh(args *words.Args) (n inet.Neigh, err error) {
	settings := []setting{
		{"proxy", func(args *words.Args) error { n.Flags |= inet.NeighProxy; return ofAddr(&n.Addr)(args) }},
		{"lladdr", func(args *words.Args) (err error) { n.LLAddr, err = args.HardwareAddr(); return err }},
		{"nud", ofState(&n.State)}, {"state", ofState(&n.State)},
		{"to", ofAddr(&n.Addr)},
	}
	for _, flag := range []inet.NeighFlags{inet.NeighExtLearned, inet.NeighRouter, inet.NeighManaged} {
		settings = append(settings, setting{flag.String(), func(*words.Args) error { n.Flags |= flag; return nil }})
	}
	err = readAll(args, settings, func(word string) (bool, error) {
		if n.Addr.IsValid() {
			return false, nil
		}
		a, parseErr := netip.ParseAddr(word)
		if parseErr == nil && a.Zone() == "" {
			n.Addr = a
			return true, nil
		}
		return false, nil
	})
	if err == nil && !n.Addr.IsValid() {
		err = args.Missing("an address")
	}
	return n, err
}
