package iplink

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// canAddress is the reason why CAN links have no link-layer address.
const canAddress = "frames on a CAN bus bear identifiers, not addresses"

// canSizes returns the reason why an MTU is invalid for CAN links. The kernel does
// not check the MTU when it creates a link.
func canSizes(mtu uint32) string {
	switch {
	case mtu == uapi.CAN_MTU || mtu == uapi.CANFD_MTU:
	case mtu >= uapi.CANXL_MIN_MTU && mtu <= uapi.CANXL_MAX_MTU:
	default:
		return fmt.Sprintf("%d is none of %d for CAN, %d for CAN FD, %d…%d for CAN XL",
			mtu, uapi.CAN_MTU, uapi.CANFD_MTU, uapi.CANXL_MIN_MTU, uapi.CANXL_MAX_MTU)
	}
	return ""
}

// canData holds the settings that belong together for the data of one frame format.
type canData struct {
	mode, delayMode    CANModes
	timing, delay, pwm uint16 // attributes; 0 if the format has none
	on                 func(*CANInfo) bool
	words              [3]string // the names of the setters of mode and timing, and of the timing's row
}

var canFormats = []canData{
	{mode: CANFD, delayMode: CANTDCAutoMode, timing: uapi.IFLA_CAN_DATA_BITTIMING, delay: uapi.IFLA_CAN_TDC,
		on: func(v *CANInfo) bool { return v.FD }, words: [3]string{"FD", "DataBitrate or DataBitTiming", "data_bittiming"}},
	{mode: CANXL, delayMode: CANXLTDCAutoMode, timing: uapi.IFLA_CAN_XL_DATA_BITTIMING, delay: uapi.IFLA_CAN_XL_TDC,
		pwm: uapi.IFLA_CAN_XL_PWM, on: func(v *CANInfo) bool { return v.XL }, words: [3]string{"XL", "XLDataBitrate or XLDataBitTiming", "xl_data_bittiming"}},
}

// validate checks the rules of can_validate in the kernel, for which older kernels
// return errnos without a message.
func (v *CANInfo) validate(_ string, s *spec) error {
	var all []error
	for _, f := range canFormats {
		all = append(all, f.require(v, s.Set))
	}
	all = append(all, v.requireModulation(s.Set))
	return errors.Join(all...)
}

func (f *canData) require(v *CANInfo, set attr.Set) error {
	turnedOn := set.Has(f.mode.row()) && f.on(v)
	rest := set.Has(f.timing) || set.Has(f.delay) || set.Has(f.pwm) && f.pwm != 0
	switch {
	case rest && !turnedOn:
		return &attr.Error{Name: f.words[2], Text: fmt.Sprintf("needs %s(true) along with it", f.words[0])}
	case turnedOn && !set.Has(uapi.IFLA_CAN_BITTIMING):
		return &attr.Error{Name: "bittiming", Text: fmt.Sprintf("%s(true) needs Bitrate or BitTiming along with it", f.words[0])}
	case turnedOn && !set.Has(f.timing):
		return &attr.Error{Name: f.words[2], Text: fmt.Sprintf("%s(true) needs %s along with it", f.words[0], f.words[1])}
	}
	return nil
}

func (v *CANInfo) requireModulation(set attr.Set) error {
	if set.Has(uapi.IFLA_CAN_XL_PWM) && !(set.Has(CANTMS.row()) && v.TMS) {
		return &attr.Error{Name: "xl_pwm", Text: "needs TMS(true) along with it"}
	}
	return nil
}

// together returns the settings that the kernel accepts only together with the
// changed ones.
func (f *canData) together(changed attr.Set) attr.Set {
	all := attr.SetOf(uapi.IFLA_CAN_BITTIMING, f.mode.row(), f.delayMode.row(), f.timing, f.delay)
	if f.pwm != 0 {
		all.Add(f.pwm)
		all.Add(CANTMS.row())
	}
	if changed.And(all).Empty() {
		return attr.Set{}
	}
	return all
}

// canWhileDown are the settings that can change only while the link is down: all but
// the termination and the restart.
var canWhileDown = canModeRows(attr.SetOf(uapi.IFLA_CAN_BITTIMING, uapi.IFLA_CAN_RESTART_MS,
	uapi.IFLA_CAN_DATA_BITTIMING, uapi.IFLA_CAN_TDC,
	uapi.IFLA_CAN_XL_DATA_BITTIMING, uapi.IFLA_CAN_XL_TDC, uapi.IFLA_CAN_XL_PWM))

// canModeRows adds the rows of all control modes to a set.
func canModeRows(set attr.Set) attr.Set {
	for bit := range canModeWords {
		set.Add(attr.Bit(uint(bit)))
	}
	return set
}

// canBefore refuses changes that the present state of the controller does not allow,
// and adds the settings that the kernel requires in the same request.
func canBefore(j *job, have *Link) *attr.Error {
	want, ok := j.spec.Info.(*CANInfo)
	has, is := have.Info.(*CANInfo)
	if !ok || !is {
		return nil
	}
	j.infoSet = j.infoSet.Or(j.spec.Set.And(canTogether(want, j.infoSet)))
	return canController(j, have, has)
}

func canTogether(want *CANInfo, changed attr.Set) (all attr.Set) {
	for _, f := range canFormats {
		if f.on(want) {
			all = all.Or(f.together(changed))
		}
	}
	return all
}

// canController refuses requests that the controller cannot carry out in its present
// state.
func canController(j *job, have *Link, has *CANInfo) *attr.Error {
	up := j.spec.flags&j.spec.change&uapi.IFF_UP != 0
	restart := j.infoSet.Has(uapi.IFLA_CAN_RESTART)
	switch {
	case up && !have.Up() && has.BitTiming.Bitrate == 0 && !j.infoSet.Has(uapi.IFLA_CAN_BITTIMING):
		return &attr.Error{Name: "bittiming", Text: "must be set for the link to come up: Bitrate or BitTiming"}
	case restart && !have.Up():
		return &attr.Error{Name: "restart", Text: "needs the link up"}
	case restart && has.RestartDelay != 0:
		return &attr.Error{Name: "restart", Text: fmt.Sprintf("the controller restarts by itself after %v (restart-ms)", has.RestartDelay)}
	case restart && has.State != CANBusOff:
		return &attr.Error{Name: "restart", Text: fmt.Sprintf("the controller is %v, not bus-off", has.State), Errno: syscall.EBUSY}
	}
	return nil
}
