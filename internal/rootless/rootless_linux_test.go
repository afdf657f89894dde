package rootless

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// role is the environment variable that makes this test program play a program
// that uses the package.
const role = "ROOTLESS_TEST_ROLE"

func TestMain(m *testing.M) {
	if part, ok := os.LookupEnv(role); ok {
		os.Exit(play(part))
	}
	os.Exit(m.Run())
}

// state is what a program finds once Reexec has returned false.
type state struct {
	UID            int
	Args           []string
	Marker, Stdin  string
	User, Net, Mnt string // the namespaces
	LoopbackUp     bool
	CanMakeNames   bool
	Tmpfs          string // where the latest is mounted
}

func play(part string) int {
	if part == "main" {
		Main()
		return 5
	}
	reexecuted, code, err := Reexec()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	if reexecuted {
		return code
	}
	switch part {
	case "report":
		return report()
	case "nested": // Privileged now, it starts another one, which is to stay where it is.
		return runSelf("report")
	case "bare":
		unix.Mount("tmpfs", "/run", "tmpfs", 0, "")
		dropBoundingSet()
		return runSelf("report")
	case "deeper": // Where the directory exists, nothing else of /run is hidden.
		os.Mkdir(netNSDir, 0o755)
		dropBoundingSet()
		return runSelf("report")
	case "limited": // It forbids itself what the other one, without privileges, will need.
		os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0)
		dropBoundingSet()
		return runSelf("report")
	case "killed":
		unix.Kill(os.Getpid(), unix.SIGKILL)
	case "wait":
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, unix.SIGTERM)
		fmt.Println(os.Getpid())
		<-signals
		return 9
	}
	return 4
}

func report() int {
	stdin, _ := io.ReadAll(os.Stdin)
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		return 6
	}
	made := os.MkdirAll(netNSDir+"/rootless-test", 0o700) == nil
	json.NewEncoder(os.Stdout).Encode(state{
		UID: os.Getuid(), Args: os.Args[1:], Marker: os.Getenv(marker), Stdin: string(stdin),
		User: namespace("user"), Net: namespace("net"), Mnt: namespace("mnt"),
		LoopbackUp: lo.Flags&net.FlagUp != 0, CanMakeNames: made, Tmpfs: lastTmpfs(),
	})
	return 7
}

func lastTmpfs() (target string) {
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, " - tmpfs ") {
			target = strings.Fields(line)[4]
		}
	}
	return target
}

func namespace(kind string) string {
	link, err := os.Readlink("/proc/self/ns/" + kind)
	if err != nil {
		panic(err)
	}
	return link
}

func runSelf(part string) int {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), role+"="+part)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Run()
	return cmd.ProcessState.ExitCode()
}

// dropBoundingSet leaves the processes that the thread starts without any
// capability, even if they are root's. Only CAP_SETFCAP stays: without it the
// kernel lets nobody map user 0.
func dropBoundingSet() {
	runtime.LockOSThread()
	for capability := range 64 {
		if capability != unix.CAP_SETFCAP {
			unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(capability), 0, 0, 0)
		}
	}
}

func program(t *testing.T, part string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), role+"="+part)
	cmd.Stderr = t.Output()
	return cmd
}

