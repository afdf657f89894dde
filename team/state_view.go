package team

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// String returns the state in the form of `teamdctl NAME state view`: several lines,
// with the ports sorted by name.
func (s State) String() string {
	var v view
	v.line(0, "setup:")
	v.line(1, "runner: %s", s.Mode)
	if len(s.Ports) > 0 {
		v.line(0, "ports:")
	}
	ports := slices.SortedFunc(slices.Values(s.Ports), func(p, q PortState) int { return cmp.Compare(p.Name, q.Name) })
	for _, p := range ports {
		v.port(p)
	}
	switch s.Mode {
	case ActiveBackup:
		v.line(0, "runner:")
		v.line(1, "active port: %s", s.ActivePort)
	case LACP:
		v.line(0, "runner:")
		v.line(1, "active: %s", yesNo(!s.LACP.Passive))
		v.line(1, "fast rate: %s", yesNo(s.LACP.FastRate))
	}
	return v.String()
}

// A view is a text with indented lines.
type view struct{ strings.Builder }

func (v *view) line(depth int, format string, args ...any) {
	v.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(v, format+"\n", args...)
}

func (v *view) port(p PortState) {
	v.line(1, "%s", p.Name)
	v.line(2, "link watches:")
	v.line(3, "link summary: %s", upDown(p.Up))
	for i, w := range p.Watches {
		v.line(3, "instance[%s]:", watchName(i))
		v.line(4, "name: %s", w.Name)
		v.line(4, "link: %s", upDown(w.Up))
		v.line(4, "down count: %d", w.DownCount)
	}
	if l := p.LACP; l != nil {
		selected := ""
		if l.Selected {
			selected = ", Selected"
		}
		v.line(2, "runner:")
		v.line(3, "aggregator ID: %d%s", l.Aggregator, selected)
		v.line(3, "selected: %s", yesNo(l.Aggregator != 0))
		v.line(3, "state: %v", l.State)
	}
}

func upDown(up bool) string {
	if up {
		return "up"
	}
	return "down"
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
