package iplink

import (
	"math/bits"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/wire"
)

// A CANState is how a CAN controller fares on the bus, ISO 11898-1.
type CANState uint32

// States. Each but the last two comes of more errors than the one before.
const (
	CANErrorActive  CANState = iota // fewer than 96 errors
	CANErrorWarning                 // fewer than 128
	CANErrorPassive                 // fewer than 256: it no longer destroys the frames of others
	CANBusOff                       // it takes no part until it is restarted
	CANStopped                      // the link is down
	CANSleeping                     // it waits for the bus to wake it
)

var canStates = attr.Words{"error-active", "error-warning", "error-passive", "bus-off", "stopped", "sleeping"}

// String returns the word of iproute2, in lower case.
func (s CANState) String() string {
	return attr.Word(canStates, s)
}

// CANModes are control modes of a CAN controller, a bit each.
type CANModes uint32

// Control modes; the setters of CAN say what each is.
const (
	CANLoopback CANModes = 1 << iota
	CANListenOnly
	CANTripleSampling
	CANOneShot
	CANBerrReporting
	CANFD
	CANPresumeAck
	CANFDNonISO
	CANCCLen8DLC
	CANTDCAutoMode
	CANTDCManualMode
	CANRestricted
	CANXL
	CANXLTDCAutoMode
	CANXLTDCManualMode
	CANTMS
)

var canModeWords = []string{"loopback", "listen-only", "triple-sampling", "one-shot", "berr-reporting", "fd",
	"presume-ack", "fd-non-iso", "cc-len8-dlc", "tdc-auto", "tdc-manual", "restricted", "xl", "xl-tdc-auto",
	"xl-tdc-manual", "tms"}

// String returns the words of iproute2, in lower case, with "|" between.
func (m CANModes) String() string {
	return attr.BitWords(uint32(m), canModeWords, "|")
}

// bit returns the number of the lowest bit.
func (m CANModes) bit() uint {
	return uint(bits.TrailingZeros32(uint32(m)))
}

// row returns the member of a set of settings that stands for the mode.
func (m CANModes) row() uint16 {
	return attr.Bit(m.bit())
}

func (v *CAN) mode(mode CANModes) *CAN {
	return v.with(mode.row())
}

// Loopback says whether the controller receives what it sends; off by default,
// as are all modes (CAN_CTRLMODE_LOOPBACK).
func (v *CAN) Loopback(on bool) *CAN {
	v.info.Loopback = on
	return v.mode(CANLoopback)
}

// ListenOnly says whether the controller keeps silent, acknowledgements included
// (CAN_CTRLMODE_LISTENONLY).
func (v *CAN) ListenOnly(on bool) *CAN {
	v.info.ListenOnly = on
	return v.mode(CANListenOnly)
}

// TripleSampling says whether the controller looks at each bit three times
// (CAN_CTRLMODE_3_SAMPLES).
func (v *CAN) TripleSampling(on bool) *CAN {
	v.info.TripleSampling = on
	return v.mode(CANTripleSampling)
}

// OneShot says whether the controller tries to send each frame only once
// (CAN_CTRLMODE_ONE_SHOT).
func (v *CAN) OneShot(on bool) *CAN {
	v.info.OneShot = on
	return v.mode(CANOneShot)
}

// BerrReporting says whether programs are told of errors on the bus
// (CAN_CTRLMODE_BERR_REPORTING).
func (v *CAN) BerrReporting(on bool) *CAN {
	v.info.BerrReporting = on
	return v.mode(CANBerrReporting)
}

// FD says whether the controller speaks CAN FD. To turn it on needs a bit timing
// and a data bit timing; to turn it off forgets the latter (CAN_CTRLMODE_FD).
func (v *CAN) FD(on bool) *CAN {
	v.info.FD = on
	return v.mode(CANFD)
}

// PresumeAck says whether frames count as sent without an acknowledgement
// (CAN_CTRLMODE_PRESUME_ACK).
func (v *CAN) PresumeAck(on bool) *CAN {
	v.info.PresumeAck = on
	return v.mode(CANPresumeAck)
}

// FDNonISO says whether the controller speaks CAN FD as it was before ISO
// 11898-1 (CAN_CTRLMODE_FD_NON_ISO).
func (v *CAN) FDNonISO(on bool) *CAN {
	v.info.FDNonISO = on
	return v.mode(CANFDNonISO)
}

// CCLen8DLC says whether classic frames of 8 bytes have lengths of 9 to 15 on
// the bus (CAN_CTRLMODE_CC_LEN8_DLC).
func (v *CAN) CCLen8DLC(on bool) *CAN {
	v.info.CCLen8DLC = on
	return v.mode(CANCCLen8DLC)
}

// Restricted says whether the controller receives and acknowledges and sends
// nothing else; since Linux 6.19 (CAN_CTRLMODE_RESTRICTED).
func (v *CAN) Restricted(on bool) *CAN {
	v.info.Restricted = on
	return v.mode(CANRestricted)
}

// XL says whether the controller speaks CAN XL. To turn it on needs a bit timing
// and an XL data bit timing; since Linux 6.19 (CAN_CTRLMODE_XL).
func (v *CAN) XL(on bool) *CAN {
	v.info.XL = on
	return v.mode(CANXL)
}

// TMS says whether the transceiver changes its mode for the data of CAN XL
// frames, which XLPWM can shape; since Linux 6.19 (CAN_CTRLMODE_XL_TMS).
func (v *CAN) TMS(on bool) *CAN {
	v.info.TMS = on
	return v.mode(CANTMS)
}

// canRestart is the request to come back from bus-off.
type canRestart struct{}

// AppendPayload appends any number.
func (canRestart) AppendPayload(b []byte) []byte {
	return wire.Order.AppendUint32(b, 1)
}

// ParsePayload reads nothing: the kernel does not report it.
func (canRestart) ParsePayload([]byte) error {
	return nil
}

// AppendWords appends the word.
func (canRestart) AppendWords(b []byte) []byte {
	return append(b, "restart"...)
}

// Check accepts it.
func (canRestart) Check() error {
	return nil
}