// startUnprivileged starts cmd without capabilities, on a thread that is then
// thrown away.
func startUnprivileged(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	started := make(chan error)
	go func() {
		dropBoundingSet()
		started <- cmd.Start()
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
}

// finish waits for cmd and returns its exit code.
func finish(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	timer := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer timer.Stop()
	cmd.Wait()
	return cmd.ProcessState.ExitCode()
}

// runReport runs a program that ends in report.
func runReport(t *testing.T, cmd *exec.Cmd) state {
	t.Helper()
	var out strings.Builder
	cmd.Stdout = &out
	startUnprivileged(t, cmd)
	if code := finish(t, cmd); code != 7 {
		t.Fatalf("exit code %d, want 7", code)
	}
	var s state
	if err := json.Unmarshal([]byte(out.String()), &s); err != nil {
		t.Fatalf("%v in %q", err, &out)
	}
	return s
}

func TestReexecGivesPrivileges(t *testing.T) {
	needUserNamespaces(t)
	cmd := program(t, "report", "one", "two words")
	cmd.Stdin = strings.NewReader("some input")
	s := runReport(t, cmd)
	if s.UID != 0 || !s.LoopbackUp || !s.CanMakeNames || s.Marker != "" || s.Stdin != "some input" {
		t.Errorf("in the new program: %+v", s)
	}
	if !slices.Equal(s.Args, []string{"one", "two words"}) {
		t.Errorf("arguments %q", s.Args)
	}
	if s.User == namespace("user") || s.Net == namespace("net") || s.Mnt == namespace("mnt") {
		t.Errorf("not all namespaces are new: %+v", s)
	}
	if _, err := os.Stat(netNSDir + "/rootless-test"); err == nil {
		t.Error("the new program's files are seen outside")
	}
}

func TestWhatIsHidden(t *testing.T) {
	needUserNamespaces(t)
	for part, want := range map[string]string{"deeper": netNSDir, "bare": "/run"} {
		if s := runReport(t, program(t, part)); s.Tmpfs != want || !s.CanMakeNames {
			t.Errorf("%s: %+v, want %s hidden", part, s, want)
		}
	}
}

func TestPrivilegedProgramStays(t *testing.T) {
	needUserNamespaces(t)
	outer := runReport(t, program(t, "nested"))
	if outer.UID != 0 || !outer.CanMakeNames {
		t.Errorf("in the nested program: %+v", outer)
	}
	if !privileged() {
		t.Log("this process is not privileged itself")
		return
	}
	if reexecuted, code, err := Reexec(); reexecuted || code != 0 || err != nil {
		t.Errorf("Reexec in a privileged process: %v, %d, %v", reexecuted, code, err)
	}
}

func TestCapabilitiesWithoutNamespacesDoNotCount(t *testing.T) {
	needUserNamespaces(t)
	cmd := program(t, "report")
	cmd.SysProcAttr = command().SysProcAttr
	cmd.SysProcAttr.Cloneflags = unix.CLONE_NEWUSER
	cmd.SysProcAttr.Pdeathsig = 0
	if s := runReport(t, cmd); s.Net == namespace("net") || !s.LoopbackUp {
		t.Errorf("root of a user namespace that owns no network namespace: %+v", s)
	}
}

func TestStaleMarkerIsIgnored(t *testing.T) {
	needUserNamespaces(t)
	for _, stale := range []string{"1", "yes", strconv.Itoa(1 << 22)} {
		cmd := program(t, "report")
		cmd.Env = append(cmd.Env, marker+"="+stale)
		if s := runReport(t, cmd); s.UID != 0 || s.Marker != "" {
			t.Errorf("%s=%s: %+v", marker, stale, s)
		}
	}
}

func TestNoPrivilegeAfterAllIsNoLoop(t *testing.T) {
	cmd := program(t, "report")
	cmd.Env = append(cmd.Env, marker+"="+strconv.Itoa(os.Getpid()))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	startUnprivileged(t, cmd)
	if code := finish(t, cmd); code != 3 || !strings.Contains(stderr.String(), "user namespace") {
		t.Errorf("exit code %d, said %q", code, &stderr)
	}
}

func TestExitCodes(t *testing.T) {
	needUserNamespaces(t)
	for part, want := range map[string]int{"main": 5, "report": 7, "killed": 128 + 9} {
		cmd := program(t, part)
		startUnprivileged(t, cmd)
		if got := finish(t, cmd); got != want {
			t.Errorf("%s: exit code %d, want %d", part, got, want)
		}
	}
}

func TestForbiddenUserNamespaces(t *testing.T) {
	needUserNamespaces(t)
	cmd := program(t, "limited")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	startUnprivileged(t, cmd)
	code := finish(t, cmd)
	const want = "user.max_user_namespaces is 0, allow it with `sysctl -w user.max_user_namespaces=15000`"
	if code != 3 || !strings.Contains(stderr.String(), want) {
		t.Errorf("exit code %d, said %q, want %q", code, &stderr, want)
	}
}

func TestSignalIsPassedOn(t *testing.T) {
	needUserNamespaces(t)
	cmd, _ := startWaiting(t)
	cmd.Process.Signal(unix.SIGTERM)
	if code := finish(t, cmd); code != 9 {
		t.Errorf("exit code %d, want 9", code)
	}
}

func TestProgramDiesWithItsParent(t *testing.T) {
	needUserNamespaces(t)
	cmd, pid := startWaiting(t)
	cmd.Process.Kill()
	finish(t, cmd)
	for deadline := time.Now().Add(10 * time.Second); alive(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d still runs", pid)
		}
	}
}

// alive counts a process that waits for its reaper as dead.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

// startWaiting returns the program and the process id of the one that it has
// started again, which now waits for SIGTERM.
func startWaiting(t *testing.T) (cmd *exec.Cmd, pid int) {
	cmd = program(t, "wait")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	startUnprivileged(t, cmd)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if pid, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
		t.Fatal(err)
	}
	if pid == cmd.Process.Pid {
		t.Fatalf("process %d was not started again", pid)
	}
	return cmd, pid
}

func needUserNamespaces(t *testing.T) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", "-test.run=^$")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: command().SysProcAttr.Cloneflags}
	if err := cmd.Run(); err != nil {
		t.Skip(explain(err, os.DirFS("/")))
	}
}
