package can

import (
	"math/bits"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a change to a CAN controller, ISO 11898-1. The controller must
// already exist: use Update, since Create returns an error. Except for Termination
// and Restart, the settings of CAN controllers can change only while the link is
// down; DownFirst takes it down first. One Update can change the settings and bring
// the link up.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the CAN controller with the given name. The controller
// must already exist: use Update, since Create returns an error.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindCAN, name, new(iplink.CANInfo))
	return b
}

// Info returns the settings and state of a CAN controller: its timings and modes,
// its State, the error counters TxErrors and RxErrors, and the event counters in
// Stats. It returns false if link is of another kind.
func Info(link *iplink.Link) (*iplink.CANInfo, bool) {
	info, ok := link.Info.(*iplink.CANInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.CANInfo {
	return own.Put[iplink.CANInfo](b.Own(b), number)
}

// RestartDelay sets the time after which the controller recovers from bus-off
// automatically, in whole milliseconds; 0, the default, is never
// (IFLA_CAN_RESTART_MS).
func (b *Builder) RestartDelay(after time.Duration) *Builder {
	b.set(uapi.IFLA_CAN_RESTART_MS).RestartDelay = after
	return b
}

// Restart makes the controller recover from bus-off immediately. The link must be
// up, in BusOff, and without a RestartDelay (IFLA_CAN_RESTART).
func (b *Builder) Restart() *Builder {
	b.set(uapi.IFLA_CAN_RESTART)
	return b
}

// Termination sets the resistance of the bus termination in ohms, one of
// CANInfo.Terminations, or 0 for none. It can change while the link is up
// (IFLA_CAN_TERMINATION).
func (b *Builder) Termination(ohms uint16) *Builder {
	b.set(uapi.IFLA_CAN_TERMINATION).Termination = ohms
	return b
}

// TDC sets the compensation of the transceiver's delay for the data of CAN FD
// frames. It requires FD, a bit timing and a data bit timing in the same Update.
// Without TDC, the kernel chooses (IFLA_CAN_TDC, CAN_CTRLMODE_TDC_AUTO,
// CAN_CTRLMODE_TDC_MANUAL).
func (b *Builder) TDC(tdc iplink.CANTDC) *Builder {
	b.compensate(tdc.Mode, uapi.IFLA_CAN_TDC)
	b.mode(iplink.CANTDCAutoMode).TDC = tdc
	return b
}

// XLTDC is TDC for the data of CAN XL frames. It requires XL and an XL data bit
// timing; since Linux 6.19 (IFLA_CAN_XL_TDC, CAN_CTRLMODE_XL_TDC_AUTO,
// CAN_CTRLMODE_XL_TDC_MANUAL).
func (b *Builder) XLTDC(tdc iplink.CANTDC) *Builder {
	b.compensate(tdc.Mode, uapi.IFLA_CAN_XL_TDC)
	b.mode(iplink.CANXLTDCAutoMode).XLTDC = tdc
	return b
}

// compensate marks a compensation attribute for sending. It is sent with any mode
// except TDCOff.
func (b *Builder) compensate(mode iplink.CANTDCMode, typ uint16) {
	if mode == iplink.CANTDCOff {
		b.Own(b).Set.Remove(typ)
	} else {
		b.Own(b).Set.Add(typ)
	}
}

// XLPWM sets the modulation of CAN XL data. It requires XL, TMS, a bit timing and an
// XL data bit timing in the same Update. Without XLPWM, the kernel computes it;
// since Linux 6.19 (IFLA_CAN_XL_PWM).
func (b *Builder) XLPWM(pwm iplink.CANPWM) *Builder {
	b.set(uapi.IFLA_CAN_XL_PWM).XLPWM = pwm
	return b
}

// mode marks a control mode as set and returns the struct that holds its value.
func (b *Builder) mode(mode iplink.CANModes) *iplink.CANInfo {
	return b.set(attr.Bit(uint(bits.TrailingZeros32(uint32(mode)))))
}

// Loopback makes the controller receive its own frames. Like all modes, it is off by
// default (CAN_CTRLMODE_LOOPBACK).
func (b *Builder) Loopback(on bool) *Builder {
	b.mode(iplink.CANLoopback).Loopback = on
	return b
}

// ListenOnly makes the controller send nothing, not even acknowledgements
// (CAN_CTRLMODE_LISTENONLY).
func (b *Builder) ListenOnly(on bool) *Builder {
	b.mode(iplink.CANListenOnly).ListenOnly = on
	return b
}

// TripleSampling makes the controller sample each bit three times
// (CAN_CTRLMODE_3_SAMPLES).
func (b *Builder) TripleSampling(on bool) *Builder {
	b.mode(iplink.CANTripleSampling).TripleSampling = on
	return b
}

// OneShot limits the controller to one attempt to send each frame
// (CAN_CTRLMODE_ONE_SHOT).
func (b *Builder) OneShot(on bool) *Builder {
	b.mode(iplink.CANOneShot).OneShot = on
	return b
}

// BerrReporting reports bus errors to programs (CAN_CTRLMODE_BERR_REPORTING).
func (b *Builder) BerrReporting(on bool) *Builder {
	b.mode(iplink.CANBerrReporting).BerrReporting = on
	return b
}

// FD enables CAN FD. Turning it on requires a bit timing and a data bit timing;
// turning it off clears the data bit timing (CAN_CTRLMODE_FD).
func (b *Builder) FD(on bool) *Builder {
	b.mode(iplink.CANFD).FD = on
	return b
}

// PresumeAck treats frames as sent even without an acknowledgement
// (CAN_CTRLMODE_PRESUME_ACK).
func (b *Builder) PresumeAck(on bool) *Builder {
	b.mode(iplink.CANPresumeAck).PresumeAck = on
	return b
}

// FDNonISO selects the version of CAN FD before ISO 11898-1
// (CAN_CTRLMODE_FD_NON_ISO).
func (b *Builder) FDNonISO(on bool) *Builder {
	b.mode(iplink.CANFDNonISO).FDNonISO = on
	return b
}

// CCLen8DLC uses the length codes 9 to 15 on the bus for classic frames of 8 bytes
// (CAN_CTRLMODE_CC_LEN8_DLC).
func (b *Builder) CCLen8DLC(on bool) *Builder {
	b.mode(iplink.CANCCLen8DLC).CCLen8DLC = on
	return b
}

// Restricted limits the controller to receiving and acknowledging frames; since
// Linux 6.19 (CAN_CTRLMODE_RESTRICTED).
func (b *Builder) Restricted(on bool) *Builder {
	b.mode(iplink.CANRestricted).Restricted = on
	return b
}

// XL enables CAN XL. Turning it on requires a bit timing and an XL data bit timing;
// since Linux 6.19 (CAN_CTRLMODE_XL).
func (b *Builder) XL(on bool) *Builder {
	b.mode(iplink.CANXL).XL = on
	return b
}

// TMS switches the mode of the transceiver for the data of CAN XL frames, whose
// modulation XLPWM can set; since Linux 6.19 (CAN_CTRLMODE_XL_TMS).
func (b *Builder) TMS(on bool) *Builder {
	b.mode(iplink.CANTMS).TMS = on
	return b
}

// Bitrate sets the bit rate of the bus in bit/s (IFLA_CAN_BITTIMING).
func (b *Builder) Bitrate(bps uint32) *Builder {
	b.set(uapi.IFLA_CAN_BITTIMING).BitTiming.Bitrate = bps
	return b
}

// SamplePoint sets the sample point of a bit in thousandths of the bit's length, 1
// to 999. It requires Bitrate. The default is the recommendation of CAN in
// Automation, 750 to 875. The kernel uses the closest earlier point that the
// controller supports (IFLA_CAN_BITTIMING).
func (b *Builder) SamplePoint(thousandths uint32) *Builder {
	b.set(uapi.IFLA_CAN_BITTIMING).BitTiming.SamplePoint = thousandths
	return b
}

// BitTiming sets the complete timing of the bus and replaces Bitrate and SamplePoint
// (IFLA_CAN_BITTIMING).
func (b *Builder) BitTiming(timing iplink.CANBitTiming) *Builder {
	b.set(uapi.IFLA_CAN_BITTIMING).BitTiming = timing
	return b
}

// DataBitrate is Bitrate for the data of CAN FD frames. It requires FD and a bit
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

// XLDataBitrate is Bitrate for the data of CAN XL frames. It requires XL and a bit
// timing in the same Update; since Linux 6.19 (IFLA_CAN_XL_DATA_BITTIMING).
func (b *Builder) XLDataBitrate(bps uint32) *Builder {
	b.set(uapi.IFLA_CAN_XL_DATA_BITTIMING).XLDataBitTiming.Bitrate = bps
	return b
}

// XLDataSamplePoint is SamplePoint for the data of CAN XL frames; since
// Linux 6.19 (IFLA_CAN_XL_DATA_BITTIMING).
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
