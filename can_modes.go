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

// Control modes; the setters of can.Builder say what each is.
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
