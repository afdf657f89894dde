package iplink

import (
	"errors"
	"fmt"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A CANTDCMode says who measures the delay of the transceiver.
type CANTDCMode uint8

// Ways to find the delay of the transceiver.
const (
	CANTDCOff    CANTDCMode = iota // it is not compensated
	CANTDCAuto                     // the controller measures it
	CANTDCManual                   // it is TDCV
)

var canTDCModes = attr.Words{"off", "auto", "manual"}

// String returns the word of iproute2.
func (m CANTDCMode) String() string {
	return attr.Word(canTDCModes, m)
}

// A CANTDC compensates the delay of the transceiver, in ticks of the
// controller's clock, so that the controller compares what it sends with what
// comes back in time (struct can_tdc).
type CANTDC struct {
	Mode CANTDCMode // whether it is on, and who measures
	TDCV uint32     // the delay; only with CANTDCManual
	TDCO uint32     // the offset from there to where a bit is looked at
	TDCF uint32     // the filter window: the least position of a looked-at bit
}

// CANTDCLimits are what compensation a CAN controller can do, in ticks of its
// clock.
type CANTDCLimits struct {
	TDCVMin, TDCVMax uint32
	TDCOMin, TDCOMax uint32
	TDCFMin, TDCFMax uint32
}

// canTDC is a compensation in its nest.
type canTDC struct {
	*CANTDC
	limits *CANTDCLimits
	prefix string // of the words
}

// AppendPayload appends what is set: the kernel takes TDCV with CANTDCManual
// only.
func (t *canTDC) AppendPayload(b []byte) []byte {
	if t.Mode == CANTDCManual {
		b = wire.AppendU32(b, uapi.IFLA_CAN_TDC_TDCV, t.TDCV)
	}
	b = wire.AppendU32(b, uapi.IFLA_CAN_TDC_TDCO, t.TDCO)
	if t.TDCF != 0 {
		b = wire.AppendU32(b, uapi.IFLA_CAN_TDC_TDCF, t.TDCF)
	}
	return b
}

// ParsePayload reads the compensation and its limits.
func (t *canTDC) ParsePayload(b []byte) error {
	l := t.limits
	return parseMembers(b, nil, &l.TDCVMin, &l.TDCVMax, &l.TDCOMin, &l.TDCOMax, &l.TDCFMin, &l.TDCFMax,
		&t.TDCV, &t.TDCO, &t.TDCF)
}

// parseMembers reads a nest of 32-bit numbers, each into the field with its
// type as its position.
func parseMembers(b []byte, fields ...*uint32) error {
	for a, err := range wire.Attrs(b) {
		switch {
		case err != nil:
			return err
		case int(a.Type) >= len(fields) || fields[a.Type] == nil:
		case len(a.Data) != 4:
			return fmt.Errorf("%d bytes where 4 are due", len(a.Data))
		default:
			*fields[a.Type] = wire.Order.Uint32(a.Data)
		}
	}
	return nil
}

// AppendWords appends what is set; the mode has a row of its own.
func (t *canTDC) AppendWords(b []byte) []byte {
	if t.Mode == CANTDCManual {
		b = fmt.Appendf(b, "%stdcv %d ", t.prefix, t.TDCV)
	}
	b = fmt.Appendf(b, "%stdco %d", t.prefix, t.TDCO)
	if t.TDCF != 0 {
		b = fmt.Appendf(b, " %stdcf %d", t.prefix, t.TDCF)
	}
	return b
}

// Check refuses a delay that the kernel would not take.
func (t *canTDC) Check() error {
	if t.Mode == CANTDCAuto && t.TDCV != 0 {
		return errors.New("TDCV goes with CANTDCManual: with CANTDCAuto the controller measures it")
	}
	return nil
}

// A CANPWM is the pulse width modulation by which CAN XL data is sent with TMS,
// in the shortest quanta of the controller (struct can_pwm).
type CANPWM struct {
	PWMS uint32 // the short phase
	PWML uint32 // the long phase
	PWMO uint32 // the offset
}

// CANPWMLimits are what modulation a CAN controller can do.
type CANPWMLimits struct {
	PWMSMin, PWMSMax uint32
	PWMLMin, PWMLMax uint32
	PWMOMin, PWMOMax uint32
}

// canPWM is a modulation in its nest.
type canPWM struct {
	*CANPWM
	limits *CANPWMLimits
}

// AppendPayload appends what is set.
func (p *canPWM) AppendPayload(b []byte) []byte {
	b = wire.AppendU32(b, uapi.IFLA_CAN_PWM_PWMS, p.PWMS)
	b = wire.AppendU32(b, uapi.IFLA_CAN_PWM_PWML, p.PWML)
	if p.PWMO != 0 {
		b = wire.AppendU32(b, uapi.IFLA_CAN_PWM_PWMO, p.PWMO)
	}
	return b
}

// ParsePayload reads the modulation and its limits.
func (p *canPWM) ParsePayload(b []byte) error {
	l := p.limits
	return parseMembers(b, nil, &l.PWMSMin, &l.PWMSMax, &l.PWMLMin, &l.PWMLMax, &l.PWMOMin, &l.PWMOMax,
		&p.PWMS, &p.PWML, &p.PWMO)
}

// AppendWords appends what is set.
func (p *canPWM) AppendWords(b []byte) []byte {
	b = fmt.Appendf(b, "pwms %d pwml %d", p.PWMS, p.PWML)
	if p.PWMO != 0 {
		b = fmt.Appendf(b, " pwmo %d", p.PWMO)
	}
	return b
}

// Check refuses half a modulation.
func (p *canPWM) Check() error {
	if p.PWMS == 0 || p.PWML == 0 {
		return errors.New("needs PWMS and PWML; without both, the kernel finds them if XLPWM is not set")
	}
	return nil
}
