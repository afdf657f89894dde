package iplink_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/can"
	"github.com/iplink-go/iplink/gtp"
	"github.com/iplink-go/iplink/hsr"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/ipoib"
	"github.com/iplink-go/iplink/netkit"
	"github.com/iplink-go/iplink/ovpn"
	"github.com/iplink-go/iplink/tun"
)

// Linux 6.12 does not report Version and Interlink: tests of package hsr look for them in
// frames and at the port.
var hsrUnreported = []uint16{uapi.IFLA_HSR_VERSION, uapi.IFLA_HSR_INTERLINK}

func TestHSRSettings(t *testing.T) {
	s := subject[*hsr.Builder]{
		kind: iplink.KindHSR,
		rows: iplink.KindRows(iplink.KindHSR),
		prepare: []string{"link add under index 77 type dummy", "link add other index 78 type dummy",
			"link add third index 79 type dummy", "link add fourth index 80 type dummy"},
		start: func(bool) (*hsr.Builder, iplink.Spec) {
			b := hsr.New(link)
			return b, b
		},
		settings: hsrSettings,
	}
	if testutil.Older(t, 7, 3) {
		s.rows = slices.DeleteFunc(s.rows, func(r attr.Row) bool { return slices.Contains(hsrUnreported, r.Type) })
		s.settings = slices.DeleteFunc(slices.Clone(s.settings), func(x setting[*hsr.Builder]) bool { return slices.Contains(hsrUnreported, x.row) })
	}
	s.test(t)
}

var hsrSettings = []setting[*hsr.Builder]{
	set(uapi.IFLA_HSR_SLAVE1, (*hsr.Builder).Slave1, "under", "other", "Info.Slave1", inData("slave1", "under", "other")).
		needs(func(b *hsr.Builder) { b.Slave2("third") }).reads(77, 78),
	set(uapi.IFLA_HSR_SLAVE1, (*hsr.Builder).Slave1Index, 77, 78, "Info.Slave1", inData("slave1", "under", "other")).
		needs(func(b *hsr.Builder) { b.Slave2("third") }).variant("index"),
	set(uapi.IFLA_HSR_SLAVE2, (*hsr.Builder).Slave2, "under", "other", "Info.Slave2", inData("slave2", "under", "other")).
		needs(func(b *hsr.Builder) { b.Slave1("third") }).reads(77, 78),
	set(uapi.IFLA_HSR_SLAVE2, (*hsr.Builder).Slave2Index, 77, 78, "Info.Slave2", inData("slave2", "under", "other")).
		needs(func(b *hsr.Builder) { b.Slave1("third") }).variant("index"),
	set(uapi.IFLA_HSR_INTERLINK, (*hsr.Builder).Interlink, "third", "fourth", "Info.Interlink",
		rawData([]byte{79, 0, 0, 0}, []byte{80, 0, 0, 0}, uapi.IFLA_HSR_INTERLINK)).needs(hsrSlaves).reads(79, 80),
	set(uapi.IFLA_HSR_INTERLINK, (*hsr.Builder).InterlinkIndex, 79, 80, "Info.Interlink",
		rawData([]byte{79, 0, 0, 0}, []byte{80, 0, 0, 0}, uapi.IFLA_HSR_INTERLINK)).needs(hsrSlaves).variant("index"),
	set(uapi.IFLA_HSR_MULTICAST_SPEC, (*hsr.Builder).Supervision, 0x2d, 0x71, "Info.Supervision",
		inData("supervision_addr", "01:15:4e:00:01:2d", "01:15:4e:00:01:71")).needs(hsrSlaves),
	set(uapi.IFLA_HSR_VERSION, (*hsr.Builder).Version, 1, 0, "Info.Version",
		rawData([]byte{1}, []byte{0}, uapi.IFLA_HSR_VERSION)).needs(hsrSlaves),
	set(uapi.IFLA_HSR_PROTOCOL, (*hsr.Builder).Protocol, hsr.PRP, hsr.HSR, "Info.Protocol", inData("proto", 1, 0)).needs(hsrSlaves),
}

