package team

import (
	"fmt"
	"io/fs"
	"math"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/iplink-go/iplink"
)

// A Config is the contents of a teamd configuration file.
type Config struct {
	// Device is the name of the team; empty if the file has none ("device").
	Device string
	// Ports are the names of the ports, in the order of the file ("ports"). Run does
	// not add them, AddPort does. Runner.Ports has their settings.
	Ports []string
	// Runner has all other settings.
	Runner Runner
}

// ParseTeamd reads a teamd configuration file in JSON, as described in
// teamd.conf(5). A value that teamd would ignore or replace by its default, because
// it has the wrong type, is out of range or is unknown, is an error here. The error
// is of type *iplink.Error, with the path of the value, such as "ports.eth0.prio",
// in Attr, and matches fs.ErrInvalid. For the link watch tipc, which teamd.conf(5) does
// not mention, it matches errors.ErrUnsupported. Keys that teamd knows and
// that have no meaning for the runner are ignored.
func ParseTeamd(text []byte) (*Config, error) {
	root, err := parseJSON(text)
	if err != nil {
		return nil, err
	}
	c := &Config{}
	d := &configDecoder{c: c, r: &c.Runner}
	d.root(root)
	if d.err != nil {
		return nil, d.err
	}
	if fault := d.contradiction(); fault != nil {
		return nil, fault
	}
	return c, nil
}

func configError(path string, cause error, format string, args ...any) error {
	return &iplink.Error{Op: "parse", Kind: iplink.KindTeam, Attr: path, Message: fmt.Sprintf(format, args...), Err: cause}
}

// contradiction returns the first fault of the Runner that is not the fault of a
// single value.
func (d *configDecoder) contradiction() (fault error) {
	d.c.Runner.inspect(func(field, format string, args ...any) {
		if fault == nil {
			fault = configError(strings.ToLower(field), fs.ErrInvalid, format, args...)
		}
	})
	return fault
}

// configDecoder fills in a Config. It keeps the first fault as its error.
type configDecoder struct {
	c   *Config
	r   *Runner
	err error
}

func (d *configDecoder) fail(v *value, format string, args ...any) {
	if d.err == nil {
		d.err = configError(v.path, fs.ErrInvalid, format, args...)
	}
}

// fields are the functions for the members of an object, by key. A member with a nil
// function is ignored.
type fields map[string]func(*value)

// object calls the function of each member.
func (d *configDecoder) object(v *value, fields fields) {
	if v.kind != objectKind {
		d.fail(v, "is %s, not an object", v.kind)
		return
	}
	for _, m := range v.members {
		field, known := fields[m.key]
		if !known {
			d.fail(m, "teamd has no such key")
		} else if field != nil {
			field(m)
		}
	}
}

// root reads the runner first, because defaults of other settings depend on it.
func (d *configDecoder) root(v *value) {
	if m := v.member("runner"); m != nil {
		d.runner(m)
	}
	d.object(v, fields{
		"device":            func(v *value) { d.c.Device = d.name(v) },
		"debug_level":       func(v *value) { d.integer(v, 0, math.MaxInt32) },
		"hwaddr":            func(v *value) { d.r.Address = d.hardware(v) },
		"runner":            nil,
		"notify_peers":      func(v *value) { d.r.NotifyPeers = d.burst(v) },
		"mcast_rejoin":      func(v *value) { d.r.MCastRejoin = d.burst(v) },
		"link_watch":        func(v *value) { d.r.LinkWatches = d.watches(v) },
		"link_watch_policy": func(v *value) { d.r.LinkWatchPolicy = LinkWatchPolicy(d.oneOf(v, linkWatchPolicies)) },
		"ports":             d.ports,
	})
}

// runner reads the object "runner", starting with its name.
func (d *configDecoder) runner(v *value) {
	if name := v.member("name"); name != nil {
		d.mode(name)
	}
	known := fields{"name": nil}
	switch d.r.Mode {
	case ActiveBackup:
		known["hwaddr_policy"] = func(v *value) { d.r.HWAddr = HWAddrPolicy(d.oneOf(v, hwAddrPolicies)) }
	case LACP:
		d.lacp(known)
		fallthrough
	case LoadBalance:
		known["tx_hash"] = d.hash
		known["tx_balancer"] = d.balancer
	}
	for _, other := range []string{"hwaddr_policy", "tx_hash", "tx_balancer", "active", "fast_rate", "sys_prio", "min_ports", "agg_select_policy"} {
		if _, ok := known[other]; !ok {
			known[other] = nil
		}
	}
	d.object(v, known)
}

