package iplink_test

import (
	"errors"
	"fmt"
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
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/ipoib"
	"github.com/iplink-go/iplink/vcan"
	"github.com/iplink-go/iplink/vxcan"
)

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
