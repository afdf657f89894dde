package testutil

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func link(t *testing.T, path string) string {
	t.Helper()
	target, err := os.Readlink(path)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func TestInIsInTheNamespace(t *testing.T) {
	ns, out := NetNS(t), link(t, "/proc/self/ns/net")
	var in, nested string
	In(t, ns, func() {
		in = link(t, "/proc/thread-self/ns/net")
		In(t, NetNS(t), func() { nested = link(t, "/proc/thread-self/ns/net") })
	})
	var st unix.Stat_t
	if err := unix.Fstat(int(ns.Fd()), &st); err != nil {
		t.Fatal(err)
	}
	if in != "net:["+itoa(st.Ino)+"]" || in == out || nested == in || nested == out {
		t.Errorf("outside %s, inside %s, nested %s, handle %d", out, in, nested, st.Ino)
	}
}

func TestInThrowsThreadsAway(t *testing.T) {
	ns := NetNS(t)
	tid := 0
	In(t, ns, func() { tid = unix.Gettid() })
	gone := func() bool {
		_, err := os.Stat("/proc/self/task/" + itoa(uint64(tid)))
		return err != nil
	}
	if tid == os.Getpid() || !eventually(gone) {
		t.Errorf("thread %d is still there", tid)
	}
	now, all := link(t, "/proc/self/ns/net"), []string(nil)
	home := func() bool { // threads of other tests may not have ended yet
		all = slices.Compact(readLinks("/proc/self/task/*/ns/net"))
		return slices.Equal(all, []string{now})
	}
	if !eventually(home) {
		t.Errorf("threads in %v, process in %s", all, now)
	}
}

func TestInPassesOnTheEndOfATest(t *testing.T) {
	ns := NetNS(t)
	wantOutcome(t, play(t, func(t testing.TB) {
		In(t, ns, func() { t.Fatal("inside") })
		panic("not reached")
	}), "failed: inside")
	closed := NetNS(t)
	closed.Close()
	wantOutcome(t, play(t, func(t testing.TB) { In(t, closed, func() {}) }), "failed: enter network namespace")
}

func TestIP(t *testing.T) {
	ns := NetNS(t)
	IP(t, ns, "link", "set", "lo", "mtu", "4660", "up")
	lo := LinkJSON(t, ns, "lo")
	if lo["ifname"] != "lo" || lo["mtu"] != 4660.0 {
		t.Errorf("ip says %v", lo)
	}
	if mine := LinkJSON(t, NetNS(t), "lo"); mine["mtu"] == 4660.0 {
		t.Errorf("another namespace has the same lo: %v", mine)
	}
	got := play(t, func(t testing.TB) { IP(t, ns, "link", "show", "dev", "nosuch") })
	wantOutcome(t, got, "failed: ip link show dev nosuch: exit status 1: Device")
}

func TestLeftovers(t *testing.T) {
	if out := take().left(); len(out) > 0 {
		t.Fatalf("without having done anything: %q", out)
	}
	for what, leak := range map[string]func() (undo func()){
		"file descriptor of /dev/null": func() func() {
			file, err := os.Open(os.DevNull)
			if err != nil {
				t.Fatal(err)
			}
			return func() { file.Close() }
		},
		"thread in net:[": func() func() {
			entered, release := make(chan error), make(chan struct{})
			go onThread(func() {
				entered <- unix.Unshare(unix.CLONE_NEWNET)
				<-release
			})
			if err := <-entered; err != nil {
				t.Fatal(err)
			}
			return func() { close(release) }
		},
		"goroutine ": func() func() {
			release := make(chan struct{})
			go func() { <-release }()
			return func() { close(release) }
		},
		"child process ": func() func() {
			cmd := exec.Command("sh", "-c", "read line")
			stdin, err := cmd.StdinPipe()
			if err := errors.Join(err, cmd.Start()); err != nil {
				t.Fatal(err)
			}
			return func() { stdin.Close(); cmd.Wait() }
		},
		"named network namespace ": func() func() {
			path := filepath.Join(netNSDir, Name(t))
			if err := os.MkdirAll(netNSDir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0); err != nil {
				t.Fatal(err)
			}
			return func() { os.Remove(path) }
		},
	} {
		before := take()
		undo := leak()
		left := before.left()
		if !slices.ContainsFunc(left, func(l string) bool { return strings.HasPrefix(l, what) }) {
			t.Errorf("%s… is not among what was left: %q", what, left)
		}
		undo()
		if !eventually(func() bool { return len(before.left()) == 0 }) {
			t.Errorf("%s…: left after all was undone: %q", what, before.left())
		}
	}
}

func TestNames(t *testing.T) {
	if a, b := Name(t), Name(t); a == b || !strings.HasPrefix(a, namePrefix) {
		t.Errorf("names %q and %q", a, b)
	}
}

func TestWithoutPrivileges(t *testing.T) {
	had := denied
	t.Cleanup(func() { denied = had })
	denied = os.ErrPermission
	newNetNS := func(t testing.TB) { NetNS(t) }
	t.Setenv(kernelVariable, "")
	wantOutcome(t, play(t, newNetNS), "skipped: permission denied")
	t.Setenv(kernelVariable, "6.12")
	wantOutcome(t, play(t, newNetNS), "failed: on kernel 6.12 of the matrix nothing may be missing: permission denied")
	delete(skips.tests, "permission denied")
}

// eventually waits up to 5 seconds for a condition.
func eventually(met func() bool) bool {
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if met() {
			return true
		}
	}
	return false
}