func (d *configDecoder) mode(v *value) {
	name := d.text(v)
	d.r.Mode = iplink.TeamMode(name)
	if !slices.Contains([]iplink.TeamMode{Broadcast, RoundRobin, Random, ActiveBackup, LoadBalance, LACP}, d.r.Mode) {
		d.fail(v, "there is no runner %q", name)
	}
}

// lacp adds the settings of the runner lacp.
func (d *configDecoder) lacp(known fields) {
	c := &d.r.LACP
	known["active"] = func(v *value) { c.Passive = !d.boolean(v) }
	known["fast_rate"] = func(v *value) { c.FastRate = d.boolean(v) }
	known["sys_prio"] = func(v *value) { c.SystemPriority = new(uint16(d.integer(v, 0, math.MaxUint16))) }
	known["min_ports"] = func(v *value) { c.MinPorts = int(d.integer(v, 1, mostMinPorts)) }
	known["agg_select_policy"] = func(v *value) { c.Select = AggregatorPolicy(d.oneOf(v, aggregatorPolicies)) }
}

func (d *configDecoder) hash(v *value) {
	d.r.TxHash = []Fragment{}
	for _, e := range d.elements(v) {
		d.r.TxHash = append(d.r.TxHash, Fragment(d.oneOf(e, fragmentNames)))
	}
}

func (d *configDecoder) balancer(v *value) {
	b := &Balancer{}
	named := false
	d.object(v, fields{
		"name":               func(v *value) { d.oneOf(v, []string{"basic"}); named = true },
		"balancing_interval": func(v *value) { b.Interval = 100 * time.Millisecond * time.Duration(d.integer(v, 1, math.MaxInt32)) },
	})
	if named {
		d.r.Balancer = b
	}
}

// burst reads the repetitions of an announcement, for which the runner activebackup
// has a default.
func (d *configDecoder) burst(v *value) *Burst {
	b := &Burst{}
	if d.r.Mode == ActiveBackup {
		b.Count = 1
	}
	d.object(v, fields{
		"count":    func(v *value) { b.Count = uint32(d.integer(v, 0, math.MaxInt32)) },
		"interval": func(v *value) { b.Interval = d.millis(v, 0) },
	})
	return b
}

func (d *configDecoder) ports(v *value) {
	d.r.Ports = map[string]PortConfig{}
	if v.kind != objectKind {
		d.fail(v, "is %s, not an object", v.kind)
	}
	for _, m := range v.members {
		if fault := nameFault(m.key); fault != "" {
			d.fail(m, "%s", fault)
		}
		d.c.Ports = append(d.c.Ports, m.key)
		d.r.Ports[m.key] = d.port(m)
	}
}

func (d *configDecoder) port(v *value) (c PortConfig) {
	d.object(v, fields{
		"prio":       func(v *value) { c.Priority = int32(d.integer(v, math.MinInt32, math.MaxInt32)) },
		"queue_id":   func(v *value) { c.QueueID = new(uint16(d.integer(v, 0, math.MaxUint16))) },
		"sticky":     func(v *value) { c.Sticky = d.boolean(v) && (d.r.Mode == ActiveBackup || d.r.Mode == LACP) },
		"link_watch": func(v *value) { c.LinkWatches = d.watches(v) },
		"lacp_prio":  func(v *value) { c.LACPPriority = new(uint16(d.integer(v, 0, math.MaxUint16))) },
		"lacp_key":   func(v *value) { c.LACPKey = uint16(d.integer(v, 0, math.MaxUint16)) },
	})
	if d.r.Mode != LACP {
		c.LACPPriority, c.LACPKey = nil, 0
	}
	return c
}

// watches reads one link watch, or a list of them.
func (d *configDecoder) watches(v *value) []LinkWatch {
	if v.kind == objectKind {
		return []LinkWatch{d.watch(v)}
	}
	var all []LinkWatch
	for _, e := range d.elements(v) {
		all = append(all, d.watch(e))
	}
	return all
}

