package kerneltest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

func TestDoReturnsTheError(t *testing.T) {
	ns, want := lab.UnnamedNetNS(t), errors.New("a certain error")
	if err := ns.Do(func() error { return want }); err != want {
		t.Errorf("%v, want %v", err, want)
	}
}

func TestDoNests(t *testing.T) {
	outer, inner := lab.UnnamedNetNS(t), lab.UnnamedNetNS(t)
	err := outer.Do(func() error {
		before := netNSOf(t, "/proc/thread-self/ns/net")
		within := inside(t, inner)
		after := netNSOf(t, "/proc/thread-self/ns/net")
		if before != outer.String() || within != inner.String() || after != before {
			t.Errorf("in %s, within that %s, back in %s", before, within, after)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestDoChangesNothingElse(t *testing.T) {
	ns := lab.UnnamedNetNS(t)
	for _, kind := range []string{"user", "mnt", "pid", "uts", "ipc"} {
		err := ns.Do(func() error {
			if in, out := netNSOf(t, "/proc/thread-self/ns/"+kind), netNSOf(t, "/proc/self/ns/"+kind); in != out {
				t.Errorf("in %s, was in %s", in, out)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestDoPassesOnAPanic(t *testing.T) {
	ns, want := lab.UnnamedNetNS(t), new(int)
	defer threadsAreHome(t)
	defer func() {
		if got := recover(); got != want {
			t.Errorf("panic with %v, want %p", got, want)
		}
	}()
	ns.Do(func() error { panic(want) })
	t.Error("Do has returned")
}

func TestDoPassesOnGoexit(t *testing.T) {
	ns := lab.UnnamedNetNS(t)
	returned := false
	var wg sync.WaitGroup
	wg.Go(func() {
		ns.Do(func() error { runtime.Goexit(); return nil })
		returned = true
	})
	wg.Wait()
	if returned {
		t.Error("Do has returned")
	}
	threadsAreHome(t)
}

// TestDoThrowsAwayWhatCannotReturn takes from the thread what it needs for the
// way back.
func TestDoThrowsAwayWhatCannotReturn(t *testing.T) {
	ns := lab.UnnamedNetNS(t)
	tid := 0
	err := ns.Do(func() error {
		tid = unix.Gettid()
		testutil.DropCapabilities(t)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	task := fmt.Sprintf("/proc/self/task/%d", tid)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(task); err != nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("thread %d is still there", tid)
		}
	}
	threadsAreHome(t)
}

// threadsAreHome checks that every thread is in the namespace of the first. A
// thread that was thrown away may take a moment to end.
func threadsAreHome(t testing.TB) (threads int) {
	t.Helper()
	home := netNSOf(t, "/proc/self/ns/net")
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		var strays []string
		tasks, _ := filepath.Glob("/proc/self/task/*/ns/net")
		for _, task := range tasks {
			if target, err := os.Readlink(task); err == nil && target != home {
				strays = append(strays, task+" in "+target)
			}
		}
		if len(strays) == 0 {
			return len(tasks)
		}
		if time.Now().After(deadline) {
			t.Errorf("threads outside %s: %q", home, strays)
			return len(tasks)
		}
	}
}

// calls is how many calls of Do are under way at once in TestDoStorm, each
// with a thread.
const calls = 300

// TestDoStorm has all calls inside at the same moment, so that every thread of
// the process is asked for, also the first; then all end, in four ways.
func TestDoStorm(t *testing.T) {
	spaces := []*iplink.NetNS{lab.UnnamedNetNS(t), lab.UnnamedNetNS(t), lab.UnnamedNetNS(t)}
	fds, goroutines := openFiles(t), runtime.NumGoroutine()
	var most int
	for range 3 {
		storm(t, spaces)
		most = max(most, threadsAreHome(t))
	}
	if most > 2*calls {
		t.Errorf("%d threads after %d calls at a time", most, calls)
	}
	if now := openFiles(t); now > fds {
		t.Errorf("%d open files, were %d", now, fds)
	}
	if now := runtime.NumGoroutine(); now > goroutines {
		t.Errorf("%d goroutines, were %d", now, goroutines)
	}
}

func storm(t *testing.T, spaces []*iplink.NetNS) {
	var all, done sync.WaitGroup
	all.Add(calls)
	for i := range calls {
		done.Go(func() {
			ns := spaces[i%len(spaces)]
			defer func() { recover() }()
			err := ns.Do(func() error {
				all.Done()
				all.Wait()
				return inAndOut(t, ns, i)
			})
			if i%4 != 1 && i%4 != 0 || (err != nil) != (i%4 == 1) {
				t.Errorf("call %d returned %v", i, err)
			}
		})
	}
	done.Wait()
}

func inAndOut(t *testing.T, ns *iplink.NetNS, i int) error {
	if unix.Gettid() == os.Getpid() {
		t.Error("Do uses the first thread")
	}
	if in := netNSOf(t, "/proc/thread-self/ns/net"); in != ns.String() {
		t.Errorf("in %s, want %s", in, ns)
	}
	switch i % 4 {
	case 1:
		return errors.New("failed")
	case 2:
		panic(i)
	case 3:
		if i%3 == 0 {
			testutil.DropCapabilities(t)
		}
		runtime.Goexit()
	}
	return nil
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func TestCommand(t *testing.T) {
	ns := lab.UnnamedNetNS(t)
	show := func() *iplink.Cmd { return ns.Command(t.Context(), "ip", "-o", "link", "show", "lo") }
	const want = "mtu 4660"
	if err := ns.Command(t.Context(), "ip", "link", "set", "lo", "mtu", "4660").Run(); err != nil {
		t.Fatal(err)
	}
	if out, err := show().Output(); err != nil || !strings.Contains(string(out), want) {
		t.Errorf("Output: %q, %v, want %q", out, err, want)
	}
	if out, err := show().CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
		t.Errorf("CombinedOutput: %q, %v, want %q", out, err, want)
	}
	var out strings.Builder
	run := show()
	run.Stdout = &out
	if err := run.Run(); err != nil || !strings.Contains(out.String(), want) {
		t.Errorf("Run: %q, %v, want %q", &out, err, want)
	}
	if here := ip(t, "-o", "link", "show", "lo"); strings.Contains(here, want) {
		t.Errorf("it was this namespace's: %s", here)
	}
	threadsAreHome(t)
}

func TestCommandErrors(t *testing.T) {
	ns := lab.UnnamedNetNS(t)
	_, err := ns.Command(t.Context(), "sh", "-c", "echo trouble >&2; exit 17").Output()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != 17 || string(exit.Stderr) != "trouble\n" {
		t.Errorf("Output of what fails: %#v", err)
	}
	if err := ns.Command(t.Context(), "no-such-program").Run(); !errors.Is(err, exec.ErrNotFound) {
		t.Error(err)
	}
}

func TestCommandEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := lab.UnnamedNetNS(t).Command(ctx, "sh", "-c", "read line")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := cmd.Wait(); err == nil || cmd.ProcessState.String() != "signal: killed" {
		t.Errorf("%v, %v", cmd.ProcessState, err)
	}
}
