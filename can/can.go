// Package can changes CAN controllers, ISO 11898-1: their bit timing, their modes,
// and their recovery from errors.
package can

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/uapi"
)

// BitTiming is the length of a bit on the bus and its sample point.
type BitTiming = iplink.CANBitTiming

// TDC is the compensation of the transceiver's delay.
type TDC = iplink.CANTDC

// PWM is the pulse-width modulation of CAN XL data.
type PWM = iplink.CANPWM

// MTUs in bytes: the length of the frames that a link of kind can, vcan or vxcan carries,
// as a raw socket takes them. A link with a larger MTU than MTU also carries the shorter
// frames. The MTU of a controller follows from FD and XL; vcan and vxcan links take it
// from their setter MTU.
const (
	MTU      = uapi.CAN_MTU       // 16, classic frames with up to 8 bytes of data (CAN_MTU)
	FDMTU    = uapi.CANFD_MTU     // 72, CAN FD frames with up to 64 bytes (CANFD_MTU)
	XLMinMTU = uapi.CANXL_MIN_MTU // 76, the smallest MTU for CAN XL frames (CANXL_MIN_MTU)
	XLMTU    = uapi.CANXL_MAX_MTU // 2060, CAN XL frames with up to 2048 bytes (CANXL_MTU)
)

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
