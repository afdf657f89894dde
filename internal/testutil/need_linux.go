package testutil

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/iplink-go/iplink/internal/vmtest/guest"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// kindsSince are the first releases of Linux with kinds that the oldest kernel of the matrix
// does not have: netkit is newer, and Debian builds hsr only since then.
var kindsSince = map[string][2]int{"netkit": {6, 7}, "hsr": {6, 12}, "ovpn": {6, 16}, "pfcp": {6, 10}}

// unasked are the kinds whose modules the kernel does not load for a request for a link: it
// loads tun when /dev/net/tun is opened, which a guest does not have before, and ovpn for its
// generic netlink family.
var unasked = map[string]func() error{"ovpn": modprobe("ovpn"), "tun": modprobe("tun")}

func modprobe(module string) func() error {
	return sync.OnceValue(func() error { return exec.Command("modprobe", module).Run() })
}

// builtKinds are kinds whose driver no Debian kernel has. The host of a guest builds it
// for the newest kernel, as a module with the name of the kind, if it has a compiler.
var builtKinds = []string{"amt", "bareudp", "pfcp", "rmnet"}

// NeedKind skips the test on a kernel that is older than the given kind, and in a guest
// whose host did not build its driver. It loads a driver that the kernel does not load for a
// request.
func NeedKind(t testing.TB, kind string) {
	t.Helper()
	if since, ok := kindsSince[kind]; ok {
		NeedKernel(t, since[0], since[1])
	}
	if load := unasked[kind]; load != nil && Matrix() {
		Must(t, load())
	}
	if !Matrix() || !slices.Contains(builtKinds, kind) {
		return
	}
	if out, err := exec.Command("modprobe", kind).CombinedOutput(); err != nil && strings.Contains(string(out), "no such module") {
		Skipf(t, "the host has not built the %s module for this guest", kind)
	}
}

// Need skips the test if the kernel has no driver for links of the given kind, in
// the kernel's name for it. On a kernel of the matrix, named by
// $IPLINK_VMTEST_KERNEL, that is not older than the kind, the test fails instead.
func Need(t testing.TB, kind string) {
	t.Helper()
	NeedKind(t, kind)
	ns := NetNS(t)
	defer ns.Close()
	var has bool
	var err error
	In(t, ns, func() { has, err = HasKind(kind) })
	if err != nil {
		t.Fatalf("does the kernel have %s: %v", kind, err)
	}
	if !has {
		missing(t, "this kernel has no %s driver", kind)
	}
}

// NeedModule loads a module that the kernel does not load by itself, and skips the test
// without it. On a kernel of the matrix the test fails instead.
func NeedModule(t testing.TB, name string) {
	t.Helper()
	if out, err := exec.Command("modprobe", name).CombinedOutput(); err != nil {
		missing(t, "modprobe %s: %v %s", name, err, bytes.TrimSpace(out))
	}
}

// missing is Skipf, but on a kernel of the matrix the test fails.
func missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if kernel := os.Getenv(kernelVariable); kernel != "" {
		t.Fatalf("on kernel %s of the matrix nothing may be missing: %s", kernel, fmt.Sprintf(format, args...))
	}
	Skipf(t, format, args...)
}

// HasKind reports whether the kernel has a driver for links of the given kind. It
// needs the privilege to create a link in the namespace of the calling thread, which
// should be a scratch namespace: it requests a link with no settings besides the
// kind. Nearly always the kernel rejects the request for lack of settings, but only
// a kernel that does not know the kind reports that.
func HasKind(kind string) (bool, error) {
	conn, err := netlink.Dial(unix.NETLINK_ROUTE, nil)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	if err := conn.SetOption(netlink.ExtendedAcknowledge, true); err != nil {
		return false, err
	}
	attrs := netlink.NewAttributeEncoder()
	attrs.Nested(unix.IFLA_LINKINFO, func(info *netlink.AttributeEncoder) error {
		info.String(unix.IFLA_INFO_KIND, kind)
		return nil
	})
	data, err := attrs.Encode()
	if err != nil {
		return false, err
	}
	_, err = conn.Execute(netlink.Message{
		Header: netlink.Header{
			Type:  unix.RTM_NEWLINK,
			Flags: netlink.Request | netlink.Acknowledge | netlink.Create | netlink.Excl,
		},
		Data: append(make([]byte, unix.SizeofIfInfomsg), data...),
	})
	return judge(err)
}

// judge distinguishes an unknown kind from a request that a driver rejected. For CAN
// controllers, which cannot be created, the error is EOPNOTSUPP, too, but without
// the text.
func judge(err error) (bool, error) {
	refused, ok := errors.AsType[*netlink.OpError](err)
	switch {
	case err == nil:
		return true, nil
	case !ok || errors.Is(err, unix.EPERM):
		return false, err
	}
	return !errors.Is(err, unix.EOPNOTSUPP) || refused.Message != "Unknown device type", nil
}

// NeedKernel skips the test on a kernel that is older than major.minor.
func NeedKernel(t testing.TB, major, minor int) {
	t.Helper()
	if Older(t, major, minor) {
		Skipf(t, "needs Linux %d.%d, this is %s", major, minor, release(t))
	}
}

// Older reports whether the kernel is older than major.minor.
func Older(t testing.TB, major, minor int) bool {
	t.Helper()
	older, err := olderThan(release(t), major, minor)
	if err != nil {
		t.Fatal(err)
	}
	return older
}

func release(t testing.TB) string {
	t.Helper()
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		t.Fatal(err)
	}
	return unix.ByteSliceToString(name.Release[:])
}

func olderThan(release string, major, minor int) (bool, error) {
	var x, y int
	if _, err := fmt.Sscanf(release, "%d.%d", &x, &y); err != nil {
		return false, fmt.Errorf("release %q: %w", release, err)
	}
	return x < major || x == major && y < minor, nil
}

// ExpectKernelWarnings lets the kernel of a guest warn in these functions until the
// test ends. It is for tests of a fault of a kernel: the guest fails on any other
// warning.
func ExpectKernelWarnings(t testing.TB, functions ...string) {
	t.Helper()
	if !Matrix() {
		return
	}
	write := func(prefix string) {
		for _, in := range functions {
			if err := os.WriteFile("/dev/kmsg", []byte(prefix+in), 0); err != nil {
				t.Error(err)
			}
		}
	}
	write(guest.WarningExpected)
	t.Cleanup(func() { write(guest.WarningOver) })
}
