package iplink

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/internal/words"
)

// A CANBitTiming holds the length of a bit on a CAN bus and the position of its
// sample point (struct can_bittiming). Set either Bitrate, optionally with
// SamplePoint and SJW, from which the kernel computes the rest; or TQ and the
// segments, optionally with SJW.
type CANBitTiming struct {
	// Bitrate is in bit/s.
	Bitrate uint32 `word:"bitrate"`
	// SamplePoint is the position at which a bit is sampled, in thousandths of its
	// length, 0 to 999. 0 requests the value that CAN in Automation recommends, 750
	// to 875.
	SamplePoint uint32 `word:"sample-point,thousandths"`
	// TQ is the length of a time quantum, the unit of the other lengths, in whole
	// nanoseconds.
	TQ time.Duration `word:"tq,ns"`
	// PropSeg, PhaseSeg1 and PhaseSeg2 are the lengths of the segments of a bit in
	// quanta. They follow a first segment of one quantum.
	PropSeg   uint32 `word:"prop-seg"`
	PhaseSeg1 uint32 `word:"phase-seg1"` // see PropSeg
	PhaseSeg2 uint32 `word:"phase-seg2"` // see PropSeg
	// SJW is the maximum number of quanta added to or removed from a bit. 0
	// requests the kernel's choice.
	SJW uint32 `word:"sjw"`
	// BRP is the divisor by which a quantum is derived from the controller's clock.
	// It cannot be set.
	BRP uint32
}

// canBitTimingLen is the length of a struct can_bittiming.
const canBitTimingLen = 32

// A CANBitTimingConst holds the limits of the bit timings that a CAN controller
// supports (struct can_bittiming_const).
type CANBitTimingConst struct {
	Name               string // the name of the driver
	TSeg1Min, TSeg1Max uint32 // bounds of PropSeg plus PhaseSeg1
	TSeg2Min, TSeg2Max uint32 // bounds of PhaseSeg2
	SJWMax             uint32 // the maximum of SJW
	BRPMin, BRPMax     uint32 // bounds of BRP
	BRPInc             uint32 // the step of BRP, which must be a multiple of it
}

// canBitTimingConstLen is the length of a struct can_bittiming_const, and canNameLen
// the length of the name at its start.
const canBitTimingConstLen, canNameLen = 48, 16

func (k *CANBitTimingConst) parse(b []byte) {
	k.Name = wire.CString(b[:canNameLen])
	for i, field := range []*uint32{&k.TSeg1Min, &k.TSeg1Max, &k.TSeg2Min, &k.TSeg2Max,
		&k.SJWMax, &k.BRPMin, &k.BRPMax, &k.BRPInc} {
		*field = wire.Order.Uint32(b[canNameLen+4*i:])
	}
}

// miss returns the smallest error in bit/s with which the controller reaches a bit
// rate.
func (k *CANBitTimingConst) miss(clock, bitrate uint32) uint32 {
	if k.BRPInc == 0 || max(k.TSeg1Min, k.TSeg1Max, k.TSeg2Min, k.TSeg2Max) > math.MaxUint16 {
		return 0
	}
	const none = math.MaxUint32
	best := uint32(none)
	for quanta := 1 + k.TSeg1Min + k.TSeg2Min; quanta <= 1+k.TSeg1Max+k.TSeg2Max; quanta++ {
		floor := uint64(clock) / (uint64(quanta) * uint64(bitrate))
		for brp := floor; brp <= floor+1; brp++ {
			if brp := uint32(brp) / k.BRPInc * k.BRPInc; brp > 0 && brp >= k.BRPMin && brp <= k.BRPMax {
				best = min(best, distance(uint32(uint64(clock)/(uint64(brp)*uint64(quanta))), bitrate))
			}
		}
	}
	if best == none {
		return 0
	}
	return best
}

// distance returns the absolute difference of two numbers.
func distance(a, b uint32) uint32 {
	return max(a, b) - min(a, b)
}

// canTiming is a bit timing in its attribute, with the limits that apply to it.
type canTiming struct {
	*CANBitTiming
	limits *CANBitTimingConst
	clock  *uint32
	prefix string // of the iproute2 words
}

