package iplink_test

import (
	"bytes"
	"errors"
	"math/bits"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/can"
	"github.com/iplink-go/iplink/dsa"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/ipoib"
	"github.com/iplink-go/iplink/nlmon"
	"github.com/iplink-go/iplink/vcan"
	"github.com/iplink-go/iplink/vxcan"
)

func TestCANEncoding(t *testing.T) {
	encoded(t, can.New("a").BitTiming(can.BitTiming{Bitrate: 500000, SamplePoint: 875, SJW: 2}),
		"24000100 20a10700 6b030000 00000000 00000000 00000000 00000000 02000000 00000000")
	encoded(t, can.New("a").BitTiming(can.BitTiming{TQ: 125, PropSeg: 6, PhaseSeg1: 7, PhaseSeg2: 2, SJW: 1}),
		"24000100 00000000 00000000 7d000000 06000000 07000000 02000000 01000000 00000000")
	encoded(t, can.New("a").Loopback(true).ListenOnly(false).OneShot(true), "0c000500 0b000000 09000000")
	encoded(t, can.New("a").RestartDelay(0x1234*time.Millisecond), "08000600 34120000")
	encoded(t, can.New("a").Restart(), "08000700 01000000")
	encoded(t, can.New("a").Termination(120), "06000b00 78000000")
}

func TestCANFDEncoding(t *testing.T) {
	encoded(t, can.New("a").Bitrate(500000).DataBitrate(2000000).FD(true).TDC(can.TDC{Mode: can.TDCManual, TDCV: 0x12, TDCO: 0x34, TDCF: 5}),
		"24000100 20a10700 00000000 00000000 00000000 00000000 00000000 00000000 00000000"+
			"0c000500 20060000 20040000"+
			"24000900 80841e00 00000000 00000000 00000000 00000000 00000000 00000000 00000000"+
			"1c001080 08000700 12000000 08000800 34000000 08000900 05000000")
	encoded(t, can.New("a").FD(true).TDC(can.TDC{Mode: can.TDCAuto, TDCO: 0x34}),
		"0c000500 20060000 20020000 0c001080 08000800 34000000")
	encoded(t, can.New("a").TDC(can.TDC{Mode: can.TDCAuto, TDCO: 0x34}).TDC(can.TDC{}), "0c000500 00060000 00000000")
}

func TestCANXLEncoding(t *testing.T) {
	encoded(t, can.New("a").Bitrate(500000).XLDataBitrate(8000000).XL(true).TMS(true).XLPWM(can.PWM{PWMS: 2, PWML: 6, PWMO: 1}),
		"24000100 20a10700 00000000 00000000 00000000 00000000 00000000 00000000 00000000"+
			"0c000500 00900000 00900000"+
			"24001200 00127a00 00000000 00000000 00000000 00000000 00000000 00000000 00000000"+
			"1c001680 08000700 02000000 08000800 06000000 08000900 01000000")
	encoded(t, can.New("a").XL(true).Restricted(true).XLTDC(can.TDC{Mode: can.TDCManual, TDCV: 9, TDCO: 8}),
		"0c000500 00780000 00580000 14001580 08000700 09000000 08000800 08000000")
}

