package kerneltest_test

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// TestHardwareTypes gives a tun link each type that has a word, and reads it by the library
// and by `ip`, which prints a type that it does not know as a number.
func TestHardwareTypes(t *testing.T) {
	const tunSetLink = 0x400454cd // TUNSETLINK
	l := testutil.NewLab(t)
	tun := testutil.OpenedBy(l, func() (*os.File, error) { return newTun("tun0") })
	conn := testutil.OpenedBy(l, func() (*iplink.Conn, error) { return iplink.Dial() })
	for typ := range 1 << 16 {
		word := iplink.HardwareType(typ).String()
		if word == fmt.Sprint(typ) {
			continue
		}
		testutil.Must(t, unix.IoctlSetInt(int(tun.Fd()), tunSetLink, typ))
		link, err := conn.Get(t.Context(), "tun0")
		testutil.Must(t, err)
		if got := l.Link("tun0")["link_type"]; link.Type != iplink.HardwareType(typ) || got != word && got != fmt.Sprintf("[%d]", typ) {
			t.Errorf("%d is read as %d, %q; `ip` says %q", typ, link.Type, word, got)
		}
	}
}

// newTun opens a new tun link.
func newTun(name string) (*os.File, error) {
	file, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	req, err := unix.NewIfreq(name)
	if err != nil {
		return nil, err
	}
	req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	return file, unix.IoctlIfreq(int(file.Fd()), unix.TUNSETIFF, req)
}
