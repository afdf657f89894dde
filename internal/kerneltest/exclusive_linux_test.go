package kerneltest_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// exclusive are builders of t0 with objects of each sort, and the commands by which
// another program adds the last of them before.
var exclusive = map[string]struct {
	spec    func() *iplink.DeviceUpdate
	command string
	attr    string
}{
	"address": {func() *iplink.DeviceUpdate {
		return iplink.Device("t0").Addr(lab.Prefix("198.51.100.17/28"), lab.Prefix("198.51.100.18/28"))
	}, "address add 198.51.100.18/28 dev t0", "address 198.51.100.18/28"},
	"IPv6 address": {func() *iplink.DeviceUpdate {
		return iplink.Device("t0").Addr(lab.Prefix("2001:db8:9::17/64"), lab.Prefix("2001:db8:9::18/64"))
	}, "address add 2001:db8:9::18/64 dev t0", "address 2001:db8:9::18/64"},
	"route": {func() *iplink.DeviceUpdate {
		return iplink.Device("t0").Addr(lab.Prefix("198.51.100.17/28")).Routes(inet.Route{Dst: lab.Prefix("203.0.113.0/25"), Via: lab.Addr("198.51.100.18")}, inet.Route{Dst: lab.Prefix("203.0.113.128/25")})
	}, "route add 203.0.113.128/25 dev t0 proto 77 mtu 1400", "route 203.0.113.128/25"},
	"neighbour": {func() *iplink.DeviceUpdate {
		return iplink.Device("t0").Neighs(inet.Neigh{Addr: lab.Addr("192.0.2.19"), LLAddr: lab.MAC}, inet.Neigh{Addr: lab.Addr("192.0.2.20"), LLAddr: lab.MAC})
	}, "neigh add 192.0.2.20 lladdr 02:00:00:00:12:34 nud stale dev t0", "neigh 192.0.2.20 lladdr " + lab.MAC.String() + " nud permanent"},
	"proxy entry": {func() *iplink.DeviceUpdate {
		return iplink.Device("t0").Neighs(inet.Neigh{Addr: lab.Addr("192.0.2.21"), Flags: inet.NeighProxy})
	}, "neigh add proxy 192.0.2.21 dev t0", "neigh proxy 192.0.2.21"},
}

// byPrograms returns what `ip` shows of t0, without the lines that change by themselves, such as
// the local route of an IPv6 address, which comes when it is verified.
func byPrograms(ns *testutil.Lab) string {
	ns.Helper()
	var all strings.Builder
	for line := range strings.Lines(everything(ns)) {
		if !strings.Contains(line, "fe80:") && !strings.HasPrefix(line, "local 2001:") && !strings.Contains(line, "ff02:") && !strings.Contains(line, "224.0.0.22") {
			all.WriteString(strings.ReplaceAll(line, " tentative", ""))
		}
	}
	return all.String()
}

// existsError demands an error that is fs.ErrExist and names the object and the link.
func existsError(t *testing.T, err error, attr string) {
	t.Helper()
	e, ok := errors.AsType[*iplink.Error](err)
	if !errors.Is(err, fs.ErrExist) || !ok || !strings.HasPrefix(attr+" ", e.Attr+" ") || e.Attr == "" || e.Name != "t0" {
		t.Errorf("error %v, want one of t0 and %s", err, attr)
	}
}

// TestExclusive adds objects that are there: nothing is sent. Without Exclusive they are
// accepted, and if none is there, they are added.
func TestExclusive(t *testing.T) {
	for name, test := range exclusive {
		t.Run(name, func(t *testing.T) {
			c, ns := lab.Scratch(t)
			ns.Batch("link add t0 up type bridge", "address add 192.0.2.17/28 dev t0")
			bare := byPrograms(ns)
			ns.IP(test.command)
			before := byPrograms(ns)
			_, err := c.Update(t.Context(), test.spec().MTU(1400).Exclusive())
			existsError(t, err, test.attr)
			if now := byPrograms(ns); now != before {
				t.Errorf("now:\n%s\nbefore:\n%s", now, before)
			}
			lab.Updated(t, c, test.spec())
			ns.IP(strings.Fields("link set t0 down")...)
			if bare == before {
				t.Errorf("%s did nothing", test.command)
			}
		})
		t.Run(name+" added", func(t *testing.T) {
			c, ns := lab.Scratch(t)
			ns.Batch("link add t0 up type bridge", "address add 192.0.2.17/28 dev t0")
			lab.Updated(t, c, test.spec().Exclusive())
			quietEnsure(t, c, test.spec())
			_, err := c.Update(t.Context(), test.spec().Exclusive())
			if !errors.Is(err, fs.ErrExist) {
				t.Errorf("error %v of the second time", err)
			}
		})
	}
}