func TestCANString(t *testing.T) {
	for _, c := range []struct {
		spec iplink.Spec
		want string
	}{
		{can.New("can0").Bitrate(500000).SamplePoint(875).Up(), "ip link set dev can0 up type can bitrate 500000 sample-point 0.875"},
		{can.New("can0").BitTiming(can.BitTiming{TQ: 125, PropSeg: 6, PhaseSeg1: 7, PhaseSeg2: 2, SJW: 1}).RestartDelay(100 * time.Millisecond),
			"ip link set dev can0 type can tq 125 prop-seg 6 phase-seg1 7 phase-seg2 2 sjw 1 restart-ms 100"},
		{can.New("can0").Restart(), "ip link set dev can0 type can restart"},
		{can.New("can0").MTU(72).Loopback(true).OneShot(false), "ip link set dev can0 mtu 72 type can loopback on one-shot off"},
		{can.New("can0").Bitrate(500000).DataBitrate(2000000).FD(true).TDC(can.TDC{Mode: can.TDCManual, TDCV: 9, TDCO: 8, TDCF: 7}),
			"ip link set dev can0 type can bitrate 500000 fd on tdc-mode manual dbitrate 2000000 tdcv 9 tdco 8 tdcf 7"},
		{can.New("can0").Bitrate(500000).XLDataBitTiming(can.BitTiming{Bitrate: 8000000, SamplePoint: 50}).XL(true).TMS(true).XLPWM(can.PWM{PWMS: 2, PWML: 6}),
			"ip link set dev can0 type can bitrate 500000 xl on tms on xbitrate 8000000 xsample-point 0.050 pwms 2 pwml 6"},
		{can.New("can0").DownFirst().Up().Bitrate(250000), "ip link set dev can0 down && ip link set dev can0 up type can bitrate 250000"},
		{can.New("can0").Alias("x").Termination(120), "ip link set dev can0 type can termination 120 && ip link set dev can0 alias x"},
		{vxcan.New("a1").MTU(16).Peer(vxcan.New("b1").MTU(16)), "ip link add a1 mtu 16 type vxcan peer b1 mtu 16"},
		{vcan.New("vcan1"), "ip link add vcan1 type vcan"},
		{nlmon.New("nlmon0").Up(), "ip link add nlmon0 up type nlmon"},
	} {
		if got := c.spec.String(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestCANDecoding(t *testing.T) {
	l := decoded(t, "9c001200 0700010063616e00 74000200"+
		"24000100 20a10700 ee020000 7d000000 05000000 06000000 04000000 02000000 01000000"+
		"08000300 00127a00"+
		"08000400 02000000"+
		"0c000500 00000000 11000000"+
		"08000800 34127856"+
		"08000600 64000000"+
		"08000c00 0000 7800"+
		"0c000d00 50c30000 20a10700"+
		"0c001100 08000100 1f010000"+
		"1c000300 01000000 02000000 03000000 04000000 05000000 06000000")
	got := l.Info.(*iplink.CANInfo)
	if want := (can.BitTiming{Bitrate: 500000, SamplePoint: 750, TQ: 125, PropSeg: 5, PhaseSeg1: 6, PhaseSeg2: 4, SJW: 2, BRP: 1}); got.BitTiming != want {
		t.Errorf("timing %+v, want %+v", got.BitTiming, want)
	}
	if got.Clock != 8000000 || got.State != can.ErrorPassive || got.TxErrors != 0x1234 || got.RxErrors != 0x5678 || got.RestartDelay != 100*time.Millisecond {
		t.Errorf("got %+v", got)
	}
	if !got.Loopback || !got.BerrReporting || got.ListenOnly || got.FD || got.SupportedModes.String() != "loopback|listen-only|triple-sampling|one-shot|berr-reporting|cc-len8-dlc" {
		t.Errorf("modes %+v", got)
	}
	if len(got.Terminations) != 2 || got.Terminations[1] != 120 || len(got.Bitrates) != 2 || got.Bitrates[0] != 50000 {
		t.Errorf("lists %v, %v", got.Terminations, got.Bitrates)
	}
	if want := (can.Stats{1, 2, 3, 4, 5, 6}); got.Stats != want {
		t.Errorf("statistics %+v", got.Stats)
	}
}

func TestCANDelayDecoding(t *testing.T) {
	l := decoded(t, "68001200 0700010063616e00 5c000200"+
		"4c001080 08000100 01000000 08000200 7f000000 08000300 02000000 08000400 80000000 08000500 03000000 08000600 81000000"+
		"08000700 11000000 08000800 22000000 08000900 33000000"+
		"0c000500 00000000 20040000")
	got := l.Info.(*iplink.CANInfo)
	if want := (can.TDC{can.TDCManual, 0x11, 0x22, 0x33}); got.TDC != want {
		t.Errorf("got %+v, want %+v", got.TDC, want)
	}
	if want := (iplink.CANTDCLimits{1, 0x7f, 2, 0x80, 3, 0x81}); got.TDCLimits != want {
		t.Errorf("got %+v, want %+v", got.TDCLimits, want)
	}
}

func TestCANCreate(t *testing.T) {
	err := iplink.CheckSpec(can.New("can0").Bitrate(500000), "create")
	const want = "create can can0: unsupported operation (a CAN controller is there when its driver finds the hardware; Update changes it)"
	if err == nil || err.Error() != want || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCANRefusals(t *testing.T) {
	mac := []byte{2, 0, 0, 0, 0x12, 0x34}
	c := func() *can.Builder { return can.New("a") }
	fd := func() *can.Builder { return c().FD(true).Bitrate(500000).DataBitrate(2000000) }
	xl := func() *can.Builder { return c().XL(true).Bitrate(500000).XLDataBitrate(8000000) }
	for _, r := range []badSpec{
		{spec: c().Address(mac), message: "address: frames on a CAN bus bear identifiers, not addresses"},
		{spec: c().MTU(73), message: "mtu: 73 is not one of 16 for CAN, 72 for CAN FD, 76…2060 for CAN XL"},
		{spec: c().SamplePoint(800), message: "bittiming: needs Bitrate, or TQ and segments"},
		{spec: c().Bitrate(1000).SamplePoint(1000), message: "bittiming: SamplePoint 1000 is not in 0…999"},
		{spec: c().BitTiming(can.BitTiming{Bitrate: 1, TQ: 1}), message: "bittiming: set Bitrate or TQ, not both"},
		{spec: c().BitTiming(can.BitTiming{Bitrate: 1, PropSeg: 1}), message: "bittiming: segments go with TQ, not with Bitrate, which the kernel finds them for"},
		{spec: c().BitTiming(can.BitTiming{TQ: 1, SamplePoint: 1}), message: "bittiming: SamplePoint goes with Bitrate: with TQ, the segments say where it is"},
		{spec: c().BitTiming(can.BitTiming{TQ: 5 * time.Second}), message: "bittiming: TQ 5s is not in 1ns…4.294967295s"},
		{spec: c().BitTiming(can.BitTiming{TQ: 1, PhaseSeg1: 1}), message: "bittiming: TQ needs PhaseSeg1 and PhaseSeg2"},
		{spec: c().RestartDelay(1500 * time.Microsecond), message: "restart-ms: 1.5ms is not a multiple of 1ms, in which the kernel counts"},
		{spec: c().DataBitrate(2000000), message: "data_bittiming: needs FD(true) along with it"},
		{spec: c().DataBitrate(2000000).FD(false), message: "data_bittiming: needs FD(true) along with it"},
		{spec: c().TDC(can.TDC{Mode: can.TDCAuto}), message: "data_bittiming: needs FD(true) along with it"},
		{spec: c().FD(true).DataBitrate(2000000), message: "bittiming: FD(true) needs Bitrate or BitTiming along with it"},
		{spec: c().FD(true).Bitrate(500000), message: "data_bittiming: FD(true) needs DataBitrate or DataBitTiming along with it"},
		{spec: fd().TDC(can.TDC{Mode: can.TDCAuto, TDCV: 7}), message: "tdc: TDCV goes with CANTDCManual: with CANTDCAuto the controller measures it"},
		{spec: fd().TDC(can.TDC{Mode: 3}), message: "tdc-mode: 3 is not one of off, auto, manual"},
		{spec: c().XLDataBitrate(8000000), message: "xl_data_bittiming: needs XL(true) along with it"},
		{spec: c().XL(true).Bitrate(500000), message: "xl_data_bittiming: XL(true) needs XLDataBitrate or XLDataBitTiming along with it"},
		{spec: xl().XLPWM(can.PWM{PWMS: 1, PWML: 2}), message: "xl_pwm: needs TMS(true) along with it"},
		{spec: xl().TMS(true).XLPWM(can.PWM{PWMS: 1}), message: "xl_pwm: needs PWMS and PWML; without both, the kernel finds them if XLPWM is not set"},
	} {
		r.op = "update"
		r.test(t)
	}
	accepted(t, "update", fd(), xl(), fd().TDC(can.TDC{}), c().FD(false), c().Bitrate(1), c().MTU(76), c().MTU(2060), c().Restart())
}

func TestVirtualCANRefusals(t *testing.T) {
	mac := []byte{2, 0, 0, 0, 0x12, 0x34}
	for _, r := range []badSpec{
		{spec: vcan.New("a").MTU(75), message: "mtu: 75 is not one of 16 for CAN, 72 for CAN FD, 76…2060 for CAN XL"},
		{spec: vcan.New("a").Address(mac), message: "address: frames on a CAN bus bear identifiers, not addresses"},
		{spec: vxcan.New("a").Peer(vxcan.New("b").MTU(2061)), message: "mtu: 2061 is not one of 16 for CAN, 72 for CAN FD, 76…2060 for CAN XL"},
		{spec: nlmon.New("a").Address(mac), message: "address: an nlmon has no address"},
		{spec: nlmon.New("a").MTU(15), message: "mtu: 15 is not in 16…2147483647"},
	} {
		r.test(t)
	}
	accepted(t, "create", vcan.New("a").MTU(1500), vcan.New("a").MTU(16), vxcan.New("a").MTU(72).Peer(vxcan.New("b").MTU(2060)), nlmon.New("a").MTU(16))
}

// sja1000 is what a classic controller with an 8 MHz clock can do.
var sja1000 = iplink.CANBitTimingConst{"sja1000", 1, 16, 1, 8, 4, 1, 64, 1}

// TestCANTiming compares bit timings with what the kernel made of them.
func TestCANTiming(t *testing.T) {
	had := can.BitTiming{Bitrate: 500000, SamplePoint: 750, TQ: 125, PropSeg: 5, PhaseSeg1: 6, PhaseSeg2: 4, SJW: 2, BRP: 1}
	slow := had
	slow.Bitrate = 296296
	for _, c := range []struct {
		want, have can.BitTiming
		same       bool
	}{
		{can.BitTiming{Bitrate: 500000}, had, true},
		{can.BitTiming{Bitrate: 490000}, had, true},  // 8 MHz / 16 is nearer than 8 MHz / 17
		{can.BitTiming{Bitrate: 480000}, had, false}, // 8 MHz / 17 is nearer
		{can.BitTiming{Bitrate: 300000}, slow, true}, // as near as it comes
		{can.BitTiming{Bitrate: 500000, SamplePoint: 800}, had, true},
		{can.BitTiming{Bitrate: 500000, SamplePoint: 875}, had, false},
		{can.BitTiming{Bitrate: 500000, SamplePoint: 740}, had, false},
		{can.BitTiming{Bitrate: 500000, SJW: 3}, had, false},
		{can.BitTiming{TQ: 125, PropSeg: 5, PhaseSeg1: 6, PhaseSeg2: 4}, had, true},
		{can.BitTiming{TQ: 250, PropSeg: 5, PhaseSeg1: 6, PhaseSeg2: 4}, had, false},
		{can.BitTiming{TQ: 125, PropSeg: 4, PhaseSeg1: 7, PhaseSeg2: 4}, had, false},
		{can.BitTiming{Bitrate: 500000}, can.BitTiming{}, false},
	} {
		want := can.New("a").BitTiming(c.want)
		have := &iplink.CANInfo{BitTiming: c.have, BitTimingConst: sja1000, Clock: 8000000}
		if d := iplink.CompareInfo(want, have); (len(d) == 0) != c.same {
			t.Errorf("%+v and %+v: %v", c.want, c.have, d)
		}
	}
}

func TestCANChanges(t *testing.T) {
	up := func(i iplink.CANInfo) *iplink.Link {
		return &iplink.Link{Kind: iplink.KindCAN, Flags: uapi.IFF_UP, Info: &i}
	}
	down := func(i iplink.CANInfo) *iplink.Link { return &iplink.Link{Kind: iplink.KindCAN, Info: &i} }
	c := func() *can.Builder { return can.New("a") }
	const needsDown = ": changes only while the link is down: DownFirst takes it down before"
	timed := iplink.CANInfo{BitTiming: can.BitTiming{Bitrate: 500000}}
	for _, x := range []struct {
		spec    *can.Builder
		have    *iplink.Link
		message string
	}{
		{c().Bitrate(250000), up(timed), "bittiming" + needsDown},
		{c().Bitrate(500000), up(timed), ""},
		{c().Loopback(true), up(timed), "loopback" + needsDown},
		{c().RestartDelay(time.Second), up(timed), "restart-ms" + needsDown},
		{c().Termination(120), up(timed), ""},
		{c().Bitrate(250000).DownFirst(), up(timed), ""},
		{c().MTU(72), up(timed), "mtu" + needsDown},
		{c().Bitrate(250000), down(iplink.CANInfo{}), ""},
		{c().Up(), down(iplink.CANInfo{}), "bittiming: must be set for the link to come up: Bitrate or BitTiming"},
		{c().Up(), down(timed), ""},
		{c().Up().Bitrate(250000), down(iplink.CANInfo{}), ""},
		{c().Restart(), down(timed), "restart: needs the link up"},
		{c().Restart(), up(iplink.CANInfo{RestartDelay: time.Second}), "restart: the controller restarts by itself after 1s (restart-ms)"},
		{c().Restart(), up(iplink.CANInfo{State: can.ErrorPassive}), "restart: the controller is error-passive, not bus-off"},
		{c().Restart(), up(iplink.CANInfo{State: can.BusOff}), ""},
	} {
		refusedChange(t, x.spec, x.have, x.message)
	}
}

// TestCANTogether changes one of the settings that the kernel takes together.
func TestCANTogether(t *testing.T) {
	have := iplink.CANInfo{FD: true, BitTiming: can.BitTiming{Bitrate: 500000}, DataBitTiming: can.BitTiming{Bitrate: 2000000}}
	s := can.New("a").FD(true).Bitrate(500000).DataBitrate(4000000).OneShot(false)
	p := refusedChange(t, s, &iplink.Link{Kind: iplink.KindCAN, Info: &have}, "")
	fd := attr.Bit(uint(bits.TrailingZeros32(uint32(iplink.CANFD))))
	if want := attr.SetOf(uapi.IFLA_CAN_BITTIMING, uapi.IFLA_CAN_DATA_BITTIMING, fd); p.Info != want {
		t.Errorf("sends %v, want %v", p.Info, want)
	}
	p = refusedChange(t, s.DataBitrate(2000000), &iplink.Link{Kind: iplink.KindCAN, Info: &have}, "")
	if !p.Info.Empty() {
		t.Errorf("sends %v though nothing differs", p.Info)
	}
}

func TestIPoIBEncoding(t *testing.T) {
	encoded(t, ipoib.New("ib0.8001").PKey(0x8001).Mode(ipoib.Datagram), "0600010001800000 0600020000000000")
	encoded(t, ipoib.New("ib0.8001").Mode(ipoib.Connected).UMCast(true), "0600020001000000 0600030001000000")
	encoded(t, ipoib.New("ib0.8004").PKey(4), "0600010004800000")
	encoded(t, ipoib.New("ib0.9234").PKey(0x1234).UMCast(false), "0600010034920000 0600030000000000")
}

func TestIPoIBDecoding(t *testing.T) {
	l := decoded(t, "2c0012000a00010069706f69620000001c000200060001000280000006000200010000000600030001000000")
	if got, want := *l.Info.(*iplink.IPoIBInfo), (iplink.IPoIBInfo{PKey: 0x8002, Mode: ipoib.Connected, UMCast: true}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestIPoIBMembership compares keys that differ in the bit that the kernel adds.
func TestIPoIBMembership(t *testing.T) {
	want, have := ipoib.New("a").PKey(4), &iplink.IPoIBInfo{PKey: 0x8004}
	if d := iplink.CompareInfo(want, have); len(d) != 0 {
		t.Errorf("4 and 0x8004 differ: %v", d)
	}
	have.PKey = 0x8005
	if d := iplink.CompareInfo(want, have); len(d) != 1 || !d[0].CreateOnly {
		t.Errorf("4 and 0x8005: %v", d)
	}
}

func TestIPoIBRefusals(t *testing.T) {
	for _, r := range []badSpec{
		{spec: ipoib.New("a").PKey(4), message: "link: a ipoib sits on another link: name it with Parent"},
		{spec: ipoib.New("a").Parent("ib0").PKey(0), message: "pkey: 0x0 is not a partition key"},
		{spec: ipoib.New("a").Parent("ib0").PKey(0x8000), message: "pkey: 0x8000 is not a partition key"},
		{spec: ipoib.New("a").Parent("ib0").Mode(2), message: "mode: 2 is not one of datagram, connected"},
		{spec: ipoib.New("a").Parent("ib0").MTU(65521), message: "mtu: 65521 is not in 72…65520"},
	} {
		r.test(t)
	}
}

// TestIPoIBLater looks for the MTU behind the request that makes the link, which
// the kernel would ignore there.
func TestIPoIBLater(t *testing.T) {
	const want = "ip link add ib0c link ib0 type ipoib && ip link set dev ib0c type ipoib mode connected && ip link set dev ib0c mtu 4660"
	if got := ipoib.New("ib0c").Parent("ib0").Mode(ipoib.Connected).MTU(0x1234).String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestIPoIBModeLater looks for the mode behind the request that makes the link: if the
// kernel gave it up there, it would free the link twice.
func TestIPoIBModeLater(t *testing.T) {
	plain, connected := iplink.PlanCreate(ipoib.New("ib0c").UMCast(true)), iplink.PlanCreate(ipoib.New("ib0c").UMCast(true).Mode(ipoib.Connected))
	if plain.NeedsIndex || !connected.NeedsIndex || !bytes.Equal(plain.Body, connected.Body) {
		t.Errorf("without a mode %+v, with one %+v", plain, connected)
	}
}

func goldenCAN() []goldenSpec {
	return []goldenSpec{
		{"bitrate", can.New("backup").Bitrate(500000).SamplePoint(875).RestartDelay(0x1234 * time.Millisecond)},
		{"segments", can.New("backup").BitTiming(can.BitTiming{TQ: 125, PropSeg: 6, PhaseSeg1: 7, PhaseSeg2: 2, SJW: 3})},
		{"modes", can.New("backup").Loopback(true).ListenOnly(false).TripleSampling(true).OneShot(false).
			BerrReporting(true).PresumeAck(true).FDNonISO(false).CCLen8DLC(true)},
		{"fd", can.New("backup").FD(true).Bitrate(500000).DataBitrate(2000000).DataSamplePoint(750)},
		{"tdc-off", can.New("backup").FD(true).Bitrate(500000).DataBitrate(2000000).TDC(can.TDC{})},
		{"restart", can.New("backup").Restart()},
		{"termination", can.New("backup").Termination(0x1234)},
		{"up", can.New("backup").Bitrate(250000).Up()},
	}
}

// byHandCAN are requests for controllers that `ip` has no word for, or says
// less about: of the two bits of the compensation it names one.
func byHandCAN() []written {
	fd := func() *can.Builder { return can.New("backup").FD(true).Bitrate(500000).DataBitrate(2000000) }
	xl := func() *can.Builder { return can.New("backup").XL(true).Bitrate(500000).XLDataBitrate(8000000) }
	return []written{
		{5, fd().TDC(can.TDC{Mode: can.TDCManual, TDCV: 5, TDCO: 7}), "20 06 00 00 20 04 00 00"},
		{16, fd().TDC(can.TDC{Mode: can.TDCManual, TDCV: 0x12, TDCO: 0x34, TDCF: 5}),
			"08 00 07 00 12 00 00 00 08 00 08 00 34 00 00 00 08 00 09 00 05 00 00 00"},
		{5, xl().TMS(true).Restricted(true), "00 98 00 00 00 98 00 00"},
		{18, xl(), "00 12 7a 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"},
		{21, xl().XLTDC(can.TDC{Mode: can.TDCAuto, TDCO: 0x34}), "08 00 08 00 34 00 00 00"},
		{22, xl().TMS(true).XLPWM(can.PWM{PWMS: 2, PWML: 6}), "08 00 07 00 02 00 00 00 08 00 08 00 06 00 00 00"},
	}
}

func goldenIPoIB() []goldenSpec {
	base := func() *ipoib.Builder { return ipoib.New("t0").Index(goldenIndex).Parent("under") }
	return []goldenSpec{
		{"plain", base()},
		{"pkey", base().PKey(0x1234)},
		{"connected", base().Mode(ipoib.Connected).UMCast(true)},
	}
}

func goldenDSA() []goldenSpec {
	return []goldenSpec{
		{"conduit", dsa.New("backup").Conduit("under")},
		{"up", dsa.New("backup").ConduitIndex(77).MTU(0x123).Up()},
	}
}
