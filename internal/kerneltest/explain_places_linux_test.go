package kerneltest_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// runIPHere runs `ip` in the namespace of the calling thread.
func runIPHere(command string) error {
	return exec.Command("ip", strings.Fields(command)...).Run()
}

// TestLinkElsewhere refers to links that are in another namespace than where they are
// looked for.
func TestLinkElsewhere(t *testing.T) {
	c, ns := lab.Scratch(t)
	_, there := lab.Scratch(t)
	ns.IP("link", "add", "here", "type", "bridge")
	there.IP("link", "add", "away", "type", "veth", "peer", "name", "away1")
	const home = "the namespace of the Conn"
	name := "namespace " + lab.NetNS(there).String()
	for _, r := range []refusal{
		{"parent", lab.Creating(macvlan.New("t0").Parent("away")),
			`create macvlan t0: link: no such device (there is no link "away" in ` + home + `: LinkNetNS says where else it is)`, []error{fs.ErrNotExist}},
		{"parent where the link is to be", lab.Creating(macvlan.New("t0").NetNS(lab.NetNS(there)).Parent("away")),
			`create macvlan t0: link: no such device (there is no link "away" in ` + home + `, but there is one in ` + name + `: LinkNetNS says where else it is)`, []error{fs.ErrNotExist}},
		{"underlay where the link is to be", lab.Creating(vxlan.New("t0").VNI(7).NetNS(lab.NetNS(there)).Dev("away")),
			`create vxlan t0: dev: no such device (there is no link "away" in ` + home + `, but there is one in ` + name + `: LinkNetNS says where else it is)`, nil},
		{"parent not in LinkNetNS", lab.Creating(macvlan.New("t0").LinkNetNS(lab.NetNS(there)).Parent("here")),
			`create macvlan t0: link: no such device (there is no link "here" in ` + name + `, but there is one in ` + home + `)`, nil},
		{"master", lab.Creating(veth.New("t0").Master("nowhere")),
			`create veth t0: master: no such device (there is no link "nowhere" in ` + home + `)`, nil},
		{"master not with its port", lab.Creating(bridge.New("t0").NetNS(lab.NetNS(there)).Master("here")),
			`create bridge t0: master: no such device (there is no link "here" in ` + name + `, but there is one in ` + home + `: a master is in the namespace of its ports)`, nil},
	} {
		t.Run(r.name, func(t *testing.T) { r.judge(t, r.do(t.Context(), c)) })
	}
}

// TestMoveRefused moves links to where their names are taken, and such as stay.
func TestMoveRefused(t *testing.T) {
	testutil.Need(t, iplink.KindVeth)
	c, ns := lab.Scratch(t)
	_, there := lab.Scratch(t)
	testutil.IPBatch(t, there.File, "link add twin type bridge", "link add br9 type bridge", "link property add dev br9 altname other")
	testutil.IPBatch(t, ns.File, "link add twin type veth peer name a1", "link add other type veth peer name a2", "link add br0 type bridge")
	const rename = " in that namespace: Rename gives the link another name on the way)"
	for _, r := range []refusal{
		{"name", lab.Updating(iplink.Device("twin").NetNS(lab.NetNS(there))), `update twin: netns: file exists (…"twin" is the name of a bridge link` + rename, []error{fs.ErrExist}},
		{"altname", lab.Updating(iplink.Device("other").NetNS(lab.NetNS(there))), `update other: netns: file exists (…"other" is an alternative name of "br9", a bridge link` + rename, []error{fs.ErrExist}},
		{"new name", lab.Updating(iplink.Device("a1").NetNS(lab.NetNS(there)).Rename("br9")), `update a1: netns: file exists (…"br9" is the name of a bridge link` + rename, []error{fs.ErrExist}},
		{"bridge", lab.Updating(iplink.Device("br0").NetNS(lab.NetNS(there))),
			"update br0: netns: invalid argument (…a bridge link stays where it was made: make it there, with NetNS of a builder of its kind)", nil},
		{"loopback", lab.Updating(iplink.Device("lo").NetNS(lab.NetNS(there)).Rename("lo1")), "update lo: netns: invalid argument (…each namespace has its own loopback interface)", nil},
	} {
		t.Run(r.name, func(t *testing.T) { r.judgeOurs(t, r.do(t.Context(), c)) })
	}
}