func hsrSlaves(b *hsr.Builder) { b.Slave1("under").Slave2("other") }

func TestOVPNSettings(t *testing.T) {
	subject[*ovpn.Builder]{
		kind: iplink.KindOVPN,
		rows: iplink.KindRows(iplink.KindOVPN),
		start: func(bool) (*ovpn.Builder, iplink.Spec) {
			v := ovpn.New(link)
			return v, v
		},
		settings: []setting[*ovpn.Builder]{
			set(uapi.IFLA_OVPN_MODE, (*ovpn.Builder).Mode, ovpn.MP, ovpn.P2P, "Info.Mode", rawData([]byte{1}, []byte{0}, uapi.IFLA_OVPN_MODE)),
		},
	}.test(t)
}

func TestNetkitSettings(t *testing.T) {
	subject[*netkit.Builder]{
		kind: iplink.KindNetkit,
		rows: iplink.KindRows(iplink.KindNetkit),
		start: func(bool) (*netkit.Builder, iplink.Spec) {
			v := netkit.New(link)
			return v, v
		},
		settings: netkitSettings,
	}.test(t)
}

var netkitSettings = []setting[*netkit.Builder]{
	set(uapi.IFLA_NETKIT_MODE, (*netkit.Builder).Mode, netkit.L2, netkit.L3, "Info.Mode", inData("mode", "l2", "l3")),
	set(uapi.IFLA_NETKIT_POLICY, (*netkit.Builder).Policy, netkit.Blackhole, netkit.Forward, "Info.Policy",
		inData("policy", "blackhole", "forward")),
	set(uapi.IFLA_NETKIT_PEER_POLICY, (*netkit.Builder).PeerPolicy, netkit.Blackhole, netkit.Forward, "Info.PeerPolicy",
		inData("peer_policy", "blackhole", "forward")),
	set(uapi.IFLA_NETKIT_SCRUB, (*netkit.Builder).Scrub, netkit.None, netkit.Default, "Info.Scrub",
		inData("scrub", "none", "default")),
	set(uapi.IFLA_NETKIT_PEER_SCRUB, (*netkit.Builder).PeerScrub, netkit.None, netkit.Default, "Info.PeerScrub",
		inData("peer_scrub", "none", "default")),
	set(uapi.IFLA_NETKIT_HEADROOM, (*netkit.Builder).Headroom, 0x1234, 0x4321, "Info.Headroom",
		rawData([]byte{0x34, 0x12}, []byte{0x21, 0x43}, uapi.IFLA_NETKIT_HEADROOM)),
	set(uapi.IFLA_NETKIT_TAILROOM, (*netkit.Builder).Tailroom, 0x1234, 0x4321, "Info.Tailroom",
		rawData([]byte{0x34, 0x12}, []byte{0x21, 0x43}, uapi.IFLA_NETKIT_TAILROOM)),
	set(uapi.IFLA_NETKIT_PAIRING, (*netkit.Builder).Pairing, netkit.Single, netkit.Pair, "Info.Pairing",
		rawData([]byte{1, 0, 0, 0}, []byte{0, 0, 0, 0}, uapi.IFLA_NETKIT_PAIRING)),
}

// newNetkit makes the link as the primary end of a pair with link-layer addresses.
func newNetkit(update bool) (*netkit.Builder, iplink.Spec) {
	v := netkit.New(link)
	if update {
		return v, v
	}
	return v, v.Mode(netkit.L2).Peer(netkit.New("t1").Up())
}

// newNetkitPeer makes the link as the other end.
func newNetkitPeer(update bool) (*netkit.Builder, iplink.Spec) {
	v := netkit.New(link)
	if update {
		return v, v
	}
	return v, netkit.New("t1").Mode(netkit.L2).Up().Peer(v)
}

