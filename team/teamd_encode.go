package team

import (
	"cmp"
	"encoding/json"
	"time"
)

// A document is a JSON object.
type document map[string]any

// put adds a value unless it is the usual one.
func (d document) put(key string, value, usual any) {
	if value != usual {
		d[key] = value
	}
}

// object returns the object with a key, and adds it if it is missing.
func (d document) object(key string) document {
	o, ok := d[key].(document)
	if !ok {
		o = document{}
		d[key] = o
	}
	return o
}

// String returns the JSON text as teamd writes it.
func (d document) String() string {
	text, err := json.MarshalIndent(d, "", "    ")
	if err != nil {
		return "{}"
	}
	return string(text)
}

// document returns a parsed value in the form of package encoding/json, with objects
// as documents.
func (v *value) document() any {
	switch v.kind {
	case objectKind:
		d := document{}
		for _, m := range v.members {
			d[m.key] = m.document()
		}
		return d
	case arrayKind:
		all := []any{}
		for _, m := range v.members {
			all = append(all, m.document())
		}
		return all
	case stringKind:
		return v.text
	case numberKind:
		return json.Number(v.text)
	case boolKind:
		return v.text == "true"
	}
	return nil
}

// document returns the configuration of teamd with the settings that differ from
// their defaults. ParseTeamd is the inverse.
func (r Runner) document() document {
	d := document{}
	r.runnerDocument(d.object("runner"))
	if r.Address != nil {
		d["hwaddr"] = r.Address.String()
	}
	if r.NotifyPeers != nil {
		d["notify_peers"] = r.NotifyPeers.document()
	}
	if r.MCastRejoin != nil {
		d["mcast_rejoin"] = r.MCastRejoin.document()
	}
	d.putWatches(r.LinkWatches)
	d.put("link_watch_policy", r.LinkWatchPolicy.String(), AnyWatch.String())
	for name, p := range r.Ports {
		d.object("ports")[name] = p.document()
	}
	return d
}

func words(fragments []Fragment) []any {
	names := []any{}
	for _, f := range fragments {
		names = append(names, f.String())
	}
	return names
}

// runnerDocument fills in the object "runner".
func (r Runner) runnerDocument(d document) {
	d["name"] = string(cmp.Or(r.Mode, RoundRobin))
	d.put("hwaddr_policy", r.HWAddr.String(), SameAll.String())
	if r.TxHash != nil {
		d["tx_hash"] = words(r.TxHash)
	}
	if b := r.Balancer; b != nil {
		balancer := document{"name": "basic"}
		balancer.put("balancing_interval", int64(b.Interval/(100*time.Millisecond)), int64(0))
		d["tx_balancer"] = balancer
	}
	c := r.LACP
	d.put("active", !c.Passive, true)
	d.put("fast_rate", c.FastRate, false)
	if c.SystemPriority != nil {
		d["sys_prio"] = *c.SystemPriority
	}
	d.put("min_ports", c.MinPorts, 0)
	d.put("agg_select_policy", c.Select.String(), ByLACPPriority.String())
}

func (b *Burst) document() document {
	d := document{"count": b.Count}
	d.put("interval", b.Interval.Milliseconds(), int64(0))
	return d
}

func (c PortConfig) document() document {
	d := document{}
	d.put("prio", c.Priority, int32(0))
	d.put("sticky", c.Sticky, false)
	if c.QueueID != nil {
		d["queue_id"] = *c.QueueID
	}
	if c.LACPPriority != nil {
		d["lacp_prio"] = *c.LACPPriority
	}
	d.put("lacp_key", c.LACPKey, uint16(0))
	d.putWatches(c.LinkWatches)
	return d
}

// putWatches adds link watches: one as an object, several as a list.
func (d document) putWatches(watches []LinkWatch) {
	var all []any
	for _, w := range watches {
		name, settings := w.settings()
		one := document{"name": name}
		for _, s := range settings {
			one.put(s.key, s.value, s.usual)
		}
		all = append(all, one)
	}
	switch len(all) {
	case 0:
	case 1:
		d["link_watch"] = all[0]
	default:
		d["link_watch"] = all
	}
}

// A setting is a value of a link watch.
type setting struct {
	key          string
	value, usual any  // usual is the default
	hidden       bool // teamd does not report it in its state
}

func millisecondsOf(key string, d, usual time.Duration) setting {
	return setting{key: key, value: cmp.Or(d, usual).Milliseconds(), usual: usual.Milliseconds()}
}

func (e Ethtool) settings() (name string, all []setting) {
	return "ethtool", []setting{millisecondsOf("delay_up", e.DelayUp, 0), millisecondsOf("delay_down", e.DelayDown, 0)}
}

// settings returns the settings of every watch that sends probes. SendAlways is not
// among them, since teamd has it for arp_ping only.
func (c probing) settings() []setting {
	missedMax := uint32(defaultMissedMax)
	if c.missedMax != nil {
		missedMax = *c.missedMax
	}
	return []setting{
		millisecondsOf("interval", c.interval, defaultInterval),
		millisecondsOf("init_wait", c.initWait, 0),
		{key: "missed_max", value: missedMax, usual: uint32(defaultMissedMax)},
	}
}

func (a ARPPing) settings() (name string, all []setting) {
	all = append(a.probing().settings(),
		setting{key: "source_host", value: a.source().String(), usual: "0.0.0.0"},
		setting{key: "target_host", value: a.Target.Unmap().String()},
		setting{key: "validate_active", value: a.ValidateActive, usual: false},
		setting{key: "validate_inactive", value: a.ValidateInactive, usual: false},
		setting{key: "send_always", value: a.SendAlways, usual: false})
	if a.VLAN != nil {
		all = append(all, setting{key: "vlanid", value: *a.VLAN, hidden: true})
	}
	return "arp_ping", all
}

func (n NSNAPing) settings() (name string, all []setting) {
	return "nsna_ping", append(n.probing().settings(), setting{key: "target_host", value: n.Target.WithZone("").String()})
}
