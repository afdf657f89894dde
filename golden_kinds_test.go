package iplink_test

import (
	"time"

	"github.com/iplink-go/iplink/can"
	"github.com/iplink-go/iplink/ipoib"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/ipvtap"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/nlmon"
	"github.com/iplink-go/iplink/vcan"
	"github.com/iplink-go/iplink/vxcan"
)

func goldenIPvlan() []goldenCase {
	base := func() *ipvlan.Builder { return ipvlan.New("t0").Index(goldenIndex).Parent("under") }
	return []goldenCase{
		{"ipvlan", "plain", base()},
		{"ipvlan", "vepa", base().Mode(ipvlan.L3S).Flags(ipvlan.VEPA)},
		{"ipvlan", "bridge", base().Mode(ipvlan.L2).Flags(ipvlan.Bridge)},
		{"ipvtap", "private", ipvtap.New("t0").Index(goldenIndex).Parent("under").Mode(ipvtap.L3).Flags(ipvtap.Private)},
	}
}

func goldenMACsec() []goldenCase {
	base := func() *macsec.Builder { return macsec.New("t0").Index(goldenIndex).Parent("under") }
	return []goldenCase{
		{"macsec", "plain", base()},
		{"macsec", "sci", base().SCI(macsec.SCIOf(goldenMAC, 0x1234)).Cipher(macsec.GCMAES128).ICVLen(12)},
		{"macsec", "port", base().Port(0x1234).Encrypt(true).Protect(false).Validate(macsec.Check).EncodingSA(3)},
		{"macsec", "xpn", base().Cipher(macsec.GCMAESXPN256).Replay(true).Window(0x12345678)},
		{"macsec", "end-station", base().EndStation(true)},
		{"macsec", "scb", base().SCB(true).Offload(macsec.OffloadMAC)},
	}
}

func goldenCAN() []goldenCase {
	return []goldenCase{
		{"vcan", "plain", vcan.New("t0").Index(goldenIndex).MTU(72)},
		{"vxcan", "plain", vxcan.New("t0").Index(goldenIndex)},
		{"vxcan", "peer", vxcan.New("t0").Index(goldenIndex).Up().Peer(vxcan.New("t1").Index(0x4321).MTU(16))},
		{"can", "bitrate", can.New("backup").Bitrate(500000).SamplePoint(875).RestartDelay(0x1234 * time.Millisecond)},
		{"can", "segments", can.New("backup").BitTiming(can.BitTiming{TQ: 125, PropSeg: 6, PhaseSeg1: 7, PhaseSeg2: 2, SJW: 3})},
		{"can", "modes", can.New("backup").Loopback(true).ListenOnly(false).TripleSampling(true).OneShot(false).
			BerrReporting(true).PresumeAck(true).FDNonISO(false).CCLen8DLC(true)},
		{"can", "fd", can.New("backup").FD(true).Bitrate(500000).DataBitrate(2000000).DataSamplePoint(750)},
		{"can", "tdc-off", can.New("backup").FD(true).Bitrate(500000).DataBitrate(2000000).TDC(can.TDC{})},
		{"can", "restart", can.New("backup").Restart()},
		{"can", "termination", can.New("backup").Termination(0x1234)},
		{"can", "up", can.New("backup").Bitrate(250000).Up()},
	}
}

func goldenIPoIB() []goldenCase {
	base := func() *ipoib.Builder { return ipoib.New("t0").Index(goldenIndex).Parent("under") }
	return []goldenCase{
		{"ipoib", "plain", base()},
		{"ipoib", "pkey", base().PKey(0x1234).Mode(ipoib.Datagram)},
		{"ipoib", "connected", base().Mode(ipoib.Connected).UMCast(true)},
		{"nlmon", "plain", nlmon.New("t0").Index(goldenIndex).Up()},
	}
}

// handWrittenCAN are requests for controllers that `ip` has no word for, or says
// less about: of the two bits of the compensation it names one.
func handWrittenCAN() []written {
	fd := func() *can.Builder { return can.New("backup").FD(true).Bitrate(500000).DataBitrate(2000000) }
	xl := func() *can.Builder { return can.New("backup").XL(true).Bitrate(500000).XLDataBitrate(8000000) }
	return []written{
		{"can", "18.2.5", fd().TDC(can.TDC{Mode: can.TDCManual, TDCV: 5, TDCO: 7}), "20 06 00 00 20 04 00 00"},
		{"can", "18.2.16", fd().TDC(can.TDC{Mode: can.TDCManual, TDCV: 0x12, TDCO: 0x34, TDCF: 5}),
			"08 00 07 00 12 00 00 00 08 00 08 00 34 00 00 00 08 00 09 00 05 00 00 00"},
		{"can", "18.2.5", xl().TMS(true).Restricted(true), "00 98 00 00 00 98 00 00"},
		{"can", "18.2.18", xl(), "00 12 7a 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"},
		{"can", "18.2.21", xl().XLTDC(can.TDC{Mode: can.TDCAuto, TDCO: 0x34}), "08 00 08 00 34 00 00 00"},
		{"can", "18.2.22", xl().TMS(true).XLPWM(can.PWM{PWMS: 2, PWML: 6}), "08 00 07 00 02 00 00 00 08 00 08 00 06 00 00 00"},
	}
}