func TestTunSettings(t *testing.T) {
	subject[*tun.Builder]{
		kind: iplink.KindTun,
		rows: iplink.KindRows(iplink.KindTun),
		start: func(bool) (*tun.Builder, iplink.Spec) {
			v := tun.NewTap(link)
			return v, v
		},
		settings: []setting[*tun.Builder]{
			set(uapi.IFLA_TUN_TYPE, tunType, tun.Ethernet, tun.IP, "Info.Type", inData("type", "tap", "tun")),
			set(uapi.IFLA_TUN_OWNER, (*tun.Builder).Owner, 0x1234, 0x4321, "Info.Owner", inData("user", 4660, 17185)),
			set(uapi.IFLA_TUN_GROUP, (*tun.Builder).OwnerGroup, 0x1234, 0x4321, "Info.Group", inData("group", 4660, 17185)),
			present(uapi.IFLA_TUN_PI, (*tun.Builder).PI, "Info.PI", inData("pi", true, nil)),
			present(uapi.IFLA_TUN_VNET_HDR, (*tun.Builder).VNetHdr, "Info.VNetHdr", inData("vnet_hdr", true, nil)),
			present(uapi.IFLA_TUN_MULTI_QUEUE, (*tun.Builder).MultiQueue, "Info.MultiQueue", inData("multi_queue", true, nil)),
			present(uapi.IFLA_TUN_PERSIST, (*tun.Builder).Persist, "Info.Persist", inData("persist", true, nil)),
		},
	}.test(t)
}

// tunType sets the type, which otherwise comes with the builder.
func tunType(v *tun.Builder, of iplink.TunType) *tun.Builder {
	v.Own(v).Info.(*iplink.TunInfo).Type = of
	return v
}

// TestCANSettings tries every setting on a CAN controller for classic frames,
// which the kernels of the matrix have. What a controller for CAN FD or XL has
// must be refused with the kernel's reason.
func TestCANSettings(t *testing.T) {
	ns := controller(t)
	s := subject[*can.Builder]{
		kind:     iplink.KindCAN,
		rows:     iplink.KindRows(iplink.KindCAN),
		start:    newCAN,
		settings: slices.Concat(canSettings, canModes, canRefused),
	}
	s.complete(t)
	for _, x := range s.settings {
		row := s.row(x)
		t.Run(strings.TrimRight(row.Name+"-"+x.label, "-"), func(t *testing.T) {
			e := exercise[*can.Builder]{subject: s, setting: x, row: row}
			for i, value := range e.values {
				if err := e.update(t, ns, value); err != nil || e.errno != nil {
					e.judgeChange(t, err)
					return
				}
				e.check(t, ns, i)
			}
		})
	}
}

// judgeChange demands that the kernel's refusal is as due, and names the row or
// says why.
func (e *exercise[B]) judgeChange(t *testing.T, err error) {
	t.Helper()
	if e.errno == nil || !errors.Is(err, e.errno) {
		t.Errorf("error %v, want %v", err, e.errno)
	}
	t.Logf("as due: %v", err)
}

func newCAN(bool) (*can.Builder, iplink.Spec) {
	c := can.New(link)
	return c, c
}

// controller takes the guest's CAN controller into a namespace of its own,
// where its name is t0.
func controller(t *testing.T) *os.File {
	t.Helper()
	if !testutil.Matrix() {
		testutil.Skipf(t, "needs the CAN controller of the kernels of the matrix")
	}
	if out, err := exec.Command("modprobe", "kvaser_pci").CombinedOutput(); err != nil {
		t.Fatalf("modprobe kvaser_pci: %v\n%s", err, out)
	}
	ns := testutil.NetNS(t)
	there := fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), ns.Fd())
	if out, err := exec.Command("ip", "link", "set", "dev", "can0", "netns", there, "name", link).CombinedOutput(); err != nil {
		t.Fatalf("moving can0: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		home := fmt.Sprintf("/proc/%d/ns/net", os.Getpid())
		testutil.IP(t, ns, "link", "set", "dev", link, "down", "netns", home, "name", "can0")
	})
	return ns
}

