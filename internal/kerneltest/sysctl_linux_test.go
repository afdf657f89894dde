package kerneltest_test

import (
	"errors"
	"io/fs"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
	"golang.org/x/sys/unix"
)

// sysctl returns a file below /proc/sys/net in the namespace.
func sysctl(l *testutil.Lab, path string) (text string) {
	l.Helper()
	l.In(func() {
		b, err := os.ReadFile("/proc/sys/net/" + path)
		if err != nil {
			l.Error(err)
		}
		text = strings.TrimSpace(string(b))
	})
	return text
}

// setSysctl writes a file below /proc/sys/net in the namespace.
func setSysctl(l *testutil.Lab, path, value string) {
	l.Helper()
	l.In(func() {
		if err := os.WriteFile("/proc/sys/net/"+path, []byte(value), 0); err != nil {
			l.Error(err)
		}
	})
}

// sysctlNumbers are two values of settings that do not have both 2 and 1.
var sysctlNumbers = map[string][2]int{
	"ipv4 arp_ignore": {3, 8}, "ipv4 medium_id": {0x1234, -1}, "ipv4 force_igmp_version": {3, 2},
	"ipv6 accept_source_route": {-1, 0}, "ipv6 keep_addr_on_down": {1, -1}, "ipv6 hop_limit": {0x12, 0x34},
	"ipv6 accept_ra_min_hop_limit": {0x12, 0x34}, "ipv6 dad_transmits": {3, 5}, "ipv6 max_addresses": {0x1234, 0x4321},
	"ipv6 router_solicitations": {-1, 7}, "ipv6 ndisc_tclass": {0x12, 0x34}, "ipv6 use_tempaddr": {2, -1},
}

// trySetter calls a setter with one of two values and returns the setting.
func trySetter(conf, setter reflect.Value, which int) (inet.Sysctl, int) {
	arg := reflect.New(setter.Type().In(0)).Elem()
	if arg.Kind() == reflect.Bool {
		arg.SetBool(which == 0)
		return setter.Call([]reflect.Value{arg})[0].Interface().(inet.Sysctls).Sysctls()[0], 1 - which
	}
	arg.SetInt(2)
	made := setter.Call([]reflect.Value{arg})[0].Interface().(inet.Sysctls).Sysctls()[0]
	values, ok := sysctlNumbers[made.Family+" "+made.Name]
	if !ok {
		values = [2]int{2, 1}
	}
	arg.SetInt(int64(values[which]))
	return setter.Call([]reflect.Value{arg})[0].Interface().(inet.Sysctls).Sysctls()[0], values[which]
}

// TestSysctls gives a new link each setting of IPv4 and IPv6, and changes it. /proc shows
// the same, and the Link as well.
func TestSysctls(t *testing.T) {
	conn, ns := lab.Scratch(t)
	for _, conf := range []inet.Sysctls{inet.IPv4(), inet.IPv6()} {
		all, count := reflect.ValueOf(conf), 0
		for i := range all.NumMethod() {
			name := all.Type().Method(i).Name
			if name == "Sysctls" {
				continue
			}
			count++
			t.Run(all.Type().Name()+"/"+name, func(t *testing.T) { trySysctl(t, conn, ns, all, all.Method(i)) })
		}
		if count < 28 {
			t.Errorf("%T has only %d setters", conf, count)
		}
	}
}

func trySysctl(t *testing.T, conn *iplink.Conn, ns *testutil.Lab, conf, setter reflect.Value) {
	for which := range 2 {
		s, want := trySetter(conf, setter, which)
		verb, spec := conn.Update, bridge.New("t0").Sysctls(s)
		if which == 0 {
			verb = conn.Create
		}
		links, err := verb(t.Context(), spec)
		if err != nil {
			t.Fatalf("%v: %v", s, err)
		}
		if got := sysctl(ns, s.Family+"/conf/t0/"+s.Name); got != strconv.Itoa(want) {
			t.Errorf("%v: /proc shows %s", s, got)
		}
		if got, ok := reportedSysctl(links[0], s); !ok || got != want {
			t.Errorf("%v: the Link has %d, %v", s, got, ok)
		}
		lab.Ensured(t, conn, spec, false)
	}
	testutil.Must(t, conn.Delete(t.Context(), "t0"))
}

func reportedSysctl(l *iplink.Link, s inet.Sysctl) (int, bool) {
	if s.Family == "ipv4" {
		return l.INET.Sysctl(s.Name)
	}
	return l.INET6.Sysctl(s.Name)
}

// sysctlPair describes a pair of links with settings of IP at both ends.
func sysctlPair(ns *iplink.NetNS) *veth.Builder {
	return veth.New("t0").Sysctls(inet.IPv4().RPFilter(inet.RPFilterLoose).ProxyARP(true), inet.IPv6().AcceptRA(2).ProxyNDP(true)).Up().
		Peer(veth.New("t1").NetNS(ns).Sysctls(inet.IPv4().ARPNotify(true).ARPIgnore(3), inet.IPv6().AcceptDAD(0).DADTransmits(0).HopLimit(0x23)).
			Addr(lab.Prefix("2001:db8::7/64")).Up())
}

