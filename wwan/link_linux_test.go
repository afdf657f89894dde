package wwan_test

import (
	"errors"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/wwan"
)

// TestNoModem has the kernel look for a modem that is not there. A kernel that did not get
// its name would say EINVAL.
func TestNoModem(t *testing.T) {
	testutil.NeedModule(t, "wwan") // which the driver of a modem loads
	conn, ns := lab.Scratch(t)
	const want = "create wwan link0: no such device (there is no modem with the name of ParentDev: /sys/class/wwan has the names)"
	_, err := conn.Create(t.Context(), wwan.New("link0").ParentDev("wwan7").LinkID(3))
	if err == nil || err.Error() != want || !errors.Is(err, syscall.ENODEV) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if names := ns.Names(); len(names) != 1 {
		t.Errorf("ip: %v", names)
	}
}
