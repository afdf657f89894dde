package iplink

import (
	"errors"
	"fmt"
	"math/bits"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/jsonform"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/internal/words"
)

var canKind = kind{
	config:         "CAN_DEV",
	info:           func() info { return new(CANInfo) },
	hardware:       "a CAN controller is there when its driver finds the hardware; Update changes it",
	address:        canAddress,
	sizes:          canSizes,
	mtuDown:        true,
	whileDown:      canWhileDown,
	validateChange: canBefore,
	copied:         canCopied,
	defaultsOf:     canDefaults,
}

// canCopied leaves out settings that are off, and a bit rate beside the timing that it
// stands for.
func canCopied(_ *Link, s *own.Settings) {
	v := s.Info.(*CANInfo)
	for _, t := range []*CANBitTiming{&v.BitTiming, &v.DataBitTiming, &v.XLDataBitTiming} {
		if t.TQ != 0 {
			t.Bitrate, t.SamplePoint = 0, 0
		}
	}
	for typ, on := range map[uint16]bool{
		uapi.IFLA_CAN_BITTIMING:         v.BitTiming != CANBitTiming{},
		uapi.IFLA_CAN_DATA_BITTIMING:    v.FD && v.DataBitTiming != CANBitTiming{},
		uapi.IFLA_CAN_XL_DATA_BITTIMING: v.XL && v.XLDataBitTiming != CANBitTiming{},
		uapi.IFLA_CAN_TDC:               v.TDC.Mode != CANTDCOff,
		uapi.IFLA_CAN_XL_TDC:            v.XLTDC.Mode != CANTDCOff,
		uapi.IFLA_CAN_XL_PWM:            v.TMS,
	} {
		if !on {
			s.Set.Remove(typ)
		}
	}
}

// canDefaults returns the settings of a controller that nothing was set for. The MTU
// follows from the frames that the link carries.
func canDefaults(i info) string {
	mtu := " mtu 16"
	switch v := i.(*CANInfo); {
	case v.XL:
		mtu = " mtu 2060"
	case v.FD:
		mtu = " mtu 72"
	}
	return withoutARP + mtu + " txqueuelen 10 restart-ms 0 termination 0 loopback off listen-only off triple-sampling off one-shot off berr-reporting off " +
		"fd off presume-ack off fd-non-iso off cc-len8-dlc off tdc-mode off restricted off xl off xtdc-mode off tms off"
}

var vcanKind = kind{
	config:   "CAN_VCAN",
	address:  canAddress,
	sizes:    canSizes,
	mtuDown:  true,
	defaults: withoutARP + " mtu 72",
}

var vxcanKind = kind{
	config:   "CAN_VXCAN",
	info:     func() info { return new(VXCANInfo) },
	peer:     uapi.VXCAN_INFO_PEER,
	peerName: "vxcan",
	address:  canAddress,
	sizes:    canSizes,
	mtuDown:  true,
	defaults: withoutARP + " mtu 72",
}

// VXCANInfo holds the attributes of a vxcan link.
type VXCANInfo struct {
	// Peer is the interface index of the other end, in the namespace PeerNetNSID if
	// that is not -1.
	Peer int
	// PeerNetNSID is the id of the namespace of the other end, as assigned in the
	// namespace of the link; -1 if both ends are in the same namespace.
	PeerNetNSID int32
}

// attrs is empty: the kernel reports no attributes of its own for a vxcan.
func (v *VXCANInfo) attrs(*attr.Codec) {}

// afterDecode copies the peer from the common attributes that report it.
func (v *VXCANInfo) afterDecode(l *Link) {
	v.Peer, v.PeerNetNSID = l.Parent, l.NetNSID
}