func nominal(key string, first, second any) oracle { return inData("bittiming."+key, first, second) }

var canSettings = []setting[*can.Builder]{
	set(uapi.IFLA_CAN_BITTIMING, (*can.Builder).Bitrate, 500000, 250000, "Info.BitTiming.Bitrate", nominal("bitrate", 500000, 250000)),
	set(uapi.IFLA_CAN_BITTIMING, (*can.Builder).SamplePoint, 800, 700, "Info.BitTiming.SamplePoint",
		nominal("bitrate", 125000, 125000), nominal("sample_point", "0.750", "0.687")).
		needs(func(c *can.Builder) { c.Bitrate(125000) }).reads(uint32(750), uint32(687)).variant("sample-point"),
	set(uapi.IFLA_CAN_BITTIMING, (*can.Builder).BitTiming,
		can.BitTiming{TQ: 250, PropSeg: 2, PhaseSeg1: 8, PhaseSeg2: 5, SJW: 3}, can.BitTiming{TQ: 500, PropSeg: 3, PhaseSeg1: 2, PhaseSeg2: 2, SJW: 2},
		"Info.BitTiming", nominal("tq", 250, 500), nominal("prop_seg", 2, 3), nominal("phase_seg1", 8, 2), nominal("phase_seg2", 5, 2), nominal("sjw", 3, 2)).
		reads(iplink.CANBitTiming{Bitrate: 250000, SamplePoint: 687, TQ: 250, PropSeg: 2, PhaseSeg1: 8, PhaseSeg2: 5, SJW: 3, BRP: 2},
			iplink.CANBitTiming{Bitrate: 250000, SamplePoint: 750, TQ: 500, PropSeg: 3, PhaseSeg1: 2, PhaseSeg2: 2, SJW: 2, BRP: 4}).variant("segments"),
	set(uapi.IFLA_CAN_RESTART_MS, (*can.Builder).RestartDelay, 0x1234*time.Millisecond, 321*time.Millisecond, "Info.RestartDelay", inData("restart_ms", 0x1234, 321)),
	extra("mtu", (*can.Builder).MTU, 16, 16, "MTU", inLink("mtu", 16, 16)),
}

// canMode is the entry for a control mode.
func canMode(mode iplink.CANModes, setter func(*can.Builder, bool) *can.Builder, field, word string) setting[*can.Builder] {
	o := inData("ctrlmode", true, false)
	o.name += " " + word
	o.same = func(got, want any) bool {
		words, _ := got.([]any)
		return slices.Contains(words, any(word)) == want
	}
	return set(modeRow(mode), setter, true, false, "Info."+field, o)
}

// modeRow is the row of a control mode.
func modeRow(mode iplink.CANModes) uint16 { return canRow(mode.String()) }

// canRow is the number of the row of that name.
func canRow(name string) uint16 {
	for _, r := range iplink.KindRows(iplink.KindCAN) {
		if r.Name == name {
			return r.Type
		}
	}
	panic("there is no row " + name)
}

var canModes = []setting[*can.Builder]{
	canMode(iplink.CANLoopback, (*can.Builder).Loopback, "Loopback", "LOOPBACK"),
	canMode(iplink.CANListenOnly, (*can.Builder).ListenOnly, "ListenOnly", "LISTEN-ONLY"),
	canMode(iplink.CANTripleSampling, (*can.Builder).TripleSampling, "TripleSampling", "TRIPLE-SAMPLING"),
	canMode(iplink.CANOneShot, (*can.Builder).OneShot, "OneShot", "ONE-SHOT"),
	canMode(iplink.CANBerrReporting, (*can.Builder).BerrReporting, "BerrReporting", "BERR-REPORTING"),
	canMode(iplink.CANPresumeAck, (*can.Builder).PresumeAck, "PresumeAck", "PRESUME-ACK"),
	canMode(iplink.CANCCLen8DLC, (*can.Builder).CCLen8DLC, "CCLen8DLC", "CC-LEN8-DLC"),
}

