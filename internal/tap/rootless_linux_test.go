package tap_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/veth"
)

// TestRootless opens a tap as root of a user namespace, who may make the link but
// no device node.
func TestRootless(t *testing.T) {
	testutil.Need(t, iplink.KindMacvtap)
	if firstUserNS(t) {
		again(t)
		return
	}
	testutil.In(t, testutil.NetNS(t), func() {
		_, err := veth.New("eth0").Up().Create(t.Context())
		testutil.Must(t, err)
		_, err = macvtap.New("t0").Parent("eth0").Up().Create(t.Context())
		testutil.Must(t, err)
		mountOver(t, "tmpfs", "/dev", 0) // whose nodes this user may own outside
		_, err = macvtap.Open(t.Context(), "t0")
		const node, sysfs = "can be opened with CAP_MKNOD and CAP_SYS_ADMIN, which user namespaces do not give", "to mount that of the link's takes CAP_SYS_ADMIN"
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), node) && !strings.Contains(err.Error(), sysfs) {
			t.Errorf("error %v, want one that says what is missing", err)
		}
	})
}

// firstUserNS reports whether this is root outside of user namespaces.
func firstUserNS(t *testing.T) bool {
	t.Helper()
	b, err := os.ReadFile("/proc/self/uid_map")
	testutil.Must(t, err)
	return strings.Join(strings.Fields(string(b)), " ") == "0 0 4294967295" && os.Geteuid() == 0
}

// again runs the test once more, in a user namespace.
func again(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestRootless$", "-test.v")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: 0, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: 0, Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestRootless") {
		t.Errorf("in a user namespace: %v\n%s", err, out)
	}
}
