package inet

import "fmt"

// A Sysctl is a setting of IP on one link, in net.ipv4.conf or net.ipv6.conf.
type Sysctl struct {
	// Family is "ipv4" or "ipv6".
	Family string
	// Name is the kernel's, such as "rp_filter".
	Name string
	// Value is the number that /proc shows; 0 is off and 1 is on.
	Value int
}

// Sysctls returns a list of s alone.
func (s Sysctl) Sysctls() []Sysctl { return []Sysctl{s} }

// String returns the setting without its link, such as "ipv4 rp_filter 2".
func (s Sysctl) String() string { return fmt.Sprintf("%s %s %d", s.Family, s.Name, s.Value) }

// Sysctls are settings of IP on one link, for the setter of that name: an [IPv4Conf], an
// [IPv6Conf], or a single [Sysctl].
type Sysctls interface {
	// Sysctls returns the settings in the order of the calls.
	Sysctls() []Sysctl
}

// IPv4Conf holds settings in net.ipv4.conf of a link. [IPv4] returns an empty one. Each
// method returns a copy with one more setting, so that calls can be chained.
type IPv4Conf struct{ conf }

// IPv6Conf holds settings in net.ipv6.conf of a link. [IPv6] returns an empty one. Each
// method returns a copy with one more setting, so that calls can be chained.
type IPv6Conf struct{ conf }

// IPv4 returns an IPv4Conf without settings: inet.IPv4().Forwarding(true).ProxyARP(true).
func IPv4() IPv4Conf { return IPv4Conf{} }

// IPv6 returns an IPv6Conf without settings: inet.IPv6().AcceptRA(0).DADTransmits(0).
func IPv6() IPv6Conf { return IPv6Conf{} }

// conf is a list of settings that does not change.
type conf struct{ all []Sysctl }

// Sysctls returns the settings in the order of the calls.
func (c conf) Sysctls() []Sysctl { return append([]Sysctl(nil), c.all...) }

func (c conf) with(family, name string, value int) conf {
	return conf{append(c.all[:len(c.all):len(c.all)], Sysctl{family, name, value})}
}

func (c IPv4Conf) with(name string, value int) IPv4Conf {
	return IPv4Conf{c.conf.with("ipv4", name, value)}
}

func (c IPv6Conf) with(name string, value int) IPv6Conf {
	return IPv6Conf{c.conf.with("ipv6", name, value)}
}

// number returns 1 for true and 0 for false.
func number(on bool) int {
	if on {
		return 1
	}
	return 0
}
