package kerneltest_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// takeaways are the objects of the bridge that fullOfObjects makes, with what takes each
// away and the words of `ip` for it.
var takeaways = []struct {
	name, attr string
	take       func(*iplink.DeviceUpdate) *iplink.DeviceUpdate
	show, word string
}{
	{"secondary address", "addr", func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate { return d.DelAddr(lab.Prefix("192.0.2.34/28")) },
		"address show dev t0", "inet 192.0.2.34/28"},
	{"primary address", "addr", func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate { return d.DelAddr(lab.Prefix("192.0.2.33/28")) },
		"address show dev t0", "inet 192.0.2.33/28"},
	{"address with a peer", "addr", func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate { return d.DelAddr(lab.Prefix("192.0.2.49/32")) },
		"address show dev t0", "inet 192.0.2.49 peer 192.0.2.50/32"},
	{"IPv6 address", "addr", func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate { return d.DelAddr(lab.Prefix("2001:db8::34/64")) },
		"address show dev t0", "inet6 2001:db8::34/64"},
	{"default route", "route", func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate {
		return d.DelRoute(inet.Route{Via: lab.Addr("192.0.2.46")})
	}, "route show table all dev t0", "default via 192.0.2.46"},
	{"route of a table", "route", func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate {
		return d.DelRoute(inet.Route{Dst: lab.Prefix("198.51.100.0/25"), Table: 0x1234})
	}, "route show table 4660 dev t0", "198.51.100.0/25"},
	{"IPv6 route", "route", func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate {
		return d.DelRoute(inet.Route{Dst: lab.Prefix("2001:db8:7::/48")})
	}, "-6 route show dev t0", "2001:db8:7::/48"},
	{"neighbour", "neigh", func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate {
		return d.DelNeigh(inet.Neigh{Addr: lab.Addr("192.0.2.46")})
	}, "neigh show dev t0 nud permanent", "192.0.2.46 lladdr"},
	{"alternative name", "altname", func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate { return d.DelAltName("t0-second") },
		"link show dev t0", "altname t0-second"},
}

// fullOfObjects describes a bridge with everything that takeaways takes away.
func fullOfObjects() *bridge.Builder {
	return bridge.New("t0").Up().AltName("t0-second", "t0-third").
		Addr(lab.Prefix("192.0.2.33/28"), lab.Prefix("192.0.2.34/28"), lab.Prefix("192.0.2.35/28"), lab.Prefix("2001:db8::33/64"), lab.Prefix("2001:db8::34/64")).
		Addrs(inet.Addr{Prefix: lab.Prefix("192.0.2.49/32"), Peer: lab.Addr("192.0.2.50")}).
		DefaultRoute(lab.Addr("192.0.2.46")).
		Routes(inet.Route{Dst: lab.Prefix("198.51.100.0/25"), Table: 0x1234}, inet.Route{Dst: lab.Prefix("198.51.100.0/26")}, inet.Route{Dst: lab.Prefix("2001:db8:7::/48"), Metric: 7}).
		Neighs(inet.Neigh{Addr: lab.Addr("192.0.2.46"), LLAddr: lab.OtherMAC}, inet.Neigh{Addr: lab.Addr("192.0.2.45"), LLAddr: lab.OtherMAC})
}

// shown returns what `ip` shows of everything that takeaways concerns, a line each.
func shown(ns *testutil.Lab) map[string]bool {
	lines := map[string]bool{}
	for _, command := range []string{"address show dev t0", "-4 route show table all type unicast dev t0", "-6 route show dev t0", "neigh show dev t0 nud permanent", "link show dev t0"} {
		for line := range strings.Lines(ns.IP(strings.Fields(command)...)) {
			line = strings.Replace(strings.TrimSpace(line), " secondary", "", 1)
			if strings.Contains(line, "proto kernel") || strings.HasPrefix(line, "inet6 fe80:") {
				continue // the kernel's own, as it follows from the addresses
			}
			if strings.HasPrefix(line, "inet") || strings.HasPrefix(line, "alt") || !strings.HasPrefix(command, "link") && !strings.HasPrefix(command, "address") {
				lines[strings.Replace(line, " tentative", "", 1)] = true
			}
		}
	}
	return lines
}

