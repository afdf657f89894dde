package kerneltest_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/vcan"
	"github.com/iplink-go/iplink/vxcan"
)

// TestVirtualCAN makes links whose MTU the kernel does not look at.
func TestVirtualCAN(t *testing.T) {
	testutil.Need(t, iplink.KindVCAN)
	testutil.Need(t, iplink.KindVXCAN)
	ns, far := testutil.NetNS(t), testutil.NetNS(t)
	farNS, err := iplink.NetNSAtPath(fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), far.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer farNS.Close()
	lab.MustDo(t, ns, (*iplink.Conn).Create, vcan.New("v1").MTU(16).Up(),
		vxcan.New("x1").MTU(72).Up().Peer(vxcan.New("x2").MTU(16).NetNS(farNS).Up()))
	for _, c := range []struct {
		ns   *os.File
		name string
		kind string
		mtu  int
	}{{ns, "v1", "vcan", 16}, {ns, "x1", "vxcan", 72}, {far, "x2", "vxcan", 16}} {
		j := testutil.LinkJSON(t, c.ns, c.name)
		if !lab.SameJSON(j["mtu"], c.mtu) || lab.Within(j, "linkinfo", "info_kind") != c.kind || !strings.Contains(fmt.Sprint(j["flags"]), "UP") {
			t.Errorf("%s is %v", c.name, j)
		}
	}
	_, err = lab.InNetNS(t, ns, func(conn *iplink.Conn) ([]*iplink.Link, error) {
		return conn.Update(t.Context(), vcan.New("v1").MTU(72))
	})
	const want = "update vcan v1: mtu: invalid argument (changes only while the link is down: DownFirst takes it down before)"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	lab.MustDo(t, ns, (*iplink.Conn).Update, vcan.New("v1").MTU(72).DownFirst())
	if got := testutil.LinkJSON(t, ns, "v1")["mtu"]; !lab.SameJSON(got, 72) {
		t.Errorf("mtu %v, want 72", got)
	}
	carries(t, ns, "x1", far, "x2")
}

// carries sends a frame into one link, and waits for it at another.
func carries(t *testing.T, ns *os.File, in string, far *os.File, out string) {
	t.Helper()
	from, to := canSocket(t, ns, in), canSocket(t, far, out)
	frame := []byte{0x23, 0x01, 0, 0, 4, 0, 0, 0, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0}
	if _, err := unix.Write(from, frame); err != nil {
		t.Fatalf("sending into %s: %v", in, err)
	}
	got := make([]byte, 72)
	n, err := unix.Read(to, got)
	if err != nil || !slices.Equal(got[:n], frame) {
		t.Errorf("at %s came % x, %v; want % x", out, got[:max(n, 0)], err, frame)
	}
}

// canSocket opens a socket for raw CAN frames, which gives up after a while.
func canSocket(t *testing.T, ns *os.File, name string) int {
	t.Helper()
	var fd int
	var err error
	index := int(testutil.LinkJSON(t, ns, name)["ifindex"].(float64))
	testutil.In(t, ns, func() {
		if fd, err = unix.Socket(unix.AF_CAN, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.CAN_RAW); err == nil {
			err = unix.Bind(fd, &unix.SockaddrCAN{Ifindex: index})
		}
	})
	if err != nil {
		t.Fatalf("CAN socket on %s: %v", name, err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 5}); err != nil {
		t.Fatal(err)
	}
	return fd
}