// TestSysctlsOfAPair sets sysctls at both ends of a pair, in two namespaces, before the
// links come up and have addresses: no probe for a duplicate is sent. Ensure finds all and mends all.
func TestSysctlsOfAPair(t *testing.T) {
	for _, verb := range []string{"create", "ensure"} {
		t.Run(verb, func(t *testing.T) {
			conn, here := lab.Scratch(t)
			there := testutil.NewLab(t)
			spec := sysctlPair(lab.NetNS(there))
			if verb == "create" {
				lab.MustCreate(t, conn, spec)
			} else {
				lab.Ensured(t, conn, spec, true)
			}
			neverProbed(t, there, "t1")
			shown := func() {
				t.Helper()
				for path, want := range map[string]string{"ipv4/conf/t0/rp_filter": "2", "ipv4/conf/t0/proxy_arp": "1", "ipv6/conf/t0/accept_ra": "2", "ipv6/conf/t0/proxy_ndp": "1"} {
					if got := sysctl(here, path); got != want {
						t.Errorf("%s is %s", path, got)
					}
				}
				for path, want := range map[string]string{"ipv4/conf/t1/arp_notify": "1", "ipv4/conf/t1/arp_ignore": "3", "ipv6/conf/t1/dad_transmits": "0", "ipv6/conf/t1/hop_limit": "35"} {
					if got := sysctl(there, path); got != want {
						t.Errorf("%s is %s", path, got)
					}
				}
			}
			shown()
			lab.Ensured(t, conn, spec, false)
			setSysctl(here, "ipv4/conf/t0/rp_filter", "1")
			setSysctl(here, "ipv6/conf/t0/accept_ra", "0")
			setSysctl(there, "ipv6/conf/t1/hop_limit", "66")
			lab.Ensured(t, conn, spec, false, "net.ipv4.conf.t0.rp_filter", "net.ipv6.conf.t0.accept_ra", "net.ipv6.conf.t1.hop_limit")
			shown()
			threadsAreHome(t)
		})
	}
}

// neverProbed waits until the addresses of a link are ready, and demands that no probe for a
// duplicate was sent.
func neverProbed(t *testing.T, ns *testutil.Lab, name string) {
	t.Helper()
	testutil.Eventually(t, "no address is tentative", func() bool {
		return !strings.Contains(ns.IP("-6 address show tentative dev "+name), "inet6")
	})
	counters, err := ns.Proc("dev_snmp6/" + name)
	if err != nil || !strings.Contains(counters, "Icmp6OutMsgs") {
		t.Fatalf("%v in %s", err, counters)
	}
	for line := range strings.Lines(counters) {
		if fields := strings.Fields(line); fields[0] == "Icmp6OutNeighborSolicits" && fields[1] != "0" {
			t.Errorf("%s probes were sent", fields[1])
		}
	}
}

// TestSysctlDiff compares, and changes nothing.
func TestSysctlDiff(t *testing.T) {
	conn, ns := lab.Scratch(t)
	lab.MustCreate(t, conn, bridge.New("t0"))
	setSysctl(ns, "ipv6/conf/t0/hop_limit", "66")
	diffs, err := conn.Diff(t.Context(), iplink.Device("t0").Sysctls(inet.IPv6().HopLimit(0x23)))
	want := []iplink.Difference{{Attr: "net.ipv6.conf.t0.hop_limit", Have: "66", Want: "35"}}
	if err != nil || !reflect.DeepEqual(diffs, want) {
		t.Errorf("%v, %v", diffs, err)
	}
	if got := sysctl(ns, "ipv6/conf/t0/hop_limit"); got != "66" {
		t.Errorf("it is %s", got)
	}
}