// TestClosedConn uses a Conn after Close: no file is what is closed.
func TestClosedConn(t *testing.T) {
	for name, do := range map[string]func(context.Context, *iplink.Conn) error{
		"create": lab.Creating(bridge.New("t0")), "update": lab.Updating(iplink.Device("lo").MTU(4660)), "ensure": ensuring(bridge.New("t0")),
		"get":    func(ctx context.Context, c *iplink.Conn) error { _, err := c.Get(ctx, "lo"); return err },
		"list":   func(ctx context.Context, c *iplink.Conn) error { _, err := c.List(ctx); return err },
		"delete": func(ctx context.Context, c *iplink.Conn) error { return c.Delete(ctx, "lo") },
		"watch": func(ctx context.Context, c *iplink.Conn) error {
			for _, err := range c.Watch(ctx) {
				return err
			}
			return nil
		},
		"wait": func(ctx context.Context, c *iplink.Conn) error {
			_, err := c.Wait(ctx, "lo", iplink.UntilMaster("br0"))
			return err
		},
	} {
		c, _ := lab.Scratch(t)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		err := do(t.Context(), c)
		if !errors.Is(err, os.ErrClosed) || !strings.HasPrefix(err.Error(), name) || !strings.HasSuffix(err.Error(), "the connection is closed (by Close: open another)") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestReadOnlyRun makes a namespace while /run/netns cannot be written: the error
// names the file. The mount is seen by one thread alone.
func TestReadOnlyRun(t *testing.T) {
	kept, missing := named(t).Name(), testutil.Name(t)
	testutil.In(t, testutil.NetNS(t), func() {
		if err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Dir("/run/netns/" + kept)
		for _, m := range []struct {
			source, target string
			flags          uintptr
		}{{"", "/", unix.MS_REC | unix.MS_PRIVATE}, {dir, dir, unix.MS_BIND | unix.MS_REC}, {"", dir, unix.MS_REMOUNT | unix.MS_BIND | unix.MS_RDONLY}} {
			if err := unix.Mount(m.source, m.target, "", m.flags, ""); err != nil {
				t.Fatal(err)
			}
		}
		_, err := iplink.CreateNetNS(missing)
		want := "create netns " + missing + ": read-only file system (cannot change /run/netns/" + missing + ": mount a tmpfs on /run/netns, or use NewNetNS, which makes no file)"
		if !errors.Is(err, syscall.EROFS) || err.Error() != want {
			t.Errorf("error\n%v, want\n%s", err, want)
		}
	})
}

// TestNetNSReasons opens namespaces that are not there.
func TestNetNSReasons(t *testing.T) {
	missing := testutil.Name(t)
	for _, test := range []struct {
		open func() (*iplink.NetNS, error)
		text string
	}{
		{func() (*iplink.NetNS, error) { return iplink.OpenNetNS(missing) }, "there is no /run/netns/" + missing + ": CreateNetNS and ip netns add make it"},
		{func() (*iplink.NetNS, error) { return iplink.NetNSOfPID(1 << 30) }, "there is no such process"},
	} {
		if _, err := test.open(); !errors.Is(err, fs.ErrNotExist) || !strings.HasSuffix(err.Error(), "no such file or directory ("+test.text+")") {
			t.Errorf("error %v, want %s", err, test.text)
		}
	}
}

// TestNetNSOfOthers opens the namespace of a process that this one may not look into.
func TestNetNSOfOthers(t *testing.T) {
	var err error
	testutil.In(t, testutil.NetNS(t), func() {
		testutil.DropCapabilities(t)
		_, err = iplink.NetNSOfPID(os.Getppid())
	})
	if err == nil || !errors.Is(err, fs.ErrPermission) || !strings.HasSuffix(err.Error(), "(the namespace of another user's process needs CAP_SYS_PTRACE)") {
		t.Errorf("error %v", err)
	}
}
