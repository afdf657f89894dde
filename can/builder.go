package can

import (
	"math/bits"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a change of a CAN controller, ISO 11898-1, which exists
// already: Update is its verb, and Create refuses. Except for Termination and
// Restart, what only CAN controllers have can change only while the link is
// down: DownFirst takes it down before. One Update can change it and bring the
// link up.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the CAN controller of that name, which exists
// already: Update is its verb, and Create refuses.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindCAN, name, new(iplink.CANInfo))
	return b
}

// Info returns what the kernel reports of a CAN controller only: its timings and
// modes, its State, the error counters TxErrors and RxErrors, and in Stats what
// happened to it. It returns false if link is of another kind.
func Info(link *iplink.Link) (*iplink.CANInfo, bool) {
	info, ok := link.Info.(*iplink.CANInfo)
	return info, ok
}

// set marks a setting as made and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.CANInfo {
	return own.Put[iplink.CANInfo](b.Own(b), number)
}

// RestartDelay sets after which time the controller comes back from bus-off by
// itself, in whole milliseconds; 0, the default, for never
// (IFLA_CAN_RESTART_MS).
func (b *Builder) RestartDelay(after time.Duration) *Builder {
	b.set(uapi.IFLA_CAN_RESTART_MS).RestartDelay = after
	return b
}

// Restart makes the controller come back from bus-off now. The link must be up,
// in BusOff, and have no RestartDelay (IFLA_CAN_RESTART).
func (b *Builder) Restart() *Builder {
	b.set(uapi.IFLA_CAN_RESTART)
	return b
}

// Termination sets the resistor at the end of the bus in ohms, one of
// CANInfo.Terminations, 0 for none. It can change while the link is up
// (IFLA_CAN_TERMINATION).
func (b *Builder) Termination(ohms uint16) *Builder {
	b.set(uapi.IFLA_CAN_TERMINATION).Termination = ohms
	return b
}

// TDC sets how the delay of the transceiver is compensated for the data of CAN
// FD frames. It needs FD, a bit timing and a data bit timing in the same Update;
// without TDC, the kernel chooses (IFLA_CAN_TDC, CAN_CTRLMODE_TDC_AUTO,
// CAN_CTRLMODE_TDC_MANUAL).
func (b *Builder) TDC(tdc iplink.CANTDC) *Builder {
	b.compensate(tdc.Mode, uapi.IFLA_CAN_TDC)
	b.mode(iplink.CANTDCAutoMode).TDC = tdc
	return b
}

// XLTDC is TDC for the data of CAN XL frames, which needs XL and an XL data bit
// timing; since Linux 6.19 (IFLA_CAN_XL_TDC, CAN_CTRLMODE_XL_TDC_AUTO,
// CAN_CTRLMODE_XL_TDC_MANUAL).
func (b *Builder) XLTDC(tdc iplink.CANTDC) *Builder {
	b.compensate(tdc.Mode, uapi.IFLA_CAN_XL_TDC)
	b.mode(iplink.CANXLTDCAutoMode).XLTDC = tdc
	return b
}

// compensate notes that a compensation is to be sent, which goes with a mode
// other than TDCOff.
func (b *Builder) compensate(mode iplink.CANTDCMode, typ uint16) {
	if mode == iplink.CANTDCOff {
		b.Own(b).Set.Remove(typ)
	} else {
		b.Own(b).Set.Add(typ)
	}
}

// XLPWM sets the modulation of CAN XL data, which needs XL, TMS, a bit timing
// and an XL data bit timing in the same Update. Without XLPWM, the kernel finds
// one; since Linux 6.19 (IFLA_CAN_XL_PWM).
func (b *Builder) XLPWM(pwm iplink.CANPWM) *Builder {
	b.set(uapi.IFLA_CAN_XL_PWM).XLPWM = pwm
	return b
}

// mode marks a control mode as set and returns the struct that holds its value.
func (b *Builder) mode(mode iplink.CANModes) *iplink.CANInfo {
	return b.set(attr.Bit(uint(bits.TrailingZeros32(uint32(mode)))))
}

// Loopback says whether the controller receives what it sends; off by default,
// as are all modes (CAN_CTRLMODE_LOOPBACK).
func (b *Builder) Loopback(on bool) *Builder {
	b.mode(iplink.CANLoopback).Loopback = on
	return b
}

// ListenOnly says whether the controller keeps silent, acknowledgements included
// (CAN_CTRLMODE_LISTENONLY).
func (b *Builder) ListenOnly(on bool) *Builder {
	b.mode(iplink.CANListenOnly).ListenOnly = on
	return b
}

// TripleSampling says whether the controller looks at each bit three times
// (CAN_CTRLMODE_3_SAMPLES).
func (b *Builder) TripleSampling(on bool) *Builder {
	b.mode(iplink.CANTripleSampling).TripleSampling = on
	return b
}

// OneShot says whether the controller tries to send each frame only once
// (CAN_CTRLMODE_ONE_SHOT).
func (b *Builder) OneShot(on bool) *Builder {
	b.mode(iplink.CANOneShot).OneShot = on
	return b
}

// BerrReporting says whether programs are told of errors on the bus
// (CAN_CTRLMODE_BERR_REPORTING).
func (b *Builder) BerrReporting(on bool) *Builder {
	b.mode(iplink.CANBerrReporting).BerrReporting = on
	return b
}

