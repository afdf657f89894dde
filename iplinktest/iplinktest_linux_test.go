package iplinktest_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/iplinktest"
)

// forbid is the environment variable that makes this program, which by then is
// root of a user namespace, forbid further ones and start itself again.
const forbid = "IPLINKTEST_FORBID"

func TestMain(m *testing.M) {
	if args, ok := os.LookupEnv(forbid); ok {
		os.Unsetenv(forbid)
		os.Exit(runForbidden(args))
	}
	os.Exit(testutil.Main(m))
}

func runForbidden(args string) int {
	if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
		return 99
	}
	dropBoundingSet()
	cmd := exec.Command("/proc/self/exe", strings.Fields(args)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Run()
	return cmd.ProcessState.ExitCode()
}

// dropBoundingSet leaves the processes that the thread starts without any
// capability. Only CAP_SETFCAP stays: without it the kernel lets nobody map
// user 0.
func dropBoundingSet() {
	runtime.LockOSThread()
	for capability := range 64 {
		if capability != unix.CAP_SETFCAP {
			unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(capability), 0, 0, 0)
		}
	}
}

// unprivileged runs this program without capabilities, on a thread that is then
// thrown away, and returns what it prints.
func unprivileged(t *testing.T, env ...string) string {
	t.Helper()
	needUserNamespaces(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out []byte
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		dropBoundingSet()
		cmd := exec.CommandContext(ctx, "/proc/self/exe", "-test.run=^TestNetNS$", "-test.v")
		cmd.Env = append(os.Environ(), env...)
		out, err = cmd.CombinedOutput()
	}()
	if <-done; err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func needUserNamespaces(t *testing.T) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", "-test.run=^$")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWNS}
	if err := cmd.Run(); err != nil {
		testutil.Skipf(t, "this system forbids user namespaces: %v", err)
	}
}

func TestNetNS(t *testing.T) {
	outside, err := iplink.CurrentNetNS()
	if err != nil {
		t.Fatal(err)
	}
	defer outside.Close()
	a, b := iplinktest.NetNS(t), iplinktest.NetNS(t)
	if a.Equal(b) || a.Equal(outside) {
		t.Errorf("namespaces %v and %v, outside %v", a, b, outside)
	}
	err = a.Do(func() error {
		links, err := net.Interfaces()
		if len(links) != 1 || links[0].Name != "lo" || links[0].Flags&net.FlagUp == 0 {
			t.Errorf("links %v", links)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestClosedAtTheEnd(t *testing.T) {
	var ns *iplink.NetNS
	var conn *iplink.Conn
	t.Run("user", func(t *testing.T) {
		ns = iplinktest.NetNS(t)
		conn = iplinktest.Dial(t, ns)
		if _, err := conn.Create(t.Context(), bridge.New("br7")); err != nil {
			t.Fatal(err)
		}
	})
	if ns == nil {
		testutil.Skipf(t, "no namespace: see the subtest")
	}
	if err := ns.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("namespace: %v", err)
	}
	if link, err := conn.Get(t.Context(), "br7"); err == nil {
		t.Errorf("the Conn still finds %v", link)
	}
}

func TestWithoutPrivilege(t *testing.T) {
	if out := unprivileged(t); !strings.Contains(out, "--- PASS: TestNetNS") {
		t.Error(out)
	}
}

func TestForbidden(t *testing.T) {
	out := unprivileged(t, forbid+"=-test.run=^TestNetNS$ -test.v")
	if !strings.Contains(out, "--- SKIP: TestNetNS") || !strings.Contains(out, "user.max_user_namespaces is 0, allow it with") {
		t.Error(out)
	}
}