// TestTakeAway takes one object after the other away from a link that has all. Each
// verb removes that object and no other; it is no error that it is gone already.
func TestTakeAway(t *testing.T) {
	for _, c := range takeaways {
		t.Run(c.name, func(t *testing.T) {
			conn, ns := lab.Scratch(t)
			lab.MustCreate(t, conn, fullOfObjects())
			if out := ns.IP(strings.Fields(c.show)...); !strings.Contains(out, c.word) {
				t.Fatalf("no %q before: %s", c.word, out)
			}
			before := shown(ns)
			spec := c.take(iplink.Device("t0"))
			if diffs, err := conn.Diff(t.Context(), spec); err != nil || len(diffs) != 1 || diffs[0].Attr != c.attr || diffs[0].Have == "" || diffs[0].Want != "" {
				t.Errorf("Diff: %v, %v", diffs, err)
			}
			lab.Ensured(t, conn, spec, false, c.attr)
			if out := ns.IP(strings.Fields(c.show)...); strings.Contains(out, c.word) {
				t.Errorf("%q is still there: %s", c.word, out)
			}
			lone(t, before, shown(ns), c.word)
			lab.Ensured(t, conn, spec, false)
			lab.Updated(t, conn, spec)
			withoutNetAdmin(t, ns, func() { // nothing is sent
				if _, err := spec.Ensure(t.Context()); err != nil {
					t.Errorf("Ensure of what is gone: %v", err)
				}
			})
		})
	}
}

// lone demands that of the lines before only the one with a word is gone.
func lone(t *testing.T, before, after map[string]bool, word string) {
	t.Helper()
	for line := range before {
		if !after[line] && !strings.Contains(line, word) {
			t.Errorf("%q is gone as well", line)
		}
	}
}

// TestTakeAwayByUpdate takes everything away at once, and adds another object of each
// sort. What `ip` prints for the builder does the same.
func TestTakeAwayByUpdate(t *testing.T) {
	change := func() *iplink.DeviceUpdate {
		d := iplink.Device("t0")
		for _, c := range takeaways {
			d = c.take(d)
		}
		return d.AltName("t0-fourth").Addr(lab.Prefix("192.0.2.36/28")).Routes(inet.Route{Dst: lab.Prefix("198.51.100.128/25")}).
			Neighs(inet.Neigh{Addr: lab.Addr("192.0.2.44"), LLAddr: lab.OtherMAC})
	}
	conn, ns := lab.Scratch(t)
	lab.MustCreate(t, conn, fullOfObjects())
	lab.Updated(t, conn, change())
	got := shown(ns)
	all := strings.Join(keys(got), "\n")
	for _, c := range takeaways {
		if strings.Contains(all, c.word) {
			t.Errorf("%s: %q is still there", c.name, c.word)
		}
	}
	for _, word := range []string{"altname t0-third", "altname t0-fourth", "inet 192.0.2.35/28", "inet 192.0.2.36/28", "inet6 2001:db8::33/64",
		"198.51.100.0/26", "198.51.100.128/25", "192.0.2.45 lladdr", "192.0.2.44 lladdr"} {
		if !strings.Contains(all, word) {
			t.Errorf("%q is not there:\n%s", word, all)
		}
	}
	other, same := lab.Scratch(t)
	lab.MustCreate(t, other, fullOfObjects())
	same.IP("address", "del", "192.0.2.49", "peer", "192.0.2.50/32", "dev", "t0") // DelAddr needs no peer, `ip` does
	same.IP("address", "add", "192.0.2.49/32", "dev", "t0")
	command := "echo 1 >/proc/sys/net/ipv4/conf/t0/promote_secondaries && " + change().String()
	if fault := testutil.Shell(t, same.File, command); fault != "" {
		t.Errorf("%s: %s", command, fault)
	}
	if diff := missing(got, shown(same)); len(diff) > 0 {
		t.Errorf("the commands leave out %v", diff)
	}
}