// canRefused are settings that this controller does not have.
var canRefused = []setting[*can.Builder]{
	set(modeRow(iplink.CANFD), (*can.Builder).FD, true, false, "Info.FD").needs(fdTiming).refused(syscall.EOPNOTSUPP),
	set(modeRow(iplink.CANFDNonISO), (*can.Builder).FDNonISO, true, false, "Info.FDNonISO").refused(syscall.EOPNOTSUPP),
	set(uapi.IFLA_CAN_DATA_BITTIMING, (*can.Builder).DataBitrate, 2000000, 1000000, "Info.DataBitTiming.Bitrate").needs(fdTiming).refused(syscall.EOPNOTSUPP),
	set(canRow("tdc-mode"), (*can.Builder).TDC, can.TDC{Mode: can.TDCAuto, TDCO: 7}, can.TDC{}, "Info.TDC").needs(fdTiming).refused(syscall.EOPNOTSUPP),
	set(uapi.IFLA_CAN_TDC, (*can.Builder).TDC, can.TDC{Mode: can.TDCManual, TDCV: 5, TDCO: 7}, can.TDC{}, "Info.TDC").needs(fdTiming).refused(syscall.EOPNOTSUPP),
	set(modeRow(iplink.CANRestricted), (*can.Builder).Restricted, true, false, "Info.Restricted").refused(syscall.EOPNOTSUPP),
	set(modeRow(iplink.CANXL), (*can.Builder).XL, true, false, "Info.XL").needs(xlTiming).refused(syscall.EOPNOTSUPP),
	set(canRow("xtdc-mode"), (*can.Builder).XLTDC, can.TDC{Mode: can.TDCAuto, TDCO: 7}, can.TDC{}, "Info.XLTDC").needs(xlTiming).refused(syscall.EOPNOTSUPP),
	set(modeRow(iplink.CANTMS), (*can.Builder).TMS, true, false, "Info.TMS").needs(xlTiming).refused(syscall.EOPNOTSUPP),
	set(uapi.IFLA_CAN_XL_DATA_BITTIMING, (*can.Builder).XLDataBitrate, 8000000, 4000000, "Info.XLDataBitTiming.Bitrate").needs(xlTiming).refused(syscall.EOPNOTSUPP),
	set(uapi.IFLA_CAN_XL_TDC, (*can.Builder).XLTDC, can.TDC{Mode: can.TDCManual, TDCV: 5, TDCO: 7}, can.TDC{}, "Info.XLTDC").needs(xlTiming).refused(syscall.EOPNOTSUPP),
	set(uapi.IFLA_CAN_XL_PWM, (*can.Builder).XLPWM, can.PWM{PWMS: 2, PWML: 6}, can.PWM{}, "Info.XLPWM").
		needs(func(c *can.Builder) { xlTiming(c); c.TMS(true) }).refused(syscall.EOPNOTSUPP),
	set(uapi.IFLA_CAN_TERMINATION, (*can.Builder).Termination, 120, 0, "Info.Termination").refused(syscall.EOPNOTSUPP),
	set(uapi.IFLA_CAN_RESTART, func(c *can.Builder, _ bool) *can.Builder { return c.Restart() }, true, true, "").refused(os.ErrInvalid),
}

func fdTiming(c *can.Builder) { c.FD(true).Bitrate(500000).DataBitrate(2000000) }

func xlTiming(c *can.Builder) { c.XL(true).Bitrate(500000).XLDataBitrate(8000000) }

