package attr

import (
	"strconv"
	"time"
	"unsafe"
)

// Tick is the unit of USER_HZ, which the kernel uses for many times: 1/100 s on
// every architecture that Go supports.
const Tick = 10 * time.Millisecond

// A unit is the encoding of a time in a payload: a number format and a time unit.
type unit struct {
	format *format
	of     time.Duration
	name   string
	slack  bool // the kernel rounds it to its own clock
}

var (
	ticks32 = unit{&u32, Tick, "u32 × 10ms", true}
	ticks64 = unit{&u64, Tick, "u64 × 10ms", true}
	seconds = unit{&u32, time.Second, "u32 × 1s", false}
	millis  = unit{&u32, time.Millisecond, "u32 × 1ms", false}
)

// Ticks32 is a row for a time in ticks of four bytes, with an optional minimum and
// maximum. The kernel rounds such times to its own clock.
func Ticks32(c *Codec, typ uint16, name string, v *time.Duration, limits ...time.Duration) {
	if c.due[typ] {
		c.duration(&ticks32, typ, name, v, limits)
	}
}

// Ticks64 is a row for a time in ticks of eight bytes, with an optional minimum and
// maximum. The kernel rounds such times to its own clock.
func Ticks64(c *Codec, typ uint16, name string, v *time.Duration, limits ...time.Duration) {
	if c.due[typ] {
		c.duration(&ticks64, typ, name, v, limits)
	}
}

// Seconds is a row for a time in seconds of four bytes.
func Seconds(c *Codec, typ uint16, name string, v *time.Duration, limits ...time.Duration) {
	if c.due[typ] {
		c.duration(&seconds, typ, name, v, limits)
	}
}

// Millis is a row for a time in milliseconds of four bytes.
func Millis(c *Codec, typ uint16, name string, v *time.Duration, limits ...time.Duration) {
	if c.due[typ] {
		c.duration(&millis, typ, name, v, limits)
	}
}

func (c *Codec) duration(u *unit, typ uint16, name string, v *time.Duration, limits []time.Duration) {
	if !c.row(typ, 0, name, u.name) {
		return
	}
	switch c.mode {
	case decoding:
		if n, ok := c.parse(u.format, typ, name); ok {
			*v = scale(n, u.of)
		}
	case checking:
		c.checkDuration(u, name, *v, limits)
	case surveying:
		c.note(typ, unsafe.Pointer(v), duration, u.format.bytes, &extra{unit: u})
	case printing:
		c.buf = strconv.AppendInt(c.word(name), int64(*v/u.of), 10)
	case reading:
		c.giveTime(u, unsafe.Pointer(v), limits)
	default:
		if u.slack {
			c = c.with(slack, c.props.since)
		}
		c.encodeNumber(u.format, typ, name, uint64(*v/u.of))
	}
}

// scale converts a number of units into a Duration, or the longest Duration if it
// overflows.
func scale(n uint64, unit time.Duration) time.Duration {
	const longest = time.Duration(1<<63 - 1)
	if n > uint64(longest/unit) {
		return longest
	}
	return time.Duration(n) * unit
}

func (c *Codec) checkDuration(u *unit, name string, v time.Duration, limits []time.Duration) {
	switch {
	case len(limits) == 2 && (v < limits[0] || v > limits[1]):
		c.outOfRange(name, "%v is not in %v…%v", v, limits[0], limits[1])
	case v < 0:
		c.outOfRange(name, "%v is negative", v)
	case v%u.of != 0:
		c.failf(name, "%v is not a multiple of %v, in which the kernel counts", v, u.of)
	case u.format.bytes == 4 && v/u.of > 1<<32-1:
		c.outOfRange(name, "%v is more than %v", v, u.of*(1<<32-1))
	}
}

// Nanos is a row for a time in nanoseconds, of four bytes if they suffice and of
// eight otherwise.
func Nanos(c *Codec, typ uint16, name string, v *time.Duration) {
	if !c.due[typ] || !c.reported(typ, name, "uint × 1ns", v) {
		c.note(typ, unsafe.Pointer(v), nanos, 0, nil)
		return
	}
	data, ok := c.payload(typ)
	switch {
	case !ok:
	case len(data) == 4:
		*v = time.Duration(u32.parse(data))
	case c.width(name, data, 8):
		*v = scale(u64.parse(data), time.Nanosecond)
	}
}
