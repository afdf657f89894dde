package kerneltest_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
)

// actVariable names the act that the test plays in a process without
// CAP_SYS_ADMIN, in place of starting such processes.
const actVariable = "IPLINK_TEST_ACT"

// acts are played without CAP_SYS_ADMIN, in a namespace with the link m0. far is
// another namespace, with the link there, whose index is 291.
var acts = map[string]func(t *testing.T, c *iplink.Conn, far *iplink.NetNS){
	"peer": func(t *testing.T, c *iplink.Conn, far *iplink.NetNS) {
		spec := veth.New("h0").Up().Peer(veth.New("eth0").MTU(1432).Address([]byte{2, 0, 0, 0, 0x12, 0x34}).NetNS(far))
		lab.Ensured(t, c, spec, true)
		lab.Ensured(t, c, spec, false)
		lab.MustCreate(t, c, veth.New("h1").Peer(veth.New("eth1").Index(4660).NetNS(far)))
		lab.MustCreate(t, c, veth.New("h2").LinkNetNS(far))
	},
	"peer whose index is taken": func(t *testing.T, c *iplink.Conn, far *iplink.NetNS) {
		_, err := c.Create(t.Context(), veth.New("h0").Peer(veth.New("eth0").Index(291).NetNS(far)))
		if !errors.Is(err, fs.ErrExist) || missesAny(err.Error(), []string{"eth0", "291", "there"}) {
			t.Error(err)
		}
	},
	"peer that is to be up": func(t *testing.T, c *iplink.Conn, far *iplink.NetNS) {
		_, err := c.Create(t.Context(), veth.New("h0").Peer(veth.New("eth0").NetNS(far).Up()))
		isPermission(t, err, "UP")
		lab.MustCreate(t, c, veth.New("h0").Peer(veth.New("eth0").NetNS(far)))
		_, err = c.Ensure(t.Context(), veth.New("h0").Peer(veth.New("eth0").NetNS(far).MTU(1300)))
		isPermission(t, err, "mtu")
	},
	"move": func(t *testing.T, c *iplink.Conn, far *iplink.NetNS) {
		got, err := c.Update(t.Context(), iplink.Device("m0").NetNS(far))
		if err != nil || got[0].Name != "m0" {
			t.Error(err)
		}
	},
	"move with settings": func(t *testing.T, c *iplink.Conn, far *iplink.NetNS) {
		lab.MustCreate(t, c, veth.New("eth7").Peer(veth.New("near")))
		got, err := c.Update(t.Context(), iplink.Device("eth7").Rename("eth8").NetNS(far).MTU(1432).Alias("x y").Up())
		if err != nil {
			t.Fatal(err)
		}
		if l := got[0]; l.Name != "eth8" || l.MTU != 1432 || l.Alias != "x y" || !l.Up() {
			t.Errorf("got %+v", l)
		}
	},
	"move with an address": func(t *testing.T, c *iplink.Conn, far *iplink.NetNS) {
		_, err := c.Update(t.Context(), iplink.Device("m0").NetNS(far).Master("there"))
		isPermission(t, err, "master")
		_, err = c.Update(t.Context(), iplink.Device("m0").NetNS(far).AltName("another"))
		isPermission(t, err, "altname")
	},
	"parent": func(t *testing.T, c *iplink.Conn, far *iplink.NetNS) {
		spec := macvlan.New("v0").Parent("there").LinkNetNS(far)
		lab.Ensured(t, c, spec, true)
		lab.Ensured(t, c, spec, false)
	},
	"link of another namespace": func(t *testing.T, c *iplink.Conn, far *iplink.NetNS) {
		_, err := c.Create(t.Context(), bridge.New("b0").NetNS(far))
		isPermission(t, err, "netns")
		_, err = c.Ensure(t.Context(), bridge.New("there").NetNS(far).MTU(1432))
		isPermission(t, err, "netns")
		_, err = c.Update(t.Context(), bridge.New("m0").NetNS(far).MTU(1432))
		isPermission(t, err, "netns")
	},
}