// AppendPayload appends a struct can_bittiming.
func (t *canTiming) AppendPayload(b []byte) []byte {
	for _, member := range []uint32{t.Bitrate, t.SamplePoint, uint32(t.TQ), t.PropSeg, t.PhaseSeg1, t.PhaseSeg2, t.SJW, 0} {
		b = wire.Order.AppendUint32(b, member)
	}
	return b
}

// ParsePayload reads a struct can_bittiming.
func (t *canTiming) ParsePayload(b []byte) error {
	if err := attr.Width(b, canBitTimingLen); err != nil {
		return err
	}
	var tq uint32
	for i, field := range []*uint32{&t.Bitrate, &t.SamplePoint, &tq, &t.PropSeg, &t.PhaseSeg1, &t.PhaseSeg2, &t.SJW, &t.BRP} {
		*field = wire.Order.Uint32(b[4*i:])
	}
	t.TQ = time.Duration(tq)
	return nil
}

// canNumber is a field of 32 bits in words.
type canNumber struct {
	word  string
	field *uint32
}

// begins returns the words of fields.
func begins(fields []canNumber) (all []string) {
	for _, f := range fields {
		all = append(all, f.word)
	}
	return all
}

// readNumber reads the field that a word names.
func readNumber(fields []canNumber, word string, args *words.Args) error {
	i := slices.IndexFunc(fields, func(f canNumber) bool { return f.word == word })
	if i < 0 {
		return args.Unknown(begins(fields))
	}
	v, err := args.Number(32)
	*fields[i].field = uint32(v)
	return err
}

func (t *canTiming) numbers() []canNumber {
	return []canNumber{{t.prefix + "bitrate", &t.Bitrate}, {t.prefix + "prop-seg", &t.PropSeg}, {t.prefix + "phase-seg1", &t.PhaseSeg1},
		{t.prefix + "phase-seg2", &t.PhaseSeg2}, {t.prefix + "sjw", &t.SJW}}
}

// Begins returns the words of the fields.
func (t *canTiming) Begins() []string {
	return append(begins(t.numbers()), t.prefix+"sample-point", t.prefix+"tq")
}

// ReadWords reads a field.
func (t *canTiming) ReadWords(word string, args *words.Args) error {
	switch word {
	case t.prefix + "tq":
		v, err := args.Number(32)
		t.TQ = time.Duration(v)
		return err
	case t.prefix + "sample-point":
		text, err := args.Value()
		if err != nil {
			return err
		}
		point, err := strconv.ParseFloat(text, 32)
		if err != nil || !(point >= 0 && point < 1) {
			return args.Faultf("%q is not in 0…0.999", text)
		}
		t.SamplePoint = uint32(point*1000 + 0.5)
		return nil
	}
	return readNumber(t.numbers(), word, args)
}

// AppendWords appends the fields that are set, in iproute2's words.
func (t *canTiming) AppendWords(b []byte) []byte {
	start := len(b)
	add := func(word, value string, set bool) {
		if !set {
			return
		}
		if len(b) > start {
			b = append(b, ' ')
		}
		b = fmt.Appendf(b, "%s%s %s", t.prefix, word, value)
	}
	add("bitrate", fmt.Sprint(t.Bitrate), t.Bitrate != 0)
	add("sample-point", fmt.Sprintf("0.%03d", t.SamplePoint), t.SamplePoint != 0)
	add("tq", fmt.Sprint(t.TQ.Nanoseconds()), t.TQ != 0)
	add("prop-seg", fmt.Sprint(t.PropSeg), t.PropSeg != 0)
	add("phase-seg1", fmt.Sprint(t.PhaseSeg1), t.PhaseSeg1 != 0)
	add("phase-seg2", fmt.Sprint(t.PhaseSeg2), t.PhaseSeg2 != 0)
	add("sjw", fmt.Sprint(t.SJW), t.SJW != 0)
	return b
}

// JSONValue returns the timing.
func (t *canTiming) JSONValue() any { return t.CANBitTiming }

