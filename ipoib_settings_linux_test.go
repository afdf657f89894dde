package iplink_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/ipoib"
)

// TestIPoIBSettings tries every setting on the fake InfiniBand device of the
// kernels of the matrix. Its link cannot leave the initial namespace for long,
// so that the links on it are made from elsewhere.
func TestIPoIBSettings(t *testing.T) {
	home := infiniband(t)
	subject[*ipoib.Builder]{
		kind: iplink.KindIPoIB,
		rows: iplink.KindRows(iplink.KindIPoIB),
		start: func(bool) (*ipoib.Builder, iplink.Spec) {
			i := ipoib.New(link).Parent("ib0").LinkNetNS(home)
			return i, i
		},
		finish:   []string{"link del dev " + link}, // which else comes home, in the way of the next
		settings: ipoibSettings,
	}.test(t)
}

// infiniband loads the fake device, which brings ib0, and returns the namespace
// where that is.
func infiniband(t *testing.T) *iplink.NetNS {
	t.Helper()
	if !testutil.Matrix() {
		testutil.Skipf(t, "needs the fake InfiniBand device of the kernels of the matrix")
	}
	if out, err := exec.Command("modprobe", "fakeib").CombinedOutput(); err != nil {
		if strings.Contains(string(out), "no such module") {
			testutil.Skipf(t, "this guest has no fakeib module: the host could not build it")
		}
		t.Fatalf("modprobe fakeib: %v\n%s", err, out)
	}
	home, err := iplink.CurrentNetNS()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { home.Close() })
	return home
}

var ipoibSettings = []setting[*ipoib.Builder]{
	set(uapi.IFLA_IPOIB_PKEY, (*ipoib.Builder).PKey, 0x9234, 0xa345, "Info.PKey", inData("key", "0x9234", "0xa345")),
	set(uapi.IFLA_IPOIB_PKEY, (*ipoib.Builder).PKey, 0x1234, 4, "Info.PKey", inData("key", "0x9234", "0x8004"),
		rawData([]byte{0x34, 0x92}, []byte{4, 0x80}, uapi.IFLA_IPOIB_PKEY)).reads(uint16(0x9234), uint16(0x8004)).variant("full membership"),
	set(uapi.IFLA_IPOIB_MODE, (*ipoib.Builder).Mode, ipoib.Connected, ipoib.Datagram, "Info.Mode", inData("mode", "connected", "datagram"),
		inLink("mtu", 65520, 4092)),
	set(uapi.IFLA_IPOIB_UMCAST, (*ipoib.Builder).UMCast, true, false, "Info.UMCast", inData("umcast", "0001", "0000")),
	extra("mtu", (*ipoib.Builder).MTU, 1281, 1300, "MTU", inLink("mtu", 1281, 1300)),
	extra("mtu", (*ipoib.Builder).MTU, 65000, 60000, "MTU", inLink("mtu", 65000, 60000)).
		needs(func(i *ipoib.Builder) { i.Mode(ipoib.Connected) }).variant("connected"),
}
