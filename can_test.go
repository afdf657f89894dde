package iplink

import (
	"errors"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

func TestCANEncoding(t *testing.T) {
	encoded(t, NewCAN("a").BitTiming(CANBitTiming{Bitrate: 500000, SamplePoint: 875, SJW: 2}),
		"24000100 20a10700 6b030000 00000000 00000000 00000000 00000000 02000000 00000000")
	encoded(t, NewCAN("a").BitTiming(CANBitTiming{TQ: 125, PropSeg: 6, PhaseSeg1: 7, PhaseSeg2: 2, SJW: 1}),
		"24000100 00000000 00000000 7d000000 06000000 07000000 02000000 01000000 00000000")
	encoded(t, NewCAN("a").Loopback(true).ListenOnly(false).OneShot(true), "0c000500 0b000000 09000000")
	encoded(t, NewCAN("a").RestartDelay(0x1234*time.Millisecond), "08000600 34120000")
	encoded(t, NewCAN("a").Restart(), "08000700 01000000")
	encoded(t, NewCAN("a").Termination(120), "06000b00 78000000")
}

func TestCANFDEncoding(t *testing.T) {
	encoded(t, NewCAN("a").Bitrate(500000).DataBitrate(2000000).FD(true).TDC(CANTDC{Mode: CANTDCManual, TDCV: 0x12, TDCO: 0x34, TDCF: 5}),
		"24000100 20a10700 00000000 00000000 00000000 00000000 00000000 00000000 00000000"+
			"0c000500 20060000 20040000"+
			"24000900 80841e00 00000000 00000000 00000000 00000000 00000000 00000000 00000000"+
			"1c001080 08000700 12000000 08000800 34000000 08000900 05000000")
	encoded(t, NewCAN("a").FD(true).TDC(CANTDC{Mode: CANTDCAuto, TDCO: 0x34}),
		"0c000500 20060000 20020000 0c001080 08000800 34000000")
	encoded(t, NewCAN("a").TDC(CANTDC{Mode: CANTDCAuto, TDCO: 0x34}).TDC(CANTDC{}), "0c000500 00060000 00000000")
}

func TestCANXLEncoding(t *testing.T) {
	encoded(t, NewCAN("a").Bitrate(500000).XLDataBitrate(8000000).XL(true).TMS(true).XLPWM(CANPWM{PWMS: 2, PWML: 6, PWMO: 1}),
		"24000100 20a10700 00000000 00000000 00000000 00000000 00000000 00000000 00000000"+
			"0c000500 00900000 00900000"+
			"24001200 00127a00 00000000 00000000 00000000 00000000 00000000 00000000 00000000"+
			"1c001680 08000700 02000000 08000800 06000000 08000900 01000000")
	encoded(t, NewCAN("a").XL(true).Restricted(true).XLTDC(CANTDC{Mode: CANTDCManual, TDCV: 9, TDCO: 8}),
		"0c000500 00780000 00580000 14001580 08000700 09000000 08000800 08000000")
}

func TestCANString(t *testing.T) {
	for _, c := range []struct {
		spec Spec
		want string
	}{
		{NewCAN("can0").Bitrate(500000).SamplePoint(875).Up(), "ip link set dev can0 up type can bitrate 500000 sample-point 0.875"},
		{NewCAN("can0").BitTiming(CANBitTiming{TQ: 125, PropSeg: 6, PhaseSeg1: 7, PhaseSeg2: 2, SJW: 1}).RestartDelay(100 * time.Millisecond),
			"ip link set dev can0 type can tq 125 prop-seg 6 phase-seg1 7 phase-seg2 2 sjw 1 restart-ms 100"},
		{NewCAN("can0").Restart(), "ip link set dev can0 type can restart"},
		{NewCAN("can0").MTU(72).Loopback(true).OneShot(false), "ip link set dev can0 mtu 72 type can loopback on one-shot off"},
		{NewCAN("can0").Bitrate(500000).DataBitrate(2000000).FD(true).TDC(CANTDC{Mode: CANTDCManual, TDCV: 9, TDCO: 8, TDCF: 7}),
			"ip link set dev can0 type can bitrate 500000 fd on tdc-mode manual dbitrate 2000000 tdcv 9 tdco 8 tdcf 7"},
		{NewCAN("can0").Bitrate(500000).XLDataBitTiming(CANBitTiming{Bitrate: 8000000, SamplePoint: 50}).XL(true).TMS(true).XLPWM(CANPWM{PWMS: 2, PWML: 6}),
			"ip link set dev can0 type can bitrate 500000 xl on tms on xbitrate 8000000 xsample-point 0.050 pwms 2 pwml 6"},
		{NewCAN("can0").DownFirst().Up().Bitrate(250000), "ip link set dev can0 down && ip link set dev can0 up type can bitrate 250000"},
		{NewCAN("can0").Alias("x").Termination(120), "ip link set dev can0 type can termination 120 && ip link set dev can0 alias x"},
		{NewVXCAN("a1").MTU(16).Peer(NewVXCAN("b1").MTU(16)), "ip link add a1 mtu 16 type vxcan peer b1 mtu 16"},
		{NewVCAN("vcan1"), "ip link add vcan1 type vcan"},
		{NewNlmon("nlmon0").Up(), "ip link add nlmon0 up type nlmon"},
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
	got := l.Info.(*CANInfo)
	if want := (CANBitTiming{Bitrate: 500000, SamplePoint: 750, TQ: 125, PropSeg: 5, PhaseSeg1: 6, PhaseSeg2: 4, SJW: 2, BRP: 1}); got.BitTiming != want {
		t.Errorf("timing %+v, want %+v", got.BitTiming, want)
	}
	if got.Clock != 8000000 || got.State != CANErrorPassive || got.TxErrors != 0x1234 || got.RxErrors != 0x5678 || got.RestartDelay != 100*time.Millisecond {
		t.Errorf("got %+v", got)
	}
	if !got.Loopback || !got.BerrReporting || got.ListenOnly || got.FD || got.SupportedModes.String() != "loopback|listen-only|triple-sampling|one-shot|berr-reporting|cc-len8-dlc" {
		t.Errorf("modes %+v", got)
	}
	if len(got.Terminations) != 2 || got.Terminations[1] != 120 || len(got.Bitrates) != 2 || got.Bitrates[0] != 50000 {
		t.Errorf("lists %v, %v", got.Terminations, got.Bitrates)
	}
	if want := (CANStats{1, 2, 3, 4, 5, 6}); got.Stats != want {
		t.Errorf("statistics %+v", got.Stats)
	}
}

func TestCANDelayDecoding(t *testing.T) {
	l := decoded(t, "68001200 0700010063616e00 5c000200"+
		"4c001080 08000100 01000000 08000200 7f000000 08000300 02000000 08000400 80000000 08000500 03000000 08000600 81000000"+
		"08000700 11000000 08000800 22000000 08000900 33000000"+
		"0c000500 00000000 20040000")
	got := l.Info.(*CANInfo)
	if want := (CANTDC{CANTDCManual, 0x11, 0x22, 0x33}); got.TDC != want {
		t.Errorf("got %+v, want %+v", got.TDC, want)
	}
	if want := (CANTDCLimits{1, 0x7f, 2, 0x80, 3, 0x81}); got.TDCLimits != want {
		t.Errorf("got %+v, want %+v", got.TDCLimits, want)
	}
}

func TestCANCreate(t *testing.T) {
	err := NewCAN("can0").Bitrate(500000).wanted().check("create")
	const want = "create can can0: unsupported operation (a CAN controller is there when its driver finds the hardware; Update changes it)"
	if err == nil || err.Error() != want || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCANRefusals(t *testing.T) {
	mac := []byte{2, 0, 0, 0, 0x12, 0x34}
	c := func() *CAN { return NewCAN("a") }
	fd := func() *CAN { return c().FD(true).Bitrate(500000).DataBitrate(2000000) }
	xl := func() *CAN { return c().XL(true).Bitrate(500000).XLDataBitrate(8000000) }
	for _, r := range []refusal{
		{spec: c().Address(mac), message: "address: frames on a CAN bus bear identifiers, not addresses"},
		{spec: c().MTU(73), message: "mtu: 73 is none of 16 for CAN, 72 for CAN FD, 76…2060 for CAN XL"},
		{spec: c().SamplePoint(800), message: "bittiming: needs Bitrate, or TQ and segments"},
		{spec: c().Bitrate(1000).SamplePoint(1000), message: "bittiming: SamplePoint 1000 is not in 0…999"},
		{spec: c().BitTiming(CANBitTiming{Bitrate: 1, TQ: 1}), message: "bittiming: Bitrate and TQ exclude each other"},
		{spec: c().BitTiming(CANBitTiming{Bitrate: 1, PropSeg: 1}), message: "bittiming: segments go with TQ, not with Bitrate, which the kernel finds them for"},
		{spec: c().BitTiming(CANBitTiming{TQ: 1, SamplePoint: 1}), message: "bittiming: SamplePoint goes with Bitrate: with TQ, the segments say where it is"},
		{spec: c().BitTiming(CANBitTiming{TQ: 5 * time.Second}), message: "bittiming: TQ 5s is not in 1ns…4.294967295s"},
		{spec: c().BitTiming(CANBitTiming{TQ: 1, PhaseSeg1: 1}), message: "bittiming: TQ needs PhaseSeg1 and PhaseSeg2"},
		{spec: c().RestartDelay(1500 * time.Microsecond), message: "restart-ms: 1.5ms is no multiple of 1ms, in which the kernel counts"},
		{spec: c().DataBitrate(2000000), message: "data_bittiming: needs FD(true) along with it"},
		{spec: c().DataBitrate(2000000).FD(false), message: "data_bittiming: needs FD(true) along with it"},
		{spec: c().TDC(CANTDC{Mode: CANTDCAuto}), message: "data_bittiming: needs FD(true) along with it"},
		{spec: c().FD(true).DataBitrate(2000000), message: "bittiming: FD(true) needs Bitrate or BitTiming along with it"},
		{spec: c().FD(true).Bitrate(500000), message: "data_bittiming: FD(true) needs DataBitrate or DataBitTiming along with it"},
		{spec: fd().TDC(CANTDC{Mode: CANTDCAuto, TDCV: 7}), message: "tdc: TDCV goes with CANTDCManual: with CANTDCAuto the controller measures it"},
		{spec: fd().TDC(CANTDC{Mode: 3}), message: "tdc-mode: 3 is none of off, auto, manual"},
		{spec: c().XLDataBitrate(8000000), message: "xl_data_bittiming: needs XL(true) along with it"},
		{spec: c().XL(true).Bitrate(500000), message: "xl_data_bittiming: XL(true) needs XLDataBitrate or XLDataBitTiming along with it"},
		{spec: xl().XLPWM(CANPWM{PWMS: 1, PWML: 2}), message: "xl_pwm: needs TMS(true) along with it"},
		{spec: xl().TMS(true).XLPWM(CANPWM{PWMS: 1}), message: "xl_pwm: needs PWMS and PWML; without both, the kernel finds them if XLPWM is not set"},
	} {
		r.op = "update"
		r.test(t)
	}
	accepted(t, "update", fd(), xl(), fd().TDC(CANTDC{}), c().FD(false), c().Bitrate(1), c().MTU(76), c().MTU(2060), c().Restart())
}

func TestVirtualCANRefusals(t *testing.T) {
	mac := []byte{2, 0, 0, 0, 0x12, 0x34}
	for _, r := range []refusal{
		{spec: NewVCAN("a").MTU(75), message: "mtu: 75 is none of 16 for CAN, 72 for CAN FD, 76…2060 for CAN XL"},
		{spec: NewVCAN("a").Address(mac), message: "address: frames on a CAN bus bear identifiers, not addresses"},
		{spec: NewVXCAN("a").Peer(NewVXCAN("b").MTU(2061)), message: "mtu: 2061 is none of 16 for CAN, 72 for CAN FD, 76…2060 for CAN XL"},
		{spec: NewNlmon("a").Address(mac), message: "address: an nlmon has no address"},
		{spec: NewNlmon("a").MTU(15), message: "mtu: 15 is not in 16…2147483647"},
	} {
		r.test(t)
	}
	accepted(t, "create", NewVCAN("a").MTU(1500), NewVCAN("a").MTU(16), NewVXCAN("a").MTU(72).Peer(NewVXCAN("b").MTU(2060)), NewNlmon("a").MTU(16))
}

// sja1000 is what a classic controller with an 8 MHz clock can do.
var sja1000 = CANBitTimingConst{"sja1000", 1, 16, 1, 8, 4, 1, 64, 1}

// TestCANTiming compares bit timings with what the kernel made of them.
func TestCANTiming(t *testing.T) {
	had := CANBitTiming{Bitrate: 500000, SamplePoint: 750, TQ: 125, PropSeg: 5, PhaseSeg1: 6, PhaseSeg2: 4, SJW: 2, BRP: 1}
	slow := had
	slow.Bitrate = 296296
	for _, c := range []struct {
		want, have CANBitTiming
		same       bool
	}{
		{CANBitTiming{Bitrate: 500000}, had, true},
		{CANBitTiming{Bitrate: 490000}, had, true},  // 8 MHz / 16 is nearer than 8 MHz / 17
		{CANBitTiming{Bitrate: 480000}, had, false}, // 8 MHz / 17 is nearer
		{CANBitTiming{Bitrate: 300000}, slow, true}, // as near as it comes
		{CANBitTiming{Bitrate: 500000, SamplePoint: 800}, had, true},
		{CANBitTiming{Bitrate: 500000, SamplePoint: 875}, had, false},
		{CANBitTiming{Bitrate: 500000, SamplePoint: 740}, had, false},
		{CANBitTiming{Bitrate: 500000, SJW: 3}, had, false},
		{CANBitTiming{TQ: 125, PropSeg: 5, PhaseSeg1: 6, PhaseSeg2: 4}, had, true},
		{CANBitTiming{TQ: 250, PropSeg: 5, PhaseSeg1: 6, PhaseSeg2: 4}, had, false},
		{CANBitTiming{TQ: 125, PropSeg: 4, PhaseSeg1: 7, PhaseSeg2: 4}, had, false},
		{CANBitTiming{Bitrate: 500000}, CANBitTiming{}, false},
	} {
		want := NewCAN("a").BitTiming(c.want).wanted()
		have := &CANInfo{BitTiming: c.have, BitTimingConst: sja1000, Clock: 8000000}
		if d := new(attr.Codec).Compare(want.set, nil, want.info.attrs, have.attrs); (len(d) == 0) != c.same {
			t.Errorf("%+v and %+v: %v", c.want, c.have, d)
		}
	}
}

func TestCANChanges(t *testing.T) {
	up := func(i CANInfo) *Link { return &Link{Kind: KindCAN, Flags: uapi.IFF_UP, Info: &i} }
	down := func(i CANInfo) *Link { return &Link{Kind: KindCAN, Info: &i} }
	c := func() *CAN { return NewCAN("a") }
	const needsDown = ": changes only while the link is down: DownFirst takes it down before"
	timed := CANInfo{BitTiming: CANBitTiming{Bitrate: 500000}}
	for _, x := range []struct {
		spec    *CAN
		have    *Link
		message string
	}{
		{c().Bitrate(250000), up(timed), "bittiming" + needsDown},
		{c().Bitrate(500000), up(timed), ""},
		{c().Loopback(true), up(timed), "loopback" + needsDown},
		{c().RestartDelay(time.Second), up(timed), "restart-ms" + needsDown},
		{c().Termination(120), up(timed), ""},
		{c().Bitrate(250000).DownFirst(), up(timed), ""},
		{c().MTU(72), up(timed), "mtu" + needsDown},
		{c().Bitrate(250000), down(CANInfo{}), ""},
		{c().Up(), down(CANInfo{}), "bittiming: must be set for the link to come up: Bitrate or BitTiming"},
		{c().Up(), down(timed), ""},
		{c().Up().Bitrate(250000), down(CANInfo{}), ""},
		{c().Restart(), down(timed), "restart: needs the link up"},
		{c().Restart(), up(CANInfo{RestartDelay: time.Second}), "restart: the controller restarts by itself after 1s (restart-ms)"},
		{c().Restart(), up(CANInfo{State: CANErrorPassive}), "restart: the controller is error-passive, not bus-off"},
		{c().Restart(), up(CANInfo{State: CANBusOff}), ""},
	} {
		refusedChange(t, x.spec, x.have, x.message)
	}
}

// TestCANTogether changes one of the settings that the kernel takes together.
func TestCANTogether(t *testing.T) {
	have := CANInfo{FD: true, BitTiming: CANBitTiming{Bitrate: 500000}, DataBitTiming: CANBitTiming{Bitrate: 2000000}}
	s := NewCAN("a").FD(true).Bitrate(500000).DataBitrate(4000000).OneShot(false)
	j := refusedChange(t, s, &Link{Kind: KindCAN, Info: &have}, "")
	if want := attr.SetOf(uapi.IFLA_CAN_BITTIMING, uapi.IFLA_CAN_DATA_BITTIMING, CANFD.row()); j.infoSet != want {
		t.Errorf("sends %v, want %v", j.infoSet, want)
	}
	j = refusedChange(t, s.DataBitrate(2000000), &Link{Kind: KindCAN, Info: &have}, "")
	if !j.infoSet.Empty() {
		t.Errorf("sends %v though nothing differs", j.infoSet)
	}
}