func keys(m map[string]bool) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	return all
}

// missing returns the lines of one report that another one lacks or has beside.
func missing(a, b map[string]bool) (lines []string) {
	for _, pair := range [][2]map[string]bool{{a, b}, {b, a}} {
		for line := range pair[0] {
			if !pair[1][line] {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// TestTakeAwayKeepsSecondaries removes a primary address whose secondaries the kernel
// removes with it, since promote_secondaries is off.
func TestTakeAwayKeepsSecondaries(t *testing.T) {
	conn, ns := lab.Scratch(t)
	lab.MustCreate(t, conn, fullOfObjects())
	testutil.Shell(t, ns.File, "echo 0 >/proc/sys/net/ipv4/conf/all/promote_secondaries; echo 0 >/proc/sys/net/ipv4/conf/t0/promote_secondaries")
	lab.Ensured(t, conn, iplink.Device("t0").DelAddr(lab.Prefix("192.0.2.33/28")), false, "addr")
	out := ns.IP("address", "show", "dev", "t0")
	for _, keep := range []string{"192.0.2.34/28", "192.0.2.35/28"} {
		if !strings.Contains(out, keep) {
			t.Errorf("no %s: %s", keep, out)
		}
	}
	if strings.Contains(out, "192.0.2.33/28") {
		t.Error(out)
	}
}

// TestTakeAwayRefused looks for a refusal before anything is sent.
func TestTakeAwayRefused(t *testing.T) {
	conn, ns := lab.Scratch(t)
	lab.MustCreate(t, conn, bridge.New("t0").AltName("t0-other"))
	p := lab.Prefix("192.0.2.33/28")
	for _, c := range []struct {
		spec       iplink.Spec
		attr, text string
	}{
		{iplink.Device("t0").DelAddr(p).Addr(p), "DelAddr", "192.0.2.33/28 is added by the same builder"},
		{iplink.Device("t0").DelAddr(netip.Prefix{}), "DelAddr", ""},
		{iplink.Device("t0").Up().DelRoute(inet.Route{Dst: lab.Prefix("198.51.100.0/24")}).Routes(inet.Route{Dst: lab.Prefix("198.51.100.0/24"), Metric: 7}), "DelRoute", "is added by the same builder"},
		{iplink.Device("t0").DelRoute(inet.Route{Dst: lab.Prefix("198.51.100.1/24")}), "DelRoute", ""},
		{iplink.Device("t0").DelNeigh(inet.Neigh{}), "DelNeigh", "the zero netip.Addr is not a neighbour"},
		{iplink.Device("t0").DelNeigh(inet.Neigh{Addr: p.Addr()}).Neighs(inet.Neigh{Addr: p.Addr(), LLAddr: lab.OtherMAC}), "DelNeigh", "192.0.2.33 is added by the same builder"},
		{iplink.Device("t0").DelAltName(""), "DelAltName", "the name is empty"},
		{iplink.Device("t0").DelAltName("x y"), "DelAltName", "white space"},
		{iplink.Device("t0").DelAltName("second").AltName("second"), "DelAltName", "second is added by the same builder"},
		{iplink.Device("t0-other").DelAltName("t0-other"), "DelAltName", "finds the link"},
	} {
		_, err := conn.Update(t.Context(), c.spec)
		lab.Refused(t, err, c.attr, c.text)
		_, err = conn.Ensure(t.Context(), c.spec)
		lab.Refused(t, err, c.attr, c.text)
	}
	_, err := conn.Create(t.Context(), bridge.New("t1").DelAddr(p))
	lab.Refused(t, err, "DelAddr", "a new link has nothing to be taken away")
	if names := ns.Names(); len(names) != 2 {
		t.Errorf("links %v", names)
	}
	lab.Ensured(t, conn, bridge.New("t1").DelAddr(p).DelAltName("second"), true)
}
