package lowpan_test

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/mdlayher/netlink"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/lowpan"
)

// Commands and attributes of the generic netlink family nl802154.
const (
	setPANID     = 10 // NL802154_CMD_SET_PAN_ID
	setShortAddr = 11 // NL802154_CMD_SET_SHORT_ADDR
	setNetNS     = 20 // NL802154_CMD_SET_WPAN_PHY_NETNS

	attrIndex     = 3  // NL802154_ATTR_IFINDEX
	attrPANID     = 9  // NL802154_ATTR_PAN_ID
	attrShortAddr = 10 // NL802154_ATTR_SHORT_ADDR
	attrNetNS     = 29 // NL802154_ATTR_NETNS_FD
)

// TestLink makes a lowpan on each of two simulated radios, which hear each other, and sends
// packets from one to the other.
func TestLink(t *testing.T) {
	if !testutil.Matrix() {
		testutil.Skipf(t, "needs a virtual machine: the simulated radios appear in the first namespace")
	}
	testutil.NeedModule(t, "mac802154_hwsim")
	left, near := lab.Scratch(t)
	right, far := lab.Scratch(t)
	take(near, "wpan0", 0x1234)
	take(far, "wpan1", 0x4321)
	readsRadio(t, left, near)

	made := lab.MustCreate(t, left, lowpan.New("lowpan0").Parent("wpan0").Alias("to the lab").Up())[0]
	lab.MustCreate(t, right, lowpan.New("lowpan0").Parent("wpan1").Up())
	l := near.Link("lowpan0")
	if made.Type != iplink.Hardware6LoWPAN || made.Kind != iplink.KindLowpan || made.MTU != 1280 || len(made.Address) != 8 || made.Err != nil {
		t.Errorf("%+v", made)
	}
	if l["link"] != "wpan0" || l["link_type"] != "6lowpan" || l["address"] != made.Address.String() || l["ifalias"] != "to the lab" ||
		lab.Within(l, "linkinfo", "info_kind") != "lowpan" || !near.Up("lowpan0") {
		t.Errorf("ip: %v", l)
	}
	lab.Ensured(t, left, lowpan.New("lowpan0").Parent("wpan0").Up(), false)
	faults(t, left)
	ping(t, near, far)
	testutil.Must(t, left.Delete(t.Context(), "lowpan0"))
	if names := near.Names(); !slices.Equal(names, []string{"lo", "wpan0"}) {
		t.Errorf("ip: %v", names)
	}
}

// take moves a radio from the first namespace to that of a lab, and makes it part of a
// network, as `iwpan` does.
func take(l *testutil.Lab, name string, short uint16) {
	l.Helper()
	home, err := os.Open("/proc/thread-self/ns/net")
	testutil.Must(l, err)
	defer home.Close()
	outside := &testutil.Lab{TB: l, File: home}
	request(outside, name, setNetNS, attrNetNS, binary.NativeEndian.AppendUint32(nil, uint32(l.File.Fd())))
	request(l, name, setPANID, attrPANID, binary.LittleEndian.AppendUint16(nil, 0xbeef))
	request(l, name, setShortAddr, attrShortAddr, binary.LittleEndian.AppendUint16(nil, short))
	l.IP("link", "set", "dev", name, "up")
}

// request sends a command about a radio with one attribute.
func request(l *testutil.Lab, name string, command uint8, typ uint16, value []byte) {
	l.Helper()
	var radio *net.Interface
	var err error
	l.In(func() { radio, err = net.InterfaceByName(name) })
	testutil.Must(l, err)
	attrs := netlink.NewAttributeEncoder()
	attrs.Uint32(attrIndex, uint32(radio.Index))
	attrs.Bytes(typ, value)
	b, err := attrs.Encode()
	testutil.Must(l, err)
	testutil.SendGeneric(l, "nl802154", command, b)
}

// readsRadio compares a link without a kind with the report of `ip`.
func readsRadio(t *testing.T, conn *iplink.Conn, ns *testutil.Lab) {
	t.Helper()
	radio, err := conn.Get(t.Context(), "wpan0")
	testutil.Must(t, err)
	l := ns.Link("wpan0")
	if l["link_type"] != radio.Type.String() || radio.Type != iplink.HardwareIEEE802154 || l["address"] != radio.Address.String() ||
		radio.Kind != "" || radio.Info != nil || radio.Err != nil || len(radio.Unknown) != 0 {
		t.Errorf("%+v\nip: %v", radio, l)
	}
}

// faults is about parents that can have no further lowpan.
func faults(t *testing.T, conn *iplink.Conn) {
	t.Helper()
	for parent, c := range map[string]struct {
		want string
		is   error
	}{
		"wpan0": {"create lowpan lowpan1: device or resource busy (the parent has a lowpan link already)", syscall.EBUSY},
		"lo": {"create lowpan lowpan1: invalid argument (the parent must be an IEEE 802.15.4 device, such as wpan0, in the namespace of the link)",
			syscall.EINVAL},
	} {
		if _, err := conn.Create(t.Context(), lowpan.New("lowpan1").Parent(parent)); err == nil || err.Error() != c.want || !errors.Is(err, c.is) {
			t.Errorf("on %s\ngot  %v\nwant %s", parent, err, c.want)
		}
	}
}

// ping sends packets to the link-local address of the other end.
func ping(t *testing.T, near, far *testutil.Lab) {
	t.Helper()
	testutil.Settle(t, near.File, "lowpan0")
	testutil.Settle(t, far.File, "lowpan0")
	to := ""
	for _, addr := range far.Addrs("lowpan0") {
		if strings.HasPrefix(addr, "fe80:") {
			to, _, _ = strings.Cut(addr, "/")
		}
	}
	var out string
	var err error
	for range 20 { // its address has to be verified first
		if out, err = near.Run("ping", "-6", "-c", "1", "-W", "1", to+"%lowpan0"); err == nil {
			return
		}
	}
	t.Errorf("ping %s: %v\n%s", to, err, out)
}
