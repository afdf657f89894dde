package iplink_test

import (
	"errors"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/dsa"
	"github.com/iplink-go/iplink/lowpan"
	"github.com/iplink-go/iplink/ppp"
	"github.com/iplink-go/iplink/virtwifi"
	"github.com/iplink-go/iplink/vxlan"
	"github.com/iplink-go/iplink/wwan"
)

// kernelsForeign is the part of docs/kernels.md about links that are read alone.
const kernelsForeign = `
## Links that other interfaces make

These links come about by other interfaces of the kernel than route netlink. ` + "`Get`, `List`" + ` and
` + "`Watch`" + ` read them like all others; ` + "`Device`" + ` changes the settings that every link has. A
link without a kind has an empty ` + "`Link.Kind`" + `. Attributes that the library does not know are in
` + "`Link.Unknown`" + `.

| link | kind | hardware type | comes about by | test |
|---|---|---|---|---|
| port of a switch, DSA | ` + "`dsa`" + ` | ether | the driver of the switch; package dsa changes it | ` + "`TestDSADecoding`" + ` |
| CAN controller | ` + "`can`" + ` | can | its driver, or ` + "`slcand`" + ` on a serial line; package can changes it | ` + "`TestGet`" + ` in can |
| PPP over serial lines, PPPoE, L2TP | ` + "`ppp`" + ` | ppp | ` + "`pppd`" + `, by ioctl on /dev/ppp; package ppp makes it as well | ` + "`TestLink`" + ` in ppp |
| port of Open vSwitch | ` + "`openvswitch`" + ` | ether | ` + "`ovs-vsctl add-port`" + `, by generic netlink (ovs_datapath, ovs_vport) | ` + "`TestOpenVSwitch`" + ` |
| simulated device | ` + "`netdevsim`" + ` | ether | ` + "`/sys/bus/netdevsim/new_device`" + ` | |
| L2TP session | none | ether | ` + "`ip l2tp add session`" + `, by generic netlink (l2tp) | ` + "`TestL2TP`" + ` |
| wireless interface | none | ether | its driver, or ` + "`iw phy interface add`" + `, by generic netlink (nl80211) | ` + "`TestWireless`" + ` |
| wireless monitor | none | ieee802.11/radiotap | the same | ` + "`TestWireless`" + ` |
| IEEE 802.15.4 radio | none | ieee802.15.4 | its driver, or ` + "`iwpan phy interface add`" + `, by generic netlink (nl802154) | ` + "`TestLink`" + ` in lowpan |
| IP on a serial line, SLIP | none | slip | ` + "`slattach`" + `, by ioctl on the terminal (N_SLIP) | |
| virtual function | none | ether | ` + "`/sys/class/net/NAME/device/sriov_numvfs`" + ` | |
| subfunction of a device | none | ether | ` + "`devlink port add`" + `, by generic netlink (devlink) | |
| multicast router's register | none | pimreg | a routing program, by socket option (MRT_ADD_VIF) | |
`

func TestDSADecoding(t *testing.T) {
	l := decoded(t, "20001200 0800010064736100 14000200 08000100 34120000 08000200 78563412")
	if info, ok := dsa.Info(l); !ok || info.Conduit != 0x1234 || len(l.Unknown) != 1 || l.Unknown[0].Type != 2 {
		t.Errorf("%+v, unknown %v", l.Info, l.Unknown)
	}
}

func TestWWANDecoding(t *testing.T) {
	l := decoded(t, "1c001200 090001007777616e00000000 0c000200 08000100 78563412 0a0038007777616e37000000")
	if info, ok := wwan.Info(l); !ok || info.LinkID != 0x12345678 || l.Hardware.ParentDev != "wwan7" {
		t.Errorf("%+v of %q", l.Info, l.Hardware.ParentDev)
	}
	if p := iplink.PlanUpdate(t.Context(), wwan.New("a").LinkID(7), l); len(p.Differences) != 1 || !p.Differences[0].Immutable {
		t.Errorf("a change of the session is %v", p.Differences)
	}
}

// TestForeignRefusals is about links that need something else than a request.
func TestForeignRefusals(t *testing.T) {
	for _, r := range []badSpec{
		{spec: wwan.New("a").LinkID(3), message: "parentdev: a wwan link is a session of a modem, such as wwan0: name it with ParentDev"},
		{spec: wwan.New("a").ParentDev("wwan0"), message: "linkid: there is no default for it"},
		{spec: wwan.New("a").ParentDev("wwan0\x00").LinkID(3), message: "parentdev: a NUL byte cannot be told to the kernel"},
		{spec: wwan.New("a").ParentDev("wwan0").LinkID(3).Parent("eth0"), message: "link: a wwan sits on no other link"},
		{spec: vxlan.New("a").VNI(7).ParentDev("wwan0"), message: "parentdev: a vxlan belongs to no other device"},
		{spec: lowpan.New("a"), message: "link: a lowpan sits on another link: name it with Parent"},
		{spec: lowpan.New("a").Parent("b").Address(make([]byte, 8)), message: "address: a lowpan has the address of its parent"},
		{spec: virtwifi.New("a"), message: "link: a virt_wifi sits on another link: name it with Parent"},
		{spec: virtwifi.New("a").Parent("b").MTU(1501), message: "mtu: 1501 is not in 68…1500"},
		{spec: virtwifi.New("a").Parent("b").Address([]byte{2, 0, 0, 0, 0, 7}), message: "address: a virt_wifi has the address of its parent"},
		{spec: ppp.New("a"), message: "file: there is no default for it"},
	} {
		r.test(t)
	}
	for want, spec := range map[string]iplink.Spec{
		"create ppp a: File: invalid argument (it is nil: give an open /dev/ppp)":    ppp.New("a").File(nil),
		"create dsa a: ConduitIndex: invalid argument (0 is not an interface index)": dsa.New("a").ConduitIndex(0),
	} {
		if err := iplink.Refusal(spec); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// TestForeignCreation is about links that come about in other ways.
func TestForeignCreation(t *testing.T) {
	for want, spec := range map[string]iplink.Spec{
		"create dsa a: unsupported operation (a port of a switch is there when the driver of the switch finds the hardware; Update changes it)":                                     dsa.New("a").ConduitIndex(7),
		"create netdevsim a: unsupported operation (a netdevsim link is a port of a simulated device: echo '1 1' >/sys/bus/netdevsim/new_device makes device 1 with one port)":      iplink.Raw(iplink.KindNetdevsim, "a"),
		"create openvswitch a: unsupported operation (an openvswitch link is a port of an Open vSwitch bridge: ovs-vsctl add-port BRIDGE NAME -- set Interface NAME type=internal)": iplink.Raw(iplink.KindOpenVSwitch, "a"),
	} {
		if err := iplink.CheckSpec(spec, "create"); err == nil || err.Error() != want || !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if got := iplink.Raw(iplink.KindNetdevsim, "a").MTU(1400).String(); got != "ip link set dev a mtu 1400" {
		t.Errorf("got %s", got)
	}
}
