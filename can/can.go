// Package can changes CAN controllers, ISO 11898-1: their bit timing, their modes,
// and their recovery from errors.
package can

import "github.com/iplink-go/iplink"

// BitTiming is the length of a bit on the bus and its sample point.
type BitTiming = iplink.CANBitTiming

// TDC is the compensation of the transceiver's delay.
type TDC = iplink.CANTDC

// PWM is the pulse-width modulation of CAN XL data.
type PWM = iplink.CANPWM

// Methods to determine the transceiver's delay.
const (
	TDCOff    = iplink.CANTDCOff    // not compensated
	TDCAuto   = iplink.CANTDCAuto   // measured by the controller
	TDCManual = iplink.CANTDCManual // given by TDCV
)

// States of a controller on the bus.
const (
	ErrorActive  = iplink.CANErrorActive  // fewer than 96 errors
	ErrorWarning = iplink.CANErrorWarning // fewer than 128
	ErrorPassive = iplink.CANErrorPassive // fewer than 256; the controller no longer destroys the frames of others
	BusOff       = iplink.CANBusOff       // disconnected from the bus until it is restarted
	Stopped      = iplink.CANStopped      // the link is down
	Sleeping     = iplink.CANSleeping     // waiting for a wake-up from the bus
)
