package kerneltest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/topology"
)

// daemonVariable makes TestStdinClosed the process that closes its standard
// input.
const daemonVariable = "IPLINK_TEST_DAEMON"

// awayFD is the descriptor of the other namespace in that process.
const awayFD = 3

// TestStdinClosed has a process without a standard input, whose number the next
// file gets, work in another namespace than its own.
func TestStdinClosed(t *testing.T) {
	if os.Getenv(daemonVariable) != "" {
		beDaemon(t)
		return
	}
	testutil.Need(t, iplink.KindMacvtap)
	_, home := lab.Scratch(t)
	_, away := lab.Scratch(t)
	away.IP("link", "add", "under", "type", "veth", "peer", "name", "under1")
	home.IP("link", "add", "tapped", "type", "veth", "peer", "name", "tapped1")
	home.IP("link", "add", "tap0", "link", "tapped", "type", "macvtap", "mode", "bridge")
	cmd := exec.Command(os.Args[0], "-test.run=^TestStdinClosed$", "-test.v")
	cmd.Env = append(os.Environ(), daemonVariable+"=1")
	cmd.ExtraFiles = []*os.File{away.File}
	var out []byte
	var err error
	testutil.In(t, home.File, func() { out, err = cmd.CombinedOutput() })
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if got := home.Names(); !slices.Equal(got, []string{"lo", "tapped1", "tapped", "tap0", "m0"}) {
		t.Errorf("at home there are %v", got)
	}
	if got := away.Names(); !slices.Equal(got, []string{"lo", "under1", "under", "t0"}) {
		t.Errorf("away there are %v", got)
	}
}

func beDaemon(t *testing.T) {
	os.Stdin.Close()
	for name, open := range opens {
		t.Run(name, func(t *testing.T) {
			c, err := open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if target, err := os.Readlink("/proc/self/fd/0"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("descriptor 0 is %s", target)
			}
		})
	}
	if t.Failed() {
		return
	}
	ns, err := iplink.NetNSAtPath(fmt.Sprintf("/proc/self/fd/%d", awayFD))
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Close()
	if _, err := bridge.New("t0").NetNS(ns).Create(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := macvlan.New("m0").Parent("under").LinkNetNS(ns).Create(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := topology.Read(t.Context()); err != nil {
		t.Error(err)
	}
}

// opens are the ways to get something that holds a descriptor.
var opens = map[string]func(context.Context) (io.Closer, error){
	"NetNSAtPath": func(context.Context) (io.Closer, error) {
		return iplink.NetNSAtPath(fmt.Sprintf("/proc/self/fd/%d", awayFD))
	},
	"CurrentNetNS": func(context.Context) (io.Closer, error) { return iplink.CurrentNetNS() },
	"NewNetNS":     func(context.Context) (io.Closer, error) { return iplink.NewNetNS() },
	"Dial":         func(context.Context) (io.Closer, error) { return iplink.Dial() },
	"NetNS.Dial": func(context.Context) (io.Closer, error) {
		ns, err := iplink.NewNetNS()
		if err != nil {
			return nil, err
		}
		defer ns.Close()
		return ns.Dial()
	},
	"Listen": func(ctx context.Context) (io.Closer, error) { return rtnl.Listen(ctx, rtnl.Here, rtnl.Listening{}) },
	"family": func(ctx context.Context) (io.Closer, error) { return rtnl.DialFamily(ctx, rtnl.Here, "nlctrl") },
	"tap": func(ctx context.Context) (io.Closer, error) {
		files, err := macvtap.Open(ctx, "tap0")
		if err != nil {
			return nil, err
		}
		return files[0], nil
	},
	"Do": func(context.Context) (io.Closer, error) {
		ns, err := iplink.NewNetNS()
		if err != nil {
			return nil, err
		}
		return ns, ns.Do(func() error {
			if _, err := os.Readlink("/proc/self/fd/0"); !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("in Do descriptor 0 is in use: %v", err)
			}
			return nil
		})
	},
}
