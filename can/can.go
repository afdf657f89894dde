// Package can changes CAN controllers, ISO 11898-1: their bit timing, their
// modes, and what becomes of them after errors.
package can

import "github.com/iplink-go/iplink"

// BitTiming is how long a bit on the bus is, and when it is looked at.
type BitTiming = iplink.CANBitTiming

// TDC compensates the delay of the transceiver.
type TDC = iplink.CANTDC

// PWM is the modulation by which CAN XL data is sent.
type PWM = iplink.CANPWM

// Ways to find the delay of the transceiver.
const (
	TDCOff    = iplink.CANTDCOff    // it is not compensated
	TDCAuto   = iplink.CANTDCAuto   // the controller measures it
	TDCManual = iplink.CANTDCManual // it is TDCV
)

// States: how a controller fares on the bus.
const (
	ErrorActive  = iplink.CANErrorActive  // fewer than 96 errors
	ErrorWarning = iplink.CANErrorWarning // fewer than 128
	ErrorPassive = iplink.CANErrorPassive // fewer than 256: it no longer destroys the frames of others
	BusOff       = iplink.CANBusOff       // it takes no part until it is restarted
	Stopped      = iplink.CANStopped      // the link is down
	Sleeping     = iplink.CANSleeping     // it waits for the bus to wake it
)
