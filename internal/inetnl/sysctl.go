package inetnl

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

func sysctlRowOf(s inet.Sysctl) (row sysctlRow, known bool) {
	switch s.Family {
	case "ipv4":
		row, known = sysctls4[s.Name]
	case "ipv6":
		row, known = sysctls6[s.Name]
	}
	return row, known
}

// AllSysctls returns all settings that a link can have, without values.
func AllSysctls() (all []inet.Sysctl) {
	for _, of := range []struct {
		family string
		rows   map[string]sysctlRow
	}{{"ipv4", sysctls4}, {"ipv6", sysctls6}} {
		for _, name := range slices.Sorted(maps.Keys(of.rows)) {
			all = append(all, inet.Sysctl{Family: of.family, Name: name})
		}
	}
	return all
}

// SysctlFault returns the reason why a link cannot have the setting, or an empty string.
func SysctlFault(s inet.Sysctl) string {
	row, known := sysctlRowOf(s)
	switch {
	case s.Family != "ipv4" && s.Family != "ipv6":
		return fmt.Sprintf("the family %q is neither ipv4 nor ipv6", s.Family)
	case !known:
		return fmt.Sprintf("net.%s.conf.LINK.%s cannot be set for a link here", s.Family, s.Name)
	case s.Value < row.least || s.Value > row.most:
		return fmt.Sprintf("%s of %s is %d, which is not in %d…%d", s.Name, s.Family, s.Value, row.least, row.most)
	}
	return ""
}

// SysctlName returns the name of a setting of a link for sysctl(8), such as
// net.ipv4.conf.eth0.rp_filter. If the name of the link has a dot, slashes separate the
// parts.
func SysctlName(s inet.Sysctl, link string) string {
	parts := []string{"net", s.Family, "conf", link, s.Name}
	if strings.Contains(link, ".") {
		return strings.Join(parts, "/")
	}
	return strings.Join(parts, ".")
}

// SysctlIn returns the value of a setting in the list that the kernel reports for its
// family, and false if the list does not have it.
func SysctlIn[T uint32 | int32](s inet.Sysctl, conf []T) (int, bool) {
	row, known := sysctlRowOf(s)
	at := int(row.number)
	if s.Family == "ipv4" {
		at-- // the numbers of IPv4 begin with 1
	}
	if !known || at >= len(conf) {
		return 0, false
	}
	return int(int32(conf[at])), true
}

// AppendSysctls4 appends the attribute that sets settings of IPv4.
func AppendSysctls4(b []byte, all []inet.Sysctl) []byte {
	b, spec := wire.Begin(b, uapi.IFLA_AF_SPEC)
	b, family := wire.Begin(b, uapi.AF_INET)
	b, conf := wire.Begin(b, uapi.IFLA_INET_CONF)
	for _, s := range all {
		row, _ := sysctlRowOf(s)
		b = wire.AppendU32(b, row.number, uint32(int32(s.Value)))
	}
	return wire.End(wire.End(wire.End(b, conf), family), spec)
}

// SysctlLimits returns all settings, with a Value of 0, and the bounds of their values.
func SysctlLimits() map[inet.Sysctl][2]int {
	all := map[inet.Sysctl][2]int{}
	for name, row := range sysctls4 {
		all[inet.Sysctl{Family: "ipv4", Name: name}] = [2]int{row.least, row.most}
	}
	for name, row := range sysctls6 {
		all[inet.Sysctl{Family: "ipv6", Name: name}] = [2]int{row.least, row.most}
	}
	return all
}
