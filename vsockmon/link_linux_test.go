package vsockmon_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/vsockmon"
)

// header is the length of struct af_vsockmon_hdr (linux/vsockmon.h): the addresses of
// both ends, and the length of the transport's header, which comes next.
const header = 32

// TestMessage sends a message from one socket to another of this machine, and sees it
// on the link.
func TestMessage(t *testing.T) {
	testutil.Need(t, iplink.KindVsockmon)
	conn, ns := lab.Scratch(t)
	made := lab.MustCreate(t, conn, vsockmon.New("mon0").MTU(0x12345).Up())
	if l := ns.Link("mon0"); l["mtu"] != 74565. || l["link_type"] != "vsockmon" && l["link_type"] != "[826]" || made[0].Type != 826 {
		t.Errorf("ip: %v", l)
	}
	lab.Ensured(t, conn, vsockmon.New("mon0").MTU(0x12345).Up(), false)
	if out, err := exec.Command("modprobe", "vsock_loopback").CombinedOutput(); err != nil {
		t.Fatalf("modprobe vsock_loopback: %v\n%s", err, out)
	}
	tap := ns.Packets("mon0", unix.ETH_P_ALL)
	ns.In(func() { exchange(t) })
	for b := make([]byte, 1<<17); ; {
		n, err := unix.Read(tap, b)
		if err != nil {
			t.Fatalf("the message has not arrived: %v", err)
		}
		if n > header && bytes.HasSuffix(b[:n], []byte("to the lab")) {
			if from, to := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]); from != 1 || to != 1 || binary.LittleEndian.Uint32(b[20:]) != 0x1234 {
				t.Errorf("from %d to %d: % x", from, to, b[:header])
			}
			return
		}
	}
}

// exchange sends a message between two sockets of the machine.
func exchange(t *testing.T) {
	t.Helper()
	socket := func() int {
		fd, err := unix.Socket(unix.AF_VSOCK, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		testutil.Must(t, err)
		t.Cleanup(func() { unix.Close(fd) })
		return fd
	}
	server, client := socket(), socket()
	addr := &unix.SockaddrVM{CID: unix.VMADDR_CID_LOCAL, Port: 0x1234}
	testutil.Must(t, unix.Bind(server, addr))
	testutil.Must(t, unix.Listen(server, 1))
	testutil.Must(t, unix.Connect(client, addr))
	_, err := unix.Write(client, []byte("to the lab"))
	testutil.Must(t, err)
	fd, _, err := unix.Accept(server)
	testutil.Must(t, err)
	defer unix.Close(fd)
	b := make([]byte, 64)
	if n, err := unix.Read(fd, b); err != nil || string(b[:n]) != "to the lab" {
		t.Errorf("%q, error %v", b[:max(n, 0)], err)
	}
}

// TestFaults is about settings that a vsockmon cannot have.
func TestFaults(t *testing.T) {
	testutil.Need(t, iplink.KindVsockmon)
	conn, ns := lab.Scratch(t)
	ns.IP("link add mon0 type vsockmon")
	for want, spec := range map[string]*vsockmon.Builder{
		"update vsockmon mon0: mtu: invalid argument (31 is not in 32…2147483647)":    vsockmon.New("mon0").MTU(31),
		"update vsockmon mon0: address: invalid argument (a vsockmon has no address)": vsockmon.New("mon0").Address(lab.MAC),
	} {
		if _, err := conn.Update(t.Context(), spec); err == nil || err.Error() != want || !errors.Is(err, syscall.EINVAL) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	lab.Updated(t, conn, vsockmon.New("mon0").MTU(32))
	if out, err := ns.Run("ip", "link", "set", "mon0", "mtu", "31"); err == nil {
		t.Errorf("`ip` can: %s", out)
	}
}