// CANInfo holds the attributes of a CAN controller, ISO 11898-1.
type CANInfo struct {
	// BitTiming is the bit timing of the bus (IFLA_CAN_BITTIMING), DataBitTiming the
	// bit timing of the data of CAN FD frames (IFLA_CAN_DATA_BITTIMING), and
	// XLDataBitTiming the bit timing of the data of CAN XL frames
	// (IFLA_CAN_XL_DATA_BITTIMING); zero if there is none.
	BitTiming, DataBitTiming, XLDataBitTiming CANBitTiming
	// BitTimingConst, DataBitTimingConst and XLDataBitTimingConst are the limits of
	// the controller (IFLA_CAN_BITTIMING_CONST, …).
	BitTimingConst, DataBitTimingConst, XLDataBitTimingConst CANBitTimingConst
	// Bitrates, DataBitrates and XLDataBitrates are the only bit rates that the
	// controller supports, in bit/s; empty if it has no such list
	// (IFLA_CAN_BITRATE_CONST, …). BitrateMax is the maximum bit rate of the
	// transceiver, 0 for no limit (IFLA_CAN_BITRATE_MAX).
	Bitrates, DataBitrates, XLDataBitrates []uint32
	BitrateMax                             uint32
	// Clock is the frequency of the controller's clock in Hz (IFLA_CAN_CLOCK).
	Clock uint32
	// State is the error state of the controller (IFLA_CAN_STATE). TxErrors and
	// RxErrors are the error counters that determine it (IFLA_CAN_BERR_COUNTER).
	State              CANState
	TxErrors, RxErrors uint16
	// Loopback, ListenOnly, TripleSampling, OneShot and BerrReporting report whether
	// these control modes are on (IFLA_CAN_CTRLMODE). The modes are described at the
	// setters of the same names.
	Loopback, ListenOnly, TripleSampling, OneShot, BerrReporting bool
	// FD, PresumeAck, FDNonISO, CCLen8DLC, Restricted, XL and TMS report whether the
	// other control modes are on.
	FD, PresumeAck, FDNonISO, CCLen8DLC, Restricted, XL, TMS bool
	// SupportedModes are the modes that the controller can turn on and off
	// (IFLA_CAN_CTRLMODE_EXT).
	SupportedModes CANModes
	// RestartDelay is the time after which the controller restarts from bus-off by
	// itself, 0 for never (IFLA_CAN_RESTART_MS).
	RestartDelay time.Duration
	// Termination is the terminating resistance of the bus in ohms, 0 for none
	// (IFLA_CAN_TERMINATION). Terminations are the supported values
	// (IFLA_CAN_TERMINATION_CONST).
	Termination  uint16
	Terminations []uint16
	// TDC and XLTDC compensate the delay of the transceiver (IFLA_CAN_TDC,
	// IFLA_CAN_XL_TDC). TDCLimits and XLTDCLimits are the limits of the controller.
	TDC, XLTDC             CANTDC
	TDCLimits, XLTDCLimits CANTDCLimits
	// XLPWM is the modulation with TMS, and XLPWMLimits are the limits of the
	// controller (IFLA_CAN_XL_PWM).
	XLPWM       CANPWM
	XLPWMLimits CANPWMLimits
	// Stats counts events of the controller (IFLA_INFO_XSTATS).
	Stats CANStats
}

// CANStats counts events of a CAN controller (struct can_device_stats).
type CANStats struct {
	BusErrors       uint32 // errors on the bus
	ErrorWarning    uint32 // changes to CANErrorWarning
	ErrorPassive    uint32 // changes to CANErrorPassive
	BusOff          uint32 // changes to CANBusOff
	ArbitrationLost uint32 // frames that lost the arbitration
	Restarts        uint32 // returns from CANBusOff
}

func (v *CANInfo) attrs(c *attr.Codec) {
	v.classic(c)
	v.modes(c)
	v.fd(c)
	v.xl(c)
}

func (v *CANInfo) classic(c *attr.Codec) {
	attr.Custom(c.ValueOnly(), uapi.IFLA_CAN_BITTIMING, "bittiming", &canTiming{&v.BitTiming, &v.BitTimingConst, &v.Clock, ""})
	attr.Report(c, uapi.IFLA_CAN_BITTIMING_CONST, "bittiming_const", canBitTimingConstLen, &v.BitTimingConst, (*CANBitTimingConst).parse)
	attr.Array(c, uapi.IFLA_CAN_BITRATE_CONST, "bitrate_const", &v.Bitrates)
	attr.U32(c.ReadOnly(), uapi.IFLA_CAN_BITRATE_MAX, "bitrate_max", &v.BitrateMax)
	attr.U32(c.ReadOnly(), uapi.IFLA_CAN_CLOCK, "clock", &v.Clock)
	attr.Enum(c.ReadOnly(), uapi.IFLA_CAN_STATE, "state", &v.State, canStates)
	attr.Report(c.NoEvent(), uapi.IFLA_CAN_BERR_COUNTER, "berr_counter", 4, v, (*CANInfo).parseErrors)
	attr.Millis(c, uapi.IFLA_CAN_RESTART_MS, "restart-ms", &v.RestartDelay)
	attr.Custom(c.WriteOnly().ValueOnly(), uapi.IFLA_CAN_RESTART, "restart", canRestart{})
	attr.U16(c, uapi.IFLA_CAN_TERMINATION, "termination", &v.Termination)
	attr.Array(c, uapi.IFLA_CAN_TERMINATION_CONST, "termination_const", &v.Terminations)
}