// TestCANReport compares what is read of the controller with what `ip` and
// sysfs say.
func TestCANReport(t *testing.T) {
	ns := controller(t)
	lab.MustDo(t, ns, (*iplink.Conn).Update, can.New(link).Bitrate(500000).RestartDelay(0).Up())
	l, err := lab.InNetNS(t, ns, func(c *iplink.Conn) (*iplink.Link, error) { return c.Get(t.Context(), link) })
	if err != nil {
		t.Fatal(err)
	}
	got := l.Info.(*iplink.CANInfo)
	data := lab.Within(testutil.LinkJSON(t, ns, link), "linkinfo", "info_data").(map[string]any)
	for _, c := range []struct {
		name     string
		ip, ours any
	}{
		{"clock", data["clock"], got.Clock},
		{"state", strings.ToLower(fmt.Sprint(data["state"])), got.State.String()},
		{"name", lab.Within(data, "bittiming_const", "name"), got.BitTimingConst.Name},
		{"tseg1 max", lab.Within(data, "bittiming_const", "tseg1", "max"), got.BitTimingConst.TSeg1Max},
		{"tseg2 max", lab.Within(data, "bittiming_const", "tseg2", "max"), got.BitTimingConst.TSeg2Max},
		{"tseg1 min", lab.Within(data, "bittiming_const", "tseg1", "min"), got.BitTimingConst.TSeg1Min},
		{"sjw max", lab.Within(data, "bittiming_const", "sjw", "max"), got.BitTimingConst.SJWMax},
		{"brp max", lab.Within(data, "bittiming_const", "brp", "max"), got.BitTimingConst.BRPMax},
		{"brp_inc", lab.Within(data, "bittiming_const", "brp_inc"), got.BitTimingConst.BRPInc},
		{"tx errors", lab.Within(data, "berr_counter", "tx"), got.TxErrors},
		{"rx errors", lab.Within(data, "berr_counter", "rx"), got.RxErrors},
		{"phase_seg1", lab.Within(data, "bittiming", "phase_seg1"), got.BitTiming.PhaseSeg1},
	} {
		if !lab.SameJSON(c.ip, c.ours) {
			t.Errorf("%s is %v, ip says %v", c.name, c.ours, c.ip)
		}
	}
	if got.BitTimingConst.TSeg1Max != 16 || got.Clock != 8000000 || got.State != can.ErrorActive {
		t.Errorf("the controller is %+v", got)
	}
	if got.SupportedModes&iplink.CANLoopback == 0 {
		t.Errorf("supports %v", got.SupportedModes)
	}
}

// TestCANWhileUp changes what changes only while the link is down.
func TestCANWhileUp(t *testing.T) {
	ns := controller(t)
	try := func(c *can.Builder) error {
		_, err := lab.InNetNS(t, ns, func(conn *iplink.Conn) ([]*iplink.Link, error) { return conn.Update(t.Context(), c) })
		return err
	}
	lab.MustDo(t, ns, (*iplink.Conn).Update, can.New(link).Down())
	lab.MustDo(t, ns, (*iplink.Conn).Update, can.New(link).Bitrate(500000).Up())
	const want = "update can t0: bittiming: invalid argument (changes only while the link is down: DownFirst takes it down before)"
	if err := try(can.New(link).Bitrate(250000)); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if err := try(can.New(link).Bitrate(500000)); err != nil {
		t.Errorf("what is so already: %v", err)
	}
	if err := try(can.New(link).Bitrate(250000).DownFirst()); err != nil {
		t.Error(err)
	}
	j := testutil.LinkJSON(t, ns, link)
	if got := lab.Within(j, "linkinfo", "info_data", "bittiming", "bitrate"); !lab.SameJSON(got, 250000) {
		t.Errorf("bit rate %v, want 250000", got)
	}
	if flags := fmt.Sprint(j["flags"]); !strings.Contains(flags, "UP") {
		t.Errorf("flags %s, want UP", flags)
	}
}

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