// Check refuses the values that the kernel would refuse, and those it would ignore.
func (t *canTiming) Check() error {
	segments := t.PropSeg != 0 || t.PhaseSeg1 != 0 || t.PhaseSeg2 != 0
	switch {
	case t.Bitrate == 0 && t.TQ == 0:
		return errors.New("needs Bitrate, or TQ and segments")
	case t.Bitrate != 0 && t.TQ != 0:
		return errors.New("set Bitrate or TQ, not both")
	case t.Bitrate != 0 && segments:
		return errors.New("segments go with TQ, not with Bitrate, which the kernel finds them for")
	case t.SamplePoint > 999:
		return fmt.Errorf("SamplePoint %d is not in 0…999", t.SamplePoint)
	case t.TQ != 0 && t.SamplePoint != 0:
		return errors.New("SamplePoint goes with Bitrate: with TQ, the segments say where it is")
	case t.TQ < 0 || t.TQ > math.MaxUint32:
		return fmt.Errorf("TQ %v is not in 1ns…%v", t.TQ, time.Duration(math.MaxUint32))
	case t.TQ != 0 && (t.PropSeg+t.PhaseSeg1 == 0 || t.PhaseSeg2 == 0):
		return errors.New("TQ needs PhaseSeg1 and PhaseSeg2")
	}
	return nil
}

// Within reports whether the kernel would derive have from t: a bit rate as close as
// the controller can come, a sample point earlier by less than a quantum, and any
// value for the fields that t does not set.
func (t *canTiming) Within(have attr.Payload) bool {
	h, ok := have.(*canTiming)
	return ok && t.sameRate(h) && t.samePoint(h) && t.sameQuantum(h) &&
		unlessZero(t.PropSeg, h.PropSeg) && unlessZero(t.PhaseSeg1, h.PhaseSeg1) &&
		unlessZero(t.PhaseSeg2, h.PhaseSeg2) && unlessZero(t.SJW, h.SJW)
}

func unlessZero(want, have uint32) bool {
	return want == 0 || want == have
}

func (t *canTiming) sameRate(h *canTiming) bool {
	return t.Bitrate == 0 || t.Bitrate == h.Bitrate ||
		h.Bitrate != 0 && distance(t.Bitrate, h.Bitrate) <= h.limits.miss(*h.clock, t.Bitrate)
}

// samePoint reports whether the sample point of h is the last possible one that is
// not after the wanted one.
func (t *canTiming) samePoint(h *canTiming) bool {
	quanta := 1 + uint64(h.PropSeg) + uint64(h.PhaseSeg1) + uint64(h.PhaseSeg2)
	return t.SamplePoint == 0 ||
		h.SamplePoint <= t.SamplePoint && uint64(t.SamplePoint-h.SamplePoint)*quanta < 1000
}

// sameQuantum reports whether the two quanta differ by less than a tick of the
// clock.
func (t *canTiming) sameQuantum(h *canTiming) bool {
	tick := time.Second / time.Duration(max(1, *h.clock))
	return t.TQ == 0 || (t.TQ-h.TQ).Abs() < max(1, tick)
}

// A CANTDCMode selects the source of the delay of the transceiver.
type CANTDCMode uint8

// Ways to find the delay of the transceiver.
const (
	CANTDCOff    CANTDCMode = iota // the delay is not compensated
	CANTDCAuto                     // the controller measures the delay
	CANTDCManual                   // TDCV is the delay
)

var canTDCModes = attr.Words{"off", "auto", "manual"}

// String returns iproute2's word for the mode.
func (m CANTDCMode) String() string {
	return attr.Word(canTDCModes, m)
}

// MarshalText returns the result of String.
func (m CANTDCMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *CANTDCMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(canTDCModes, "CAN TDC mode", text, m)
}