func (v *CANInfo) modes(c *attr.Codec) {
	o := attr.Bits{Type: uapi.IFLA_CAN_CTRLMODE, MaskFirst: true}
	o.OnOff(c, CANLoopback.bit(), "loopback", &v.Loopback)
	o.OnOff(c, CANListenOnly.bit(), "listen-only", &v.ListenOnly)
	o.OnOff(c, CANTripleSampling.bit(), "triple-sampling", &v.TripleSampling)
	o.OnOff(c, CANOneShot.bit(), "one-shot", &v.OneShot)
	o.OnOff(c, CANBerrReporting.bit(), "berr-reporting", &v.BerrReporting)
	o.OnOff(c, CANFD.bit(), "fd", &v.FD)
	o.OnOff(c, CANPresumeAck.bit(), "presume-ack", &v.PresumeAck)
	o.OnOff(c, CANFDNonISO.bit(), "fd-non-iso", &v.FDNonISO)
	o.OnOff(c, CANCCLen8DLC.bit(), "cc-len8-dlc", &v.CCLen8DLC)
	attr.BitChoice(o, c, CANTDCAutoMode.bit(), "tdc-mode", &v.TDC.Mode, canTDCModes)
	o.OnOff(c.Since(6, 19), CANRestricted.bit(), "restricted", &v.Restricted)
	o.OnOff(c.Since(6, 19), CANXL.bit(), "xl", &v.XL)
	attr.BitChoice(o, c.Since(6, 19), CANXLTDCAutoMode.bit(), "xtdc-mode", &v.XLTDC.Mode, canTDCModes)
	o.OnOff(c.Since(6, 19), CANTMS.bit(), "tms", &v.TMS)
	attr.Nest(c, uapi.IFLA_CAN_CTRLMODE_EXT, "ctrlmode_ext", v.supported)
}

func (v *CANInfo) supported(c *attr.Codec) {
	attr.U32(c.ReadOnly(), uapi.IFLA_CAN_CTRLMODE_SUPPORTED, "ctrlmode_supported", &v.SupportedModes)
}

func (v *CANInfo) fd(c *attr.Codec) {
	attr.Custom(c.ValueOnly(), uapi.IFLA_CAN_DATA_BITTIMING, "data_bittiming", &canTiming{&v.DataBitTiming, &v.DataBitTimingConst, &v.Clock, "d"})
	attr.Report(c, uapi.IFLA_CAN_DATA_BITTIMING_CONST, "data_bittiming_const", canBitTimingConstLen, &v.DataBitTimingConst, (*CANBitTimingConst).parse)
	attr.Array(c, uapi.IFLA_CAN_DATA_BITRATE_CONST, "data_bitrate_const", &v.DataBitrates)
	attr.Custom(c.Nested().ValueOnly(), uapi.IFLA_CAN_TDC, "tdc", &canTDC{&v.TDC, &v.TDCLimits, ""})
}

func (v *CANInfo) xl(c *attr.Codec) {
	attr.Custom(c.Since(6, 19).ValueOnly(), uapi.IFLA_CAN_XL_DATA_BITTIMING, "xl_data_bittiming", &canTiming{&v.XLDataBitTiming, &v.XLDataBitTimingConst, &v.Clock, "x"})
	attr.Report(c.Since(6, 19), uapi.IFLA_CAN_XL_DATA_BITTIMING_CONST, "xl_data_bittiming_const", canBitTimingConstLen, &v.XLDataBitTimingConst, (*CANBitTimingConst).parse)
	attr.Array(c.Since(6, 19), uapi.IFLA_CAN_XL_DATA_BITRATE_CONST, "xl_data_bitrate_const", &v.XLDataBitrates)
	attr.Custom(c.Since(6, 19).Nested().ValueOnly(), uapi.IFLA_CAN_XL_TDC, "xl_tdc", &canTDC{&v.XLTDC, &v.XLTDCLimits, "x"})
	attr.Custom(c.Since(6, 19).Nested().ValueOnly(), uapi.IFLA_CAN_XL_PWM, "xl_pwm", &canPWM{&v.XLPWM, &v.XLPWMLimits})
}

