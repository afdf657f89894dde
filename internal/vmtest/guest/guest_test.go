package guest

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func names(modules []Module) []string {
	var list []string
	for _, m := range modules {
		list = append(list, m.Name)
	}
	return list
}

func testIndex() *Index {
	return NewIndex([]Module{
		{Name: "bonding", Path: "kernel/bonding.ko", Options: "max_bonds=0 x=y", Needs: []string{"tls"}, Aliases: []string{"rtnl-link-bond"}},
		{Name: "tls", Path: "kernel/tls.ko"},
		{Name: "macsec", Path: "kernel/macsec.ko", Aliases: []string{"net-pf-16-proto-16-family-macsec"}, Pre: []string{"gcm"}, Post: []string{"absent"}},
		{Name: "gcm", Path: "kernel/gcm.ko"},
		{Name: "e1000e", Path: "kernel/e1000e.ko", Aliases: []string{"pci:v00008086d000010D3sv*sd*bc*sc*i*", "pci:v00008086d0000105Esv*"}},
		{Name: "can_dev", Path: "kernel/can-dev.ko"},
	})
}

func TestIndexResolve(t *testing.T) {
	var written bytes.Buffer
	if err := testIndex().Write(&written); err != nil {
		t.Fatal(err)
	}
	read, err := ReadIndex(&written)
	if err != nil {
		t.Fatal(err)
	}
	for which, index := range map[string]*Index{"made": testIndex(), "read": read} {
		for request, want := range map[string][]string{
			"rtnl-link-bond":                                        {"tls", "bonding"},
			"net-pf-16-proto-16-family-macsec":                      {"gcm", "macsec"},
			"pci:v00008086d000010D3sv00001AF4sd00001100bc02sc00i00": {"e1000e"},
			"can-dev": {"can_dev"},
			"can_dev": {"can_dev"},
		} {
			if got, ok := index.Resolve(request); !ok || !slices.Equal(names(got), want) {
				t.Errorf("%s index, %s: %v, want %v", which, request, names(got), want)
			}
		}
		if got, ok := index.Resolve("rtnl-link-nothing"); ok {
			t.Errorf("%s index: %v answers to an unknown alias", which, names(got))
		}
		if order, _ := index.Resolve("bonding"); order[1].Options != "max_bonds=0 x=y" || order[1].Path != "kernel/bonding.ko" {
			t.Errorf("%s index: bonding is %+v", which, order[1])
		}
	}
}

func TestIndexCycle(t *testing.T) {
	index := NewIndex([]Module{{Name: "a", Needs: []string{"b"}}, {Name: "b", Needs: []string{"a"}}})
	if got, _ := index.Resolve("a"); !slices.Equal(names(got), []string{"b", "a"}) {
		t.Errorf("got %v", names(got))
	}
}

func TestReadIndexRefuses(t *testing.T) {
	for _, bad := range []string{"alias x y\n", "module a\n", "module a b\nshoe c\n", "module a b\nneeds\n"} {
		if _, err := ReadIndex(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestTrouble(t *testing.T) {
	healthy := "<6>[    0.1] Linux version 7.3\n<4>[    0.2] amd_pstate: the _CPC object is not present\n<6>[   1.0] bond0: (slave d0): Warning: no link\n"
	if got := Trouble(healthy); got != nil {
		t.Errorf("a healthy log has %q", got)
	}
	for _, first := range []string{
		"<4>[    5.0] WARNING: CPU: 0 PID: 77 at net/core/dev.c:10 f+0x1/0x2",
		"<4>[    5.0] WARNING: net/core/dev.c:10 at f+0x1/0x2, CPU#0: ip/77",
		"<1>[    5.0] BUG: kernel NULL pointer dereference, address: 0000000000000018",
		"<4>[    5.0] Oops: 0002 [#1] PREEMPT SMP",
		"<0>[    5.0] unregister_netdevice: waiting for v0 to become free. Usage count = 2",
	} {
		log := healthy + first + "\r\n<4>[    5.1] Call Trace:\n<4>[    5.2] ---[ end trace 0000000000000000 ]---\n<6>[    6.0] later\n"
		got := Trouble(log)
		if len(got) != 1 || !strings.HasPrefix(got[0], first+"\n") || !strings.HasSuffix(got[0], "]---") {
			t.Errorf("%q: reports %q", first, got)
		}
	}
}

func TestTroubleExpected(t *testing.T) {
	const warning = "<4>[    5.0] WARNING: net/core/rtnetlink.c:4376 at rtnl_getlink+0x477/0x530, CPU#0: ip/98\n<4>[    5.2] ---[ end trace 0000000000000000 ]---\n"
	const other = "<4>[    5.0] WARNING: net/core/rtnetlink.c:4376 at rtnl_getlink_more+0x477/0x530, CPU#0: ip/98\n<4>[    5.2] ---[ end trace 0000000000000000 ]---\n"
	const begin, end = "<4>[    4.0] " + WarningExpected + "rtnl_getlink\n", "<4>[    6.0] " + WarningOver + "rtnl_getlink\n"
	for log, want := range map[string]int{
		begin + warning + warning + end: 0, begin + warning: 0, warning + begin + end: 1, begin + end + warning: 1,
		begin + other + end: 1, begin + "<1>[    5.0] BUG: rtnl_getlink+0x1\n" + end: 1,
	} {
		if got := Trouble(log); len(got) != want {
			t.Errorf("%q: %d reports, want %d", log, len(got), want)
		}
	}
}

func TestTail(t *testing.T) {
	if got := Tail("a\r\nb\r\nc\r\n\r\n", 2); got != "b\nc" {
		t.Errorf("got %q", got)
	}
}