// A CANTDC compensates the delay of the transceiver, in ticks of the controller's
// clock, so that the controller compares each bit that it sends with the delayed bit
// that it receives (struct can_tdc).
type CANTDC struct {
	Mode CANTDCMode // whether compensation is on, and how the delay is found
	TDCV uint32     `word:"tdcv"`        // the delay; only with CANTDCManual
	TDCO uint32     `word:"tdco,always"` // the offset from the delay to the sample point
	TDCF uint32     `word:"tdcf"`        // the filter window: the minimum position of a sample point
}

// CANTDCLimits are the limits of the compensation that a CAN controller supports, in
// ticks of its clock.
type CANTDCLimits struct {
	TDCVMin, TDCVMax uint32
	TDCOMin, TDCOMax uint32
	TDCFMin, TDCFMax uint32
}

// canTDC is a compensation in its nest.
type canTDC struct {
	*CANTDC
	limits *CANTDCLimits
	prefix string // of the iproute2 words
}

// AppendPayload appends the fields that are set. The kernel accepts TDCV with
// CANTDCManual only.
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

// parseMembers reads a nest of 32-bit numbers. An attribute of type n goes to the
// nth field, and nil fields are skipped.
func parseMembers(b []byte, fields ...*uint32) error {
	for a, err := range wire.Attrs(b) {
		switch {
		case err != nil:
			return err
		case int(a.Type) >= len(fields) || fields[a.Type] == nil:
		default:
			if err := attr.Width(a.Data, 4); err != nil {
				return err
			}
			*fields[a.Type] = wire.Order.Uint32(a.Data)
		}
	}
	return nil
}

// AppendWords appends the fields that are set, in iproute2's words. The mode has a
// row of its own.
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

func (t *canTDC) numbers() []canNumber {
	return []canNumber{{t.prefix + "tdcv", &t.TDCV}, {t.prefix + "tdco", &t.TDCO}, {t.prefix + "tdcf", &t.TDCF}}
}

// Begins returns the words of the fields.
func (t *canTDC) Begins() []string { return begins(t.numbers()) }

// ReadWords reads a field.
func (t *canTDC) ReadWords(word string, args *words.Args) error {
	return readNumber(t.numbers(), word, args)
}

// JSONValue returns the compensation, without the mode.
func (t *canTDC) JSONValue() any { return t.CANTDC }

// Check refuses a delay that the kernel would not accept.
func (t *canTDC) Check() error {
	if t.Mode == CANTDCAuto && t.TDCV != 0 {
		return errors.New("TDCV goes with CANTDCManual: with CANTDCAuto the controller measures it")
	}
	return nil
}

// A CANPWM is the pulse width modulation used to send CAN XL data with TMS, in
// minimum time quanta of the controller (struct can_pwm).
type CANPWM struct {
	PWMS uint32 `word:"pwms"` // the short phase
	PWML uint32 `word:"pwml"` // the long phase
	PWMO uint32 `word:"pwmo"` // the offset
}

// CANPWMLimits are the limits of the modulation that a CAN controller supports.
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

// AppendPayload appends the fields that are set.
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

// AppendWords appends the fields that are set, in iproute2's words.
func (p *canPWM) AppendWords(b []byte) []byte {
	b = fmt.Appendf(b, "pwms %d pwml %d", p.PWMS, p.PWML)
	if p.PWMO != 0 {
		b = fmt.Appendf(b, " pwmo %d", p.PWMO)
	}
	return b
}

func (p *canPWM) numbers() []canNumber {
	return []canNumber{{"pwms", &p.PWMS}, {"pwml", &p.PWML}, {"pwmo", &p.PWMO}}
}

// Begins returns the words of the fields.
func (p *canPWM) Begins() []string { return begins(p.numbers()) }

// ReadWords reads a field.
func (p *canPWM) ReadWords(word string, args *words.Args) error {
	return readNumber(p.numbers(), word, args)
}

// JSONValue returns the modulation.
func (p *canPWM) JSONValue() any { return p.CANPWM }

// Check refuses a modulation that lacks PWMS or PWML.
func (p *canPWM) Check() error {
	if p.PWMS == 0 || p.PWML == 0 {
		return errors.New("needs PWMS and PWML; without both, the kernel finds them if XLPWM is not set")
	}
	return nil
}
