package kerneltest_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// netNSOf says which network namespace a file under /proc stands for.
func netNSOf(t testing.TB, path string) string {
	t.Helper()
	target, err := os.Readlink(path)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// inside says which namespace ns.Do runs in, by what the thread's file says.
func inside(t testing.TB, ns *iplink.NetNS) (target string) {
	t.Helper()
	err := ns.Do(func() error {
		target = netNSOf(t, "/proc/thread-self/ns/net")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// named makes a namespace that is deleted when the test ends.
func named(t testing.TB) *iplink.NetNS {
	t.Helper()
	ns, err := iplink.CreateNetNS(testutil.Name(t))
	lab.OpenedNetNS(t, ns, err)
	t.Cleanup(func() { iplink.DeleteNetNS(ns.Name()) })
	return ns
}

// ip runs `ip` where the test is.
func ip(t testing.TB, args ...string) string {
	t.Helper()
	here, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	return testutil.IP(t, here, args...)
}

// ipLists reports whether `ip netns` lists the name.
func ipLists(t testing.TB, name string) bool {
	t.Helper()
	for line := range strings.Lines(ip(t, "netns", "list")) {
		if strings.Fields(line)[0] == name {
			return true
		}
	}
	return false
}

// mounts counts what is mounted at path.
func mounts(t testing.TB, path string) (n int) {
	t.Helper()
	info, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(info)) {
		if strings.Fields(line)[4] == path {
			n++
		}
	}
	return n
}

// waiting starts a process in the namespace, which waits until it is ended.
func waiting(t testing.TB, ns *iplink.NetNS) (pid int, end func()) {
	t.Helper()
	cmd := ns.Command(t.Context(), "sh", "-c", "read line")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end = sync.OnceFunc(func() {
		stdin.Close()
		cmd.Wait()
	})
	t.Cleanup(end)
	return cmd.Process.Pid, end
}

// loopback is what `ip` says in the namespace about lo.
func loopback(t testing.TB, ns *iplink.NetNS) string {
	t.Helper()
	out, err := ns.Command(t.Context(), "ip", "-o", "link", "show", "lo").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestIPUsesOurNetNS(t *testing.T) {
	ns := named(t)
	if !ipLists(t, ns.Name()) {
		t.Errorf("ip does not list %s", ns)
	}
	if err := ns.Command(t.Context(), "ip", "link", "set", "lo", "mtu", "4660").Run(); err != nil {
		t.Fatal(err)
	}
	if theirs := ip(t, "-n", ns.Name(), "-o", "link", "show", "lo"); !strings.Contains(theirs, "mtu 4660") {
		t.Errorf("lo, with mtu 4660, is to ip %s", theirs)
	}
	pid, end := waiting(t, ns)
	if name := strings.TrimSpace(ip(t, "netns", "identify", fmt.Sprint(pid))); name != ns.Name() {
		t.Errorf("a process in %s is to ip in %q", ns, name)
	}
	end()
	ip(t, "netns", "del", ns.Name())
	if _, err := iplink.OpenNetNS(ns.Name()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open after ip netns del: %v", err)
	}
}

func TestWeUseNetNSOfIP(t *testing.T) {
	name := testutil.Name(t)
	ip(t, "netns", "add", name)
	t.Cleanup(func() { iplink.DeleteNetNS(name) })
	ip(t, "-n", name, "link", "set", "lo", "mtu", "4660")
	opening, err := iplink.OpenNetNS(name)
	ns := lab.OpenedNetNS(t, opening, err)
	if ours := loopback(t, ns); !strings.Contains(ours, "mtu 4660") || ns.Name() != name || ns.String() != name {
		t.Errorf("%s: lo, with mtu 4660, is to us %s", ns, ours)
	}
	if names, err := iplink.ListNetNS(); err != nil || !slices.Contains(names, name) || !slices.IsSorted(names) {
		t.Errorf("list: %q, %v", names, err)
	}
	if err := iplink.DeleteNetNS(name); err != nil {
		t.Fatal(err)
	}
	if ipLists(t, name) {
		t.Errorf("ip still lists %s", name)
	}
}

// TestNamedNetNSFile compares the traces of both in the file system.
func TestNamedNetNSFile(t *testing.T) {
	ours, theirs := named(t).Name(), testutil.Name(t)
	ip(t, "netns", "add", theirs)
	t.Cleanup(func() { iplink.DeleteNetNS(theirs) })
	trace := func(name string) string {
		path := "/run/netns/" + name
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		unix.Unmount(path, unix.MNT_DETACH)
		file, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintln(info.Mode(), file.Mode(), file.Size(), mounts(t, "/run/netns"))
	}
	if a, b := trace(ours), trace(theirs); a != b {
		t.Errorf("ours %s, ip's %s", a, b)
	}
	for _, name := range []string{ours, theirs} { // now stale
		if _, err := iplink.OpenNetNS(name); err == nil || !strings.HasSuffix(err.Error(), "not a network namespace (nothing is mounted on /run/netns/"+name+": DeleteNetNS removes the name)") {
			t.Errorf("open of a stale name: %v", err)
		}
		if err := iplink.DeleteNetNS(name); err != nil {
			t.Error(err)
		}
	}
}

func TestNamedNetNSErrors(t *testing.T) {
	ns := named(t)
	_, err := iplink.CreateNetNS(ns.Name())
	if want := "create netns " + ns.Name() + ": file exists"; !errors.Is(err, fs.ErrExist) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	missing := testutil.Name(t)
	if _, err := iplink.OpenNetNS(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	err = iplink.DeleteNetNS(missing)
	want := "delete netns " + missing + ": no such file or directory (there is no /run/netns/" + missing + ": CreateNetNS and ip netns add make it)"
	if !errors.Is(err, fs.ErrNotExist) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestDeletedNetNSLivesWhileItIsOpen(t *testing.T) {
	ns := named(t)
	before := inside(t, ns)
	if err := iplink.DeleteNetNS(ns.Name()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("/run/netns", ns.Name())
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) || mounts(t, path) != 0 {
		t.Errorf("%s is still there", path)
	}
	if after := inside(t, ns); after != before {
		t.Errorf("was %s, is %s", before, after)
	}
}

func TestSameNameInManyGoroutines(t *testing.T) {
	name := testutil.Name(t)
	t.Cleanup(func() { iplink.DeleteNetNS(name) })
	results := make(chan error)
	for range 20 {
		go func() { results <- createAndClose(name) }()
	}
	made := 0
	for range 20 {
		if err := <-results; err == nil {
			made++
		} else if !errors.Is(err, fs.ErrExist) {
			t.Error(err)
		}
	}
	if made != 1 || mounts(t, "/run/netns/"+name) != 1 {
		t.Errorf("made %d times, %d mounts", made, mounts(t, "/run/netns/"+name))
	}
}

// TestCreateNetNSWithoutCapabilities takes them from one thread only: the
// directory is there, but nothing may be mounted.
func TestCreateNetNSWithoutCapabilities(t *testing.T) {
	name := testutil.Name(t)
	testutil.In(t, testutil.NetNS(t), func() {
		testutil.DropCapabilities(t)
		ns, err := iplink.CreateNetNS(name)
		const says = "operation not permitted (needs CAP_SYS_ADMIN)"
		if !errors.Is(err, fs.ErrPermission) || !strings.HasSuffix(err.Error(), says) {
			t.Errorf("%v, %v", ns, err)
		}
	})
	nothingLeft(t, name)
}

// TestCreateNetNSWithoutDescriptors fails when the file has been made: that
// takes one descriptor at a time, a new namespace takes two.
func TestCreateNetNSWithoutDescriptors(t *testing.T) {
	named(t) // the directory is prepared
	name := testutil.Name(t)
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	free, err := unix.Dup(0)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(free)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(free) + 1, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	ns, err := iplink.CreateNetNS(name)
	unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	if !errors.Is(err, unix.EMFILE) {
		t.Errorf("%v, %v", ns, err)
	}
	nothingLeft(t, name)
}

func nothingLeft(t *testing.T, name string) {
	t.Helper()
	path := "/run/netns/" + name
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) || mounts(t, path) != 0 {
		t.Errorf("a failure has left %s", path)
	}
}

func TestNewNetNS(t *testing.T) {
	a, b := lab.UnnamedNetNS(t), lab.UnnamedNetNS(t)
	if a.Name() != "" || a.String() != inside(t, a) {
		t.Errorf("name %q, string %q, is %s", a.Name(), a, inside(t, a))
	}
	if !a.Equal(a) || a.Equal(b) || b.Equal(a) {
		t.Errorf("%s and %s: Equal is wrong", a, b)
	}
	if out := netNSOf(t, "/proc/self/ns/net"); inside(t, a) == out || inside(t, b) == out {
		t.Errorf("not new: %s, %s", a, b)
	}
}

func TestMakingNetNSDoesNotMoveTheThread(t *testing.T) {
	here := lab.UnnamedNetNS(t)
	err := here.Do(func() error {
		named(t)
		lab.UnnamedNetNS(t)
		if now := netNSOf(t, "/proc/thread-self/ns/net"); now != here.String() {
			t.Errorf("was in %s, is in %s", here, now)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestUnnamedNetNSEndsWithItsLastUser knows by a veth pair: when the namespace
// of one end is gone, so is the other end.
func TestUnnamedNetNSEndsWithItsLastUser(t *testing.T) {
	testutil.Need(t, "veth")
	here, ns := testutil.NetNS(t), lab.UnnamedNetNS(t)
	pid, end := waiting(t, ns)
	peer := []string{"peer", "name", "there0", "netns", fmt.Sprint(pid)}
	testutil.IP(t, here, append([]string{"link", "add", "here0", "type", "veth"}, peer...)...)
	if err := ns.Close(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	testutil.LinkJSON(t, here, "here0")
	end()
	deadline := time.Now().Add(10 * time.Second)
	for strings.Contains(testutil.IP(t, here, "link"), "here0") {
		if time.Now().After(deadline) {
			t.Fatal("the namespace is still there")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestOpenNetNSOtherwise(t *testing.T) {
	ns := lab.UnnamedNetNS(t)
	pid, _ := waiting(t, ns)
	path := fmt.Sprintf("/proc/%d/ns/net", pid)
	opening, err := iplink.NetNSOfPID(pid)
	ofPID := lab.OpenedNetNS(t, opening, err)
	opening, err = iplink.NetNSAtPath(path)
	atPath := lab.OpenedNetNS(t, opening, err)
	if !ofPID.Equal(ns) || !ns.Equal(atPath) || ofPID.String() != path || atPath.String() != path {
		t.Errorf("%s, of the process %s, at its path %s", ns, ofPID, atPath)
	}
	err = ns.Do(func() error {
		opening, err := iplink.CurrentNetNS()
		current := lab.OpenedNetNS(t, opening, err)
		if !current.Equal(ns) || current.String() != ns.String() {
			t.Errorf("inside %s the current one is %s", ns, current)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	opening, err = iplink.CurrentNetNS()
	if current := lab.OpenedNetNS(t, opening, err); current.Equal(ns) || current.String() != netNSOf(t, "/proc/self/ns/net") {
		t.Errorf("outside the current one is %s", current)
	}
}

func TestOpenWhatIsNoNetNS(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/proc/self/ns/uts", "/proc/self/status", t.TempDir(), fifo, os.DevNull} {
		_, err := iplink.NetNSAtPath(path)
		if want := "open netns " + path + ": the file is not a network namespace"; err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for _, pid := range []int{-1, 0, 1 << 30} {
		if _, err := iplink.NetNSOfPID(pid); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("process %d: %v", pid, err)
		}
	}
}

func TestClosedNetNS(t *testing.T) {
	for _, ns := range []*iplink.NetNS{named(t), lab.UnnamedNetNS(t)} {
		if err := ns.Close(); err != nil {
			t.Fatal(err)
		}
		called := false
		_, outputErr := ns.Command(t.Context(), "true").Output()
		for what, err := range map[string]error{
			"Close": ns.Close(),
			"Do":    ns.Do(func() error { called = true; return nil }),
			"Run":   ns.Command(t.Context(), "true").Run(),
			"Start": ns.Command(t.Context(), "true").Start(), "Output": outputErr,
		} {
			want := fmt.Sprintf("network namespace %s is closed", ns)
			if !errors.Is(err, os.ErrClosed) || err.Error() != want {
				t.Errorf("%s: %v, want %s", what, err, want)
			}
		}
		if called || ns.Equal(ns) {
			t.Errorf("closed %s is used", ns)
		}
	}
}
