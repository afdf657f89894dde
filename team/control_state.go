package team

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/iplink-go/iplink/internal/lacp"
)

// stateDocument returns the state in the form of teamd.
func (c *control) stateDocument() document {
	r := c.r
	d := document{
		"setup": document{
			"runner_name":           string(r.config.Mode),
			"kernel_team_mode_name": string(r.config.kernelMode()),
			"dbus_enabled":          false,
			"zmq_enabled":           false,
			"debug_level":           c.debug,
			"daemonized":            false,
			"pid":                   os.Getpid(),
			"pid_file":              "",
		},
		"team_device": document{"ifinfo": linkDocument(r.index, r.name, r.address)},
	}
	for _, p := range r.ports {
		d.object("ports")[p.name] = c.portDocument(p)
	}
	switch policy := r.policy.(type) {
	case *activeBackup:
		d["runner"] = document{"active_port": policy.name()}
	case *lacpPolicy:
		d["runner"] = r.config.LACP.document()
	}
	return d
}

func linkDocument(index int, name string, address []byte) document {
	return document{"ifindex": index, "ifname": name, "dev_addr": addressText(address), "dev_addr_len": len(address)}
}

// addressText returns an address with colons between its bytes.
func addressText(address []byte) string {
	var b []string
	for _, n := range address {
		b = append(b, fmt.Sprintf("%02x", n))
	}
	return strings.Join(b, ":")
}

func (c *control) portDocument(p *port) document {
	duplex := "half"
	if p.Duplex != 0 {
		duplex = "full"
	}
	d := document{
		"ifinfo": linkDocument(p.Index, p.name, p.address),
		// An unknown speed is -1 in teamd.
		"link":         document{"up": p.LinkUp, "speed": int32(p.Speed), "duplex": duplex},
		"link_watches": watchesDocument(p),
	}
	if l, ok := c.r.policy.(*lacpPolicy); ok {
		d["runner"] = l.portDocument(p)
	}
	return d
}

func watchesDocument(p *port) document {
	d := document{"up": p.up()}
	for i, w := range p.watches {
		s := w.state()
		_, settings := p.using[i].settings()
		one := document{"name": s.Name, "up": s.Up, "down_count": s.DownCount}
		for _, s := range settings {
			if !s.hidden {
				one[s.key] = s.value
			}
		}
		if _, probes := w.(*probeWatch); probes {
			one["missed"] = s.Missed
		}
		d.object("list")[watchName(i)] = one
	}
	return d
}

// watchName returns the name of a link watch in the state, by its position.
func watchName(i int) string { return "link_watch_" + strconv.Itoa(i) }

func (c LACPConfig) document() document {
	return document{"active": !c.Passive, "fast_rate": c.FastRate, "select_policy": c.Select.String(),
		"sys_prio": valueOr(c.SystemPriority, defaultSystemPriority)}
}

func (l *lacpPolicy) portDocument(p *port) document {
	s := l.group.Status(p.Index)
	return document{
		"selected":            s.Aggregator != 0,
		"aggregator":          document{"id": s.Aggregator, "selected": s.Selected},
		"state":               LACPPortState(s.State).String(),
		"key":                 p.config.LACPKey,
		"prio":                valueOr(p.config.LACPPriority, defaultPortPriority),
		"actor_lacpdu_info":   endDocument(s.Actor),
		"partner_lacpdu_info": endDocument(s.Partner),
	}
}

func endDocument(i lacp.Info) document {
	return document{"system_priority": i.SystemPriority, "system": addressText(i.System[:]), "key": i.Key,
		"port_priority": i.PortPriority, "port": i.Port, "state": uint8(i.State)}
}

// item returns the value at a path such as ports.eth0.link.up, and false if the path
// leads to none. A name with dots is in quotation marks.
func (d document) item(path string) (value any, ok bool) {
	keys := itemPath(path)
	for i, key := range keys {
		if value, ok = d[key]; !ok {
			return nil, false
		}
		sub, inner := value.(document)
		if last := i == len(keys)-1; last == inner {
			return nil, false
		}
		d = sub
	}
	return value, ok
}

// itemPath splits a path into its keys.
func itemPath(path string) []string {
	if quoted, ok := strings.CutPrefix(path, `ports."`); ok {
		if end := strings.LastIndexByte(quoted, '"'); end >= 0 {
			return append([]string{"ports", quoted[:end]}, strings.Split(strings.TrimPrefix(quoted[end+1:], "."), ".")...)
		}
	}
	return strings.Split(path, ".")
}

// getItem returns the value of an item of the state as a text.
func (c *control) getItem(path string) (string, error) {
	if strings.HasPrefix(path, "ports.") && strings.Count(path, ".") < 2 {
		return "", errItemGet
	}
	value, ok := c.stateDocument().item(path)
	if !ok {
		return "", errNoItem
	}
	return fmt.Sprint(value), nil
}

// setItem changes an item, where teamd allows it.
func (c *control) setItem(path, value string) error {
	if _, ok := c.stateDocument().item(path); !ok {
		return errNoItem
	}
	keys := itemPath(path)
	switch {
	case path == "setup.debug_level":
		level, err := strconv.ParseInt(value, 10, 32)
		if err != nil || level < 0 {
			return errItemSet
		}
		c.debug = int32(level)
		return nil
	case path == "runner.active_port":
		return c.r.policy.(*activeBackup).prefer(value)
	case keys[0] == "ports" && strings.Join(keys[2:], ".") == "runner.aggregator.selected":
		return c.chooseAggregator(keys[1], value)
	}
	return errNotSettable
}

// chooseAggregator selects the aggregator of a port until the next decision.
func (c *control) chooseAggregator(port, value string) error {
	l := c.r.policy.(*lacpPolicy)
	switch p := c.r.named(port); {
	case strings.EqualFold(value, "false"):
		return errNotSettable
	case !strings.EqualFold(value, "true") || p == nil || !l.group.Choose(p.Index):
		return errItemSet
	}
	l.apply()
	return nil
}