func isPermission(t *testing.T, err error, attr string) {
	t.Helper()
	if e, ok := errors.AsType[*iplink.Error](err); !ok || !errors.Is(err, fs.ErrPermission) || e.Attr != attr || !strings.Contains(err.Error(), "CAP_SYS_ADMIN") {
		t.Errorf("got %v, want fs.ErrPermission of %s", err, attr)
	}
}

// scenes says which links are in the two namespaces after an act.
var scenes = map[string]struct{ near, far []string }{
	"peer":                      {[]string{"m0", "m1", "h0", "h1", "h2"}, []string{"there", "eth0", "eth1", "veth0"}},
	"peer whose index is taken": {[]string{"m0", "m1"}, []string{"there"}},
	"peer that is to be up":     {[]string{"m0", "m1", "h0"}, []string{"there", "eth0"}},
	"move":                      {[]string{"m1"}, []string{"there", "m0"}},
	"move with settings":        {[]string{"m0", "m1", "near"}, []string{"there", "eth8"}},
	"move with an address":      {[]string{"m0", "m1"}, []string{"there"}},
	"parent":                    {[]string{"m0", "m1", "v0"}, []string{"there"}},
	"link of another namespace": {[]string{"m0", "m1"}, []string{"there"}},
}

// TestWithoutSysAdmin plays each act in a process that has CAP_NET_ADMIN and not
// CAP_SYS_ADMIN, and looks with `ip` at what it has done.
func TestWithoutSysAdmin(t *testing.T) {
	if act := os.Getenv(actVariable); act != "" {
		playAct(t, acts[act])
		return
	}
	for name := range acts {
		t.Run(name, func(t *testing.T) {
			_, near := lab.Scratch(t)
			_, far := lab.Scratch(t)
			near.IP("link", "add", "m0", "index", "41", "type", "veth", "peer", "name", "m1")
			far.IP("link", "add", "there", "index", "291", "type", "bridge")
			if out, err := withoutSysAdmin(t, near, far, name); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			same(t, "near", near.Names(), append([]string{"lo"}, scenes[name].near...))
			same(t, "far", far.Names(), append([]string{"lo"}, scenes[name].far...))
			if name == "move with settings" {
				if l := far.Link("eth8"); l["mtu"] != 1432.0 || l["ifalias"] != "x y" || !slices.Contains(l["flags"].([]any), any("UP")) {
					t.Errorf("ip: %v", l)
				}
			}
			if name == "peer" {
				if l := far.Link("eth0"); l["mtu"] != 1432.0 || l["address"] != "02:00:00:00:12:34" || far.Link("eth1")["ifindex"] != 4660.0 {
					t.Errorf("ip: %v", l)
				}
			}
		})
	}
}

// withoutSysAdmin runs this test again, in a process without the capability.
func withoutSysAdmin(t *testing.T, near, far *testutil.Lab, act string) (out []byte, err error) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestWithoutSysAdmin$")
	// The process must not look for privileges of its own.
	cmd.Env = append(os.Environ(), actVariable+"="+act, fmt.Sprintf("IPLINK_ROOTLESS_PARENT=%d", os.Getpid()))
	cmd.ExtraFiles = []*os.File{far.File}
	testutil.In(t, near.File, func() {
		runtime.LockOSThread() // till the end of the thread, whose children have no more than it
		if err = unix.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_SYS_ADMIN, 0, 0, 0); err == nil {
			out, err = cmd.CombinedOutput()
		}
	})
	return out, err
}

func playAct(t *testing.T, act func(*testing.T, *iplink.Conn, *iplink.NetNS)) {
	far, err := iplink.NetNSAtPath("/proc/self/fd/3")
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	if err := far.Do(func() error { return nil }); !errors.Is(err, fs.ErrPermission) {
		t.Fatalf("this process may enter a namespace: %v", err)
	}
	c, err := iplink.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	act(t, c, far)
}