func TestGTPSettings(t *testing.T) {
	subject[*gtp.Builder]{
		kind:    iplink.KindGTP,
		rows:    iplink.KindRows(iplink.KindGTP),
		prepare: []string{"link set dev lo up", "address add 2001:db8::17/128 dev lo nodad"},
		start: func(bool) (*gtp.Builder, iplink.Spec) {
			v := gtp.New(link)
			return v, v
		},
		settings: []setting[*gtp.Builder]{
			set(uapi.IFLA_GTP_ROLE, (*gtp.Builder).Role, gtp.SGSN, gtp.GGSN, "Info.Role", inData("role", "sgsn", "ggsn")).needs(gtpSockets),
			set(uapi.IFLA_GTP_PDP_HASHSIZE, (*gtp.Builder).HashSize, 0x1234, 0x4321, "Info.HashSize", inData("hsize", 0x1234, 0x4321)).needs(gtpSockets),
			set(uapi.IFLA_GTP_RESTART_COUNT, (*gtp.Builder).RestartCount, 0x12, 0x21, "Info.RestartCount", inData("restart_count", 0x12, 0x21)).needs(gtpSockets),
			set(uapi.IFLA_GTP_CREATE_SOCKETS, func(b *gtp.Builder, _ bool) *gtp.Builder { return b.Sockets() }, true, true, "",
				bound("00000000:0868", "00000000:0868")),
			set(uapi.IFLA_GTP_LOCAL, (*gtp.Builder).LocalIP, lab.Addr("127.0.0.17"), lab.Addr("127.0.1.3"), "",
				bound("1100007F:0868", "0301007F:0868")).needs(gtpSockets),
			set(uapi.IFLA_GTP_LOCAL, (*gtp.Builder).LocalIP, lab.Addr("::1"), lab.Addr("2001:db8::17"), "",
				bound("00000000000000000000000001000000:0868", "B80D0120000000000000000017000000:0868")).needs(gtpSockets).variant("ipv6"),
			gtpFiles(t, uapi.IFLA_GTP_FD0, (*gtp.Builder).FD0, 4),
			gtpFiles(t, uapi.IFLA_GTP_FD1, (*gtp.Builder).FD1, 5),
		},
	}.test(t)
}

func gtpSockets(b *gtp.Builder) { b.Sockets() }

// gtpFiles returns the entry for a setter that takes a socket, which the kernel comes to
// use for a protocol in UDP, by its number in UDP_ENCAP.
func gtpFiles(t *testing.T, row uint16, setter func(*gtp.Builder, *os.File) *gtp.Builder, protocol int) setting[*gtp.Builder] {
	files := [2]*os.File{udpSocket(t), udpSocket(t)}
	return set(row, setter, files[0], files[1], "", oracle{name: "UDP_ENCAP", want: [2]any{files[0], files[1]},
		read: func(testing.TB, *witness) any { return protocol },
		same: func(got, file any) bool {
			has, err := unix.GetsockoptInt(int(file.(*os.File).Fd()), unix.SOL_UDP, unix.UDP_ENCAP)
			return err == nil && has == got
		}})
}

func udpSocket(t *testing.T) *os.File {
	c, err := net.ListenUDP("udp4", nil)
	testutil.Must(t, err)
	defer c.Close()
	f, err := c.File()
	testutil.Must(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// bound looks for an address and a port among the UDP sockets of the namespace.
func bound(first, second string) oracle {
	return oracle{name: "/proc/net/udp", want: [2]any{first, second},
		read: func(t testing.TB, w *witness) any {
			var all []byte
			testutil.In(t, w.ns, func() {
				for _, file := range []string{"udp", "udp6"} {
					text, err := os.ReadFile("/proc/thread-self/net/" + file)
					testutil.Must(t, err)
					all = append(all, text...)
				}
			})
			return string(all)
		},
		same: func(got, want any) bool { return strings.Contains(got.(string), " "+want.(string)+" ") }}
}