// TestSysctlCommands runs the commands of String: they do the same as Create.
func TestSysctlCommands(t *testing.T) {
	conn, ns := lab.Scratch(t)
	spec := bridge.New("t.0").Sysctls(inet.IPv4().ARPIgnore(3), inet.IPv6().HopLimit(0x23))
	const want = "ip link add t.0 type bridge && sysctl -w net/ipv4/conf/t.0/arp_ignore=3 net/ipv6/conf/t.0/hop_limit=35"
	if got := spec.String(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	const instead = `command -v sysctl >/dev/null || sysctl() { shift; for s; do echo "${s#*=}" >"/proc/sys/${s%%=*}"; done; }; `
	if out, err := ns.Run("sh", "-c", instead+spec.String()); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lab.Ensured(t, conn, spec, false)
	const byDevice = "sysctl -w net.ipv4.conf.t0.arp_ignore=3"
	if got := iplink.Device("t0").Sysctls(inet.IPv4().ARPIgnore(3)).String(); got != byDevice {
		t.Errorf("%s\nwant %s", got, byDevice)
	}
}

// TestSysctlRefusals refuses impossible settings before anything is sent.
func TestSysctlRefusals(t *testing.T) {
	conn, ns := lab.Scratch(t)
	for _, c := range []struct {
		spec iplink.Spec
		text string
	}{
		{bridge.New("t0").Sysctls(inet.IPv4().ARPIgnore(9)), "arp_ignore of ipv4 is 9, which is not in 0…8"},
		{bridge.New("t0").Sysctls(inet.IPv6().HopLimit(0)), "hop_limit of ipv6 is 0, which is not in 1…255"},
		{bridge.New("t0").Sysctls(inet.Sysctl{Family: "ipv6", Name: "../lo/mtu", Value: 7}), "cannot be set for a link here"},
		{bridge.New("t0").Sysctls(inet.Sysctl{Family: "mpls", Name: "input", Value: 1}), `"mpls" is neither`},
		{bridge.New("t0").Sysctls(nil), "it is nil"},
		{bridge.New("all").Sysctls(inet.IPv6().HopLimit(7)), "does not belong to a link"},
		{veth.New("t0").Peer(veth.New("default").Sysctls(inet.IPv6().HopLimit(7))), "does not belong to a link"},
	} {
		_, err := conn.Create(t.Context(), c.spec)
		lab.Refused(t, err, "Sysctls", c.text)
	}
	_, err := conn.Create(t.Context(), bridge.New("t0").MTU(1000).Sysctls(inet.IPv6().HopLimit(7)))
	lab.Refused(t, err, "Sysctls", "needs an MTU of 1280")
	if names := ns.Names(); len(names) != 1 {
		t.Errorf("there is %v", names)
	}
}

// TestSysctlsAwaitIP gives a link without IPv6 the MTU that brings IPv6 and a setting of
// it, in one call. Without the MTU the error says that it is missing.
func TestSysctlsAwaitIP(t *testing.T) {
	conn, ns := lab.Scratch(t)
	lab.MustCreate(t, conn, veth.New("t0").MTU(1000))
	_, err := iplink.Device("t0").Sysctls(inet.IPv6().HopLimit(7)).Update(t.Context())
	if err == nil {
		t.Error("no error of another namespace's link")
	}
	_, err = conn.Update(t.Context(), iplink.Device("t0").Sysctls(inet.IPv6().HopLimit(0x23)))
	if e, ok := errors.AsType[*iplink.Error](err); !ok || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(e.Message, "1280") {
		t.Errorf("error %v", err)
	}
	lab.Updated(t, conn, iplink.Device("t0").MTU(1400).Sysctls(inet.IPv6().HopLimit(0x23)))
	if got := sysctl(ns, "ipv6/conf/t0/hop_limit"); got != "35" {
		t.Errorf("it is %s", got)
	}
}

// TestSysctlReadOnly creates a link where /proc/sys cannot be written: the error says so,
// and no link is left.
func TestSysctlReadOnly(t *testing.T) {
	_, ns := lab.Scratch(t)
	var err error
	ns.In(func() {
		testutil.Must(t, unix.Unshare(unix.CLONE_NEWNS|unix.CLONE_FS))
		testutil.Must(t, unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
		testutil.Must(t, unix.Mount("/proc/sys", "/proc/sys", "", unix.MS_BIND, ""))
		testutil.Must(t, unix.Mount("", "/proc/sys", "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""))
		_, err = bridge.New("t0").Sysctls(inet.IPv6().HopLimit(0x23)).Create(t.Context())
	})
	e, ok := errors.AsType[*iplink.Error](err)
	if !ok || !errors.Is(err, unix.EROFS) || e.Attr != "net.ipv6.conf.t0.hop_limit" || !strings.Contains(e.Message, "read-only") {
		t.Errorf("error %v", err)
	}
	if names := ns.Names(); len(names) != 1 {
		t.Errorf("left: %v", names)
	}
}

// TestSysctlRenamed writes settings of a link that changes names with another one all the
// time. The other one never has them.
func TestSysctlRenamed(t *testing.T) {
	conn, ns := lab.Scratch(t)
	links := lab.MustCreate(t, conn, bridge.New("t0"), bridge.New("t1"))
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			for _, move := range [][2]any{{0, "t9"}, {1, "t0"}, {0, "t1"}, {1, "t9"}, {0, "t0"}, {1, "t1"}} {
				_, _ = conn.Update(t.Context(), iplink.DeviceIndex(links[move[0].(int)].Index).Rename(move[1].(string)))
			}
		}
	}()
	written := 0
	for i := range lab.Many(t, 200, 5000) {
		want := 100 + i%100
		if _, err := conn.Update(t.Context(), iplink.DeviceIndex(links[0].Index).Sysctls(inet.IPv6().HopLimit(want))); err == nil {
			written++
		}
		other, err := conn.Get(t.Context(), "t1")
		if err == nil && other.Index == links[1].Index {
			if got, _ := other.INET6.Sysctl("hop_limit"); got != 64 {
				t.Fatalf("the other link has %d", got)
			}
		}
	}
	close(stop)
	<-done
	if written == 0 {
		t.Error("nothing was written")
	}
	var paths []string
	for _, name := range ns.Names() {
		paths = append(paths, name+" "+sysctl(ns, "ipv6/conf/"+name+"/hop_limit"))
	}
	t.Logf("%d written; %v", written, paths)
}