// FD says whether the controller speaks CAN FD. To turn it on needs a bit timing
// and a data bit timing; to turn it off forgets the latter (CAN_CTRLMODE_FD).
func (b *Builder) FD(on bool) *Builder {
	b.mode(iplink.CANFD).FD = on
	return b
}

// PresumeAck says whether frames count as sent without an acknowledgement
// (CAN_CTRLMODE_PRESUME_ACK).
func (b *Builder) PresumeAck(on bool) *Builder {
	b.mode(iplink.CANPresumeAck).PresumeAck = on
	return b
}

// FDNonISO says whether the controller speaks CAN FD as it was before ISO
// 11898-1 (CAN_CTRLMODE_FD_NON_ISO).
func (b *Builder) FDNonISO(on bool) *Builder {
	b.mode(iplink.CANFDNonISO).FDNonISO = on
	return b
}

// CCLen8DLC says whether classic frames of 8 bytes have lengths of 9 to 15 on
// the bus (CAN_CTRLMODE_CC_LEN8_DLC).
func (b *Builder) CCLen8DLC(on bool) *Builder {
	b.mode(iplink.CANCCLen8DLC).CCLen8DLC = on
	return b
}

// Restricted says whether the controller receives and acknowledges and sends
// nothing else; since Linux 6.19 (CAN_CTRLMODE_RESTRICTED).
func (b *Builder) Restricted(on bool) *Builder {
	b.mode(iplink.CANRestricted).Restricted = on
	return b
}

// XL says whether the controller speaks CAN XL. To turn it on needs a bit timing
// and an XL data bit timing; since Linux 6.19 (CAN_CTRLMODE_XL).
func (b *Builder) XL(on bool) *Builder {
	b.mode(iplink.CANXL).XL = on
	return b
}

// TMS says whether the transceiver changes its mode for the data of CAN XL
// frames, which XLPWM can shape; since Linux 6.19 (CAN_CTRLMODE_XL_TMS).
func (b *Builder) TMS(on bool) *Builder {
	b.mode(iplink.CANTMS).TMS = on
	return b
}

// Bitrate sets the bit rate of the bus in bit/s (IFLA_CAN_BITTIMING).
func (b *Builder) Bitrate(bps uint32) *Builder {
	b.set(uapi.IFLA_CAN_BITTIMING).BitTiming.Bitrate = bps
	return b
}

// SamplePoint sets when a bit is looked at, in thousandths of its length, 1 to
// 999; it goes with Bitrate. By default it is what CAN in Automation recommends,
// 750 to 875; the kernel takes the nearest before it that the controller can do
// (IFLA_CAN_BITTIMING).
func (b *Builder) SamplePoint(thousandths uint32) *Builder {
	b.set(uapi.IFLA_CAN_BITTIMING).BitTiming.SamplePoint = thousandths
	return b
}

// BitTiming sets the timing of the bus in full, in place of what Bitrate and
// SamplePoint set (IFLA_CAN_BITTIMING).
func (b *Builder) BitTiming(timing iplink.CANBitTiming) *Builder {
	b.set(uapi.IFLA_CAN_BITTIMING).BitTiming = timing
	return b
}

// DataBitrate is Bitrate for the data of CAN FD frames. It needs FD and a bit
// timing in the same Update (IFLA_CAN_DATA_BITTIMING).
func (b *Builder) DataBitrate(bps uint32) *Builder {
	b.set(uapi.IFLA_CAN_DATA_BITTIMING).DataBitTiming.Bitrate = bps
	return b
}

// DataSamplePoint is SamplePoint for the data of CAN FD frames
// (IFLA_CAN_DATA_BITTIMING).
func (b *Builder) DataSamplePoint(thousandths uint32) *Builder {
	b.set(uapi.IFLA_CAN_DATA_BITTIMING).DataBitTiming.SamplePoint = thousandths
	return b
}

// DataBitTiming is BitTiming for the data of CAN FD frames
// (IFLA_CAN_DATA_BITTIMING).
func (b *Builder) DataBitTiming(timing iplink.CANBitTiming) *Builder {
	b.set(uapi.IFLA_CAN_DATA_BITTIMING).DataBitTiming = timing
	return b
}

// XLDataBitrate is Bitrate for the data of CAN XL frames. It needs XL and a bit
// timing in the same Update; since Linux 6.19 (IFLA_CAN_XL_DATA_BITTIMING).
func (b *Builder) XLDataBitrate(bps uint32) *Builder {
	b.set(uapi.IFLA_CAN_XL_DATA_BITTIMING).XLDataBitTiming.Bitrate = bps
	return b
}

// XLDataSamplePoint is SamplePoint for the data of CAN XL frames; since Linux
// 6.19 (IFLA_CAN_XL_DATA_BITTIMING).
func (b *Builder) XLDataSamplePoint(thousandths uint32) *Builder {
	b.set(uapi.IFLA_CAN_XL_DATA_BITTIMING).XLDataBitTiming.SamplePoint = thousandths
	return b
}

// XLDataBitTiming is BitTiming for the data of CAN XL frames; since Linux 6.19
// (IFLA_CAN_XL_DATA_BITTIMING).
func (b *Builder) XLDataBitTiming(timing iplink.CANBitTiming) *Builder {
	b.set(uapi.IFLA_CAN_XL_DATA_BITTIMING).XLDataBitTiming = timing
	return b
}