// TestExclusiveUndone adds objects together with one that the kernel refuses, and to two
// links of which the second has the object: nothing that was added is left.
func TestExclusiveUndone(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.Batch("link add t0 up type bridge", "link add t1 up type bridge", "address add 192.0.2.17/28 dev t0", "address add 192.0.2.33/28 dev t1", "route add 203.0.113.128/25 dev t1")
	before := byPrograms(ns)
	first := iplink.Device("t0").Addr(lab.Prefix("198.51.100.17/28"), lab.Prefix("2001:db8:9::17/64")).Neighs(inet.Neigh{Addr: lab.Addr("192.0.2.19"), LLAddr: lab.MAC}, inet.Neigh{Addr: lab.Addr("192.0.2.21"), Flags: inet.NeighProxy}).
		Routes(inet.Route{Dst: lab.Prefix("203.0.113.0/25")}, inet.Route{Type: inet.RouteLocal, Dst: lab.Prefix("2001:db8:7::/64")}).Exclusive()
	for name, specs := range map[string][]iplink.Spec{
		"taken by another link": {first.Clone().Routes(inet.Route{Dst: lab.Prefix("203.0.113.128/25")})},
		"refused":               {first.Clone().Routes(inet.Route{Via: lab.Addr("198.51.100.99")})},
		"second link":           {first, iplink.Device("t1").Addr(lab.Prefix("192.0.2.33/28")).Exclusive()},
		"no second link":        {first, iplink.Device("t2").MTU(1400)},
	} {
		if _, err := c.Update(t.Context(), specs...); err == nil {
			t.Errorf("%s: no error", name)
		}
		if now := byPrograms(ns); now != before {
			t.Errorf("%s: now:\n%s\nbefore:\n%s", name, now, before)
		}
	}
	lab.Updated(t, c, first)
}

// TestExclusiveRace has two callers add the same address many times: one of them succeeds.
func TestExclusiveRace(t *testing.T) {
	c, ns := lab.Scratch(t)
	other := testutil.Opened(ns, iplink.Dial)
	ns.IP("link", "add", "t0", "up", "type", "bridge")
	add := func(c *iplink.Conn, done chan<- error) {
		_, err := c.Update(context.WithoutCancel(t.Context()), iplink.Device("t0").Addr(lab.Prefix("192.0.2.17/28")).Exclusive())
		done <- err
	}
	for range lab.Many(t, 10, 300) {
		done := make(chan error, 2)
		go add(c, done)
		go add(other, done)
		first, second := <-done, <-done
		if (first == nil) == (second == nil) {
			t.Fatalf("errors %v and %v", first, second)
		}
		existsError(t, errors.Join(first, second), "address 192.0.2.17/28")
		if got := ns.Addrs("t0"); got[0] != "192.0.2.17/28" {
			t.Fatalf("ip says %v", got)
		}
		lab.Updated(t, c, iplink.Device("t0").DelAddr(lab.Prefix("192.0.2.17/28")))
	}
}

// TestExclusiveRefused has uses that contradict themselves.
func TestExclusiveRefused(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "t0", "up", "type", "bridge")
	spec := iplink.Device("t0").Addr(lab.Prefix("192.0.2.17/28")).Exclusive()
	_, err := c.Ensure(t.Context(), spec)
	lab.Refused(t, err, "Exclusive", "it is for Update")
	_, err = c.Diff(t.Context(), spec)
	lab.Refused(t, err, "Exclusive", "it is for Update")
	_, err = c.Update(t.Context(), iplink.Device("t0").OnlyNeighs().Exclusive())
	lab.Refused(t, err, "Exclusive", "OnlyNeighs accepts")
}