func (d *configDecoder) watch(v *value) LinkWatch {
	name := v.member("name")
	if name == nil {
		d.fail(v, "has no name")
		return Ethtool{}
	}
	switch text := d.text(name); text {
	case "ethtool":
		return d.ethtool(v)
	case "arp_ping":
		return d.arpPing(v)
	case "nsna_ping":
		return d.nsnaPing(v)
	case "tipc":
		if d.err == nil {
			d.err = configError(name.path, errUnsupported, "the link watch tipc is not supported; there are ethtool, arp_ping and nsna_ping")
		}
	default:
		d.fail(name, "there is no link watch %q", text)
	}
	return Ethtool{}
}

func (d *configDecoder) ethtool(v *value) (e Ethtool) {
	d.object(v, fields{
		"name":       nil,
		"delay_up":   func(v *value) { e.DelayUp = d.millis(v, 0) },
		"delay_down": func(v *value) { e.DelayDown = d.millis(v, 0) },
	})
	return e
}

func (d *configDecoder) arpPing(v *value) (a ARPPing) {
	d.object(v, fields{
		"name":              nil,
		"interval":          func(v *value) { a.Interval = d.millis(v, 1) },
		"init_wait":         func(v *value) { a.InitWait = d.millis(v, 0) },
		"missed_max":        func(v *value) { a.MissedMax = new(uint32(d.integer(v, 0, math.MaxInt32))) },
		"source_host":       func(v *value) { a.Source = d.ipv4(v) },
		"target_host":       func(v *value) { a.Target = d.ipv4(v) },
		"validate_active":   func(v *value) { a.ValidateActive = d.boolean(v) },
		"validate_inactive": func(v *value) { a.ValidateInactive = d.boolean(v) },
		"send_always":       func(v *value) { a.SendAlways = d.boolean(v) },
		"vlanid":            func(v *value) { a.VLAN = new(uint16(d.integer(v, 0, mostVLAN))) },
	})
	if !a.Target.IsValid() {
		d.fail(v, "has no target_host, for which there is no default")
	}
	return a
}

func (d *configDecoder) nsnaPing(v *value) (n NSNAPing) {
	d.object(v, fields{
		"name":        nil,
		"interval":    func(v *value) { n.Interval = d.millis(v, 1) },
		"init_wait":   func(v *value) { n.InitWait = d.millis(v, 0) },
		"missed_max":  func(v *value) { n.MissedMax = new(uint32(d.integer(v, 0, math.MaxInt32))) },
		"target_host": func(v *value) { n.Target = d.ipv6(v) },
	})
	if !n.Target.IsValid() {
		d.fail(v, "has no target_host, for which there is no default")
	}
	return n
}

func (d *configDecoder) name(v *value) string {
	name := d.text(v)
	if fault := nameFault(name); fault != "" {
		d.fail(v, "%s", fault)
	}
	return name
}

func (d *configDecoder) hardware(v *value) net.HardwareAddr {
	mac, err := net.ParseMAC(d.text(v))
	if err != nil || len(mac) != macLen {
		d.fail(v, "%q is not an Ethernet address", v.text)
	} else if fault := addressFault(mac); fault != "" {
		d.fail(v, "%s", fault)
	}
	return mac
}

func (d *configDecoder) ipv4(v *value) netip.Addr {
	a, err := netip.ParseAddr(d.text(v))
	if err != nil || !a.Is4() {
		d.fail(v, "%q is not an IPv4 address; names of hosts are not looked up", v.text)
	}
	return a
}

func (d *configDecoder) ipv6(v *value) netip.Addr {
	a, err := netip.ParseAddr(d.text(v))
	if err != nil || !a.Is6() || a.Is4In6() || a.IsMulticast() || a.IsUnspecified() || a.Zone() != "" {
		d.fail(v, "%q is not the IPv6 address of a host; names of hosts are not looked up", v.text)
	}
	return a
}

func (d *configDecoder) millis(v *value, least int64) time.Duration {
	return time.Duration(d.integer(v, least, math.MaxInt32)) * time.Millisecond
}
