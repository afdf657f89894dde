package testutil

import (
	"errors"
	"strconv"
	"testing"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }

func TestNeed(t *testing.T) {
	t.Setenv(kernelVariable, "")
	need := func(kind string) string { return play(t, func(t testing.TB) { Need(t, kind) }) }
	wantOutcome(t, need("veth"), "")
	wantOutcome(t, need("nosuch"), "skipped: this kernel has no nosuch driver")
	t.Setenv(kernelVariable, "6.12")
	wantOutcome(t, need("veth"), "")
	wantOutcome(t, need("nosuch"), "failed: on kernel 6.12 of the matrix nothing may be missing: this kernel has no")
	delete(skips.tests, "this kernel has no nosuch driver")
}

// TestNeedAgrees compares with what `ip` is told, for kinds of which any
// kernel has some.
func TestNeedAgrees(t *testing.T) {
	for _, kind := range []string{"bridge", "dummy", "ifb", "nlmon", "team", "vcan", "veth"} {
		ns := NetNS(t)
		var has bool
		var err error
		In(t, ns, func() { has, err = HasKind(kind) })
		if err != nil {
			t.Fatal(err)
		}
		failed := play(t, func(t testing.TB) { IP(t, ns, "link", "add", "x0", "type", kind) })
		if has != (failed == "") {
			t.Errorf("%s: %v, but ip: %s", kind, has, failed)
		}
	}
}

func TestJudge(t *testing.T) {
	unknown := "Unknown device type"
	for _, c := range []struct {
		err        error
		has, fails bool
	}{
		{nil, true, false},
		{&netlink.OpError{Err: unix.EOPNOTSUPP, Message: unknown}, false, false},
		{&netlink.OpError{Err: unix.EOPNOTSUPP}, true, false}, // CAN
		{&netlink.OpError{Err: unix.EINVAL}, true, false},
		{&netlink.OpError{Err: unix.EPERM}, false, true},
		{errors.New("something else"), false, true},
	} {
		if has, err := judge(c.err); has != c.has || (err != nil) != c.fails {
			t.Errorf("judge(%v) = %v, %v", c.err, has, err)
		}
	}
}

func TestNeedKernel(t *testing.T) {
	t.Setenv(kernelVariable, "6.12") // An old kernel of the matrix is a reason all the same.
	wantOutcome(t, play(t, func(t testing.TB) { NeedKernel(t, 2, 6) }), "")
	wantOutcome(t, play(t, func(t testing.TB) { NeedKernel(t, 4660, 1) }), "skipped: needs Linux 4660.1, this is ")
	for reason := range skips.tests {
		if len(reason) > 15 && reason[:15] == "needs Linux 466" {
			delete(skips.tests, reason)
		}
	}
}

func TestOlderThan(t *testing.T) {
	for _, c := range []struct {
		release      string
		major, minor int
		older, fails bool
	}{
		{"6.12.0-1-amd64", 6, 12, false, false},
		{"6.12.0-1-amd64", 6, 13, true, false},
		{"6.2-rc1", 6, 12, true, false},
		{"7.0.1", 6, 12, false, false},
		{"6.12", 7, 0, true, false},
		{"linux", 6, 1, false, true},
	} {
		if older, err := olderThan(c.release, c.major, c.minor); older != c.older || (err != nil) != c.fails {
			t.Errorf("olderThan(%q, %d, %d) = %v, %v", c.release, c.major, c.minor, older, err)
		}
	}
}