// parseErrors reads a struct can_berr_counter.
func (v *CANInfo) parseErrors(b []byte) {
	v.TxErrors, v.RxErrors = wire.Order.Uint16(b), wire.Order.Uint16(b[2:])
}

// afterDecode reads the statistics, which the kernel reports outside the settings.
func (v *CANInfo) afterDecode(l *Link) {
	counts := numbers[uint32](l.raw.xstats)
	for i, field := range []*uint32{&v.Stats.BusErrors, &v.Stats.ErrorWarning, &v.Stats.ErrorPassive,
		&v.Stats.BusOff, &v.Stats.ArbitrationLost, &v.Stats.Restarts} {
		if i < len(counts) {
			*field = counts[i]
		}
	}
}

// A CANState is the error state of a CAN controller, ISO 11898-1.
type CANState uint32

// States of a CAN controller. Each but the last two means more errors than the one
// before.
const (
	CANErrorActive  CANState = iota // fewer than 96 errors
	CANErrorWarning                 // fewer than 128
	CANErrorPassive                 // fewer than 256: the controller no longer destroys the frames of others
	CANBusOff                       // the controller is off the bus until it is restarted
	CANStopped                      // the link is down
	CANSleeping                     // the controller waits for activity on the bus
)

var canStates = attr.Words{"error-active", "error-warning", "error-passive", "bus-off", "stopped", "sleeping"}

// String returns iproute2's word for the state, in lower case.
func (s CANState) String() string {
	return attr.Word(canStates, s)
}

// MarshalText returns the result of String.
func (s CANState) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *CANState) UnmarshalText(text []byte) error {
	return attr.ReadWord(canStates, "CAN state", text, s)
}

// CANModes are control modes of a CAN controller, one bit each.
type CANModes uint32

// Control modes, which are described at the setters of can.Builder.
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

// String returns iproute2's words, in lower case, separated by "|".
func (m CANModes) String() string {
	return attr.BitWords(uint32(m), canModeWords, "|")
}

// MarshalText returns the result of String.
func (m CANModes) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *CANModes) UnmarshalText(text []byte) error {
	return attr.ReadBitWords(canModeWords, "CAN modes", text, m)
}

// bit returns the number of the lowest bit.
func (m CANModes) bit() uint {
	return uint(bits.TrailingZeros32(uint32(m)))
}

// row returns the number that represents the mode in a set of settings.
func (m CANModes) row() uint16 {
	return attr.Bit(m.bit())
}

// canRestart is the request to restart from bus-off.
type canRestart struct{}

// AppendPayload appends a number, whose value does not matter.
func (canRestart) AppendPayload(b []byte) []byte {
	return wire.Order.AppendUint32(b, 1)
}

// ParsePayload reads nothing, because the kernel does not report the request.
func (canRestart) ParsePayload([]byte) error {
	return nil
}

// AppendWords appends the word.
func (canRestart) AppendWords(b []byte) []byte {
	return append(b, "restart"...)
}

// Begins returns the word.
func (canRestart) Begins() []string { return []string{"restart"} }

// ReadWords reads nothing more.
func (canRestart) ReadWords(string, *words.Args) error { return nil }

// JSONValue returns true.
func (canRestart) JSONValue() any { return jsonform.Present{} }

// Check accepts the request.
func (canRestart) Check() error {
	return nil
}

// canAddress is the reason why CAN links have no link-layer address.
const canAddress = "frames on a CAN bus bear identifiers, not addresses"

// canSizes returns the reason why an MTU is invalid for CAN links. The kernel does
// not check the MTU when it creates a link.
func canSizes(mtu uint32) string {
	switch {
	case mtu == uapi.CAN_MTU || mtu == uapi.CANFD_MTU:
	case mtu >= uapi.CANXL_MIN_MTU && mtu <= uapi.CANXL_MAX_MTU:
	default:
		return fmt.Sprintf("%d is not one of %d for CAN, %d for CAN FD, %d…%d for CAN XL",
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
