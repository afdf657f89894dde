package attr

import (
	"strconv"
	"time"
)

// Tick is the unit of USER_HZ, in which the kernel tells many times: 1/100 s
// on every architecture that Go supports.
const Tick = 10 * time.Millisecond

// Ticks32 is a row of a time in ticks of four bytes, optionally with the least
// and the most it may be. The kernel rounds such times to its own clock.
func Ticks32(c *Codec, typ uint16, name string, v *time.Duration, limits ...time.Duration) {
	c.next.slack = true
	c.duration(&u32, typ, name, v, Tick, limits)
}

// Ticks64 is a row of a time in ticks of eight bytes, optionally with the least
// and the most it may be. The kernel rounds such times to its own clock.
func Ticks64(c *Codec, typ uint16, name string, v *time.Duration, limits ...time.Duration) {
	c.next.slack = true
	c.duration(&u64, typ, name, v, Tick, limits)
}

// Seconds is a row of a time in seconds of four bytes.
func Seconds(c *Codec, typ uint16, name string, v *time.Duration, limits ...time.Duration) {
	c.duration(&u32, typ, name, v, time.Second, limits)
}

// Millis is a row of a time in milliseconds of four bytes.
func Millis(c *Codec, typ uint16, name string, v *time.Duration, limits ...time.Duration) {
	c.duration(&u32, typ, name, v, time.Millisecond, limits)
}

func (c *Codec) duration(f *format, typ uint16, name string, v *time.Duration, unit time.Duration, limits []time.Duration) {
	p, ok := c.row(typ, 0, name, f.name+" × "+unit.String())
	if !ok {
		return
	}
	switch c.mode {
	case decoding:
		if n, ok := c.parse(f, typ, name); ok {
			*v = scale(n, unit)
		}
	case checking:
		c.checkDuration(f, name, *v, unit, limits)
	case printing:
		c.buf = strconv.AppendInt(c.word(name), int64(*v/unit), 10)
	default:
		c.encodeNumber(f, typ, name, uint64(*v/unit), p)
	}
}

// scale turns n units into a time, the longest there is if it does not fit.
func scale(n uint64, unit time.Duration) time.Duration {
	const longest = time.Duration(1<<63 - 1)
	if n > uint64(longest/unit) {
		return longest
	}
	return time.Duration(n) * unit
}

func (c *Codec) checkDuration(f *format, name string, v, unit time.Duration, limits []time.Duration) {
	switch {
	case len(limits) == 2 && (v < limits[0] || v > limits[1]):
		c.failf(name, "%v is not in %v…%v", v, limits[0], limits[1])
	case v < 0:
		c.failf(name, "%v is negative", v)
	case v%unit != 0:
		c.failf(name, "%v is no multiple of %v, in which the kernel counts", v, unit)
	case f.bytes == 4 && v/unit > 1<<32-1:
		c.failf(name, "%v is more than %v", v, unit*(1<<32-1))
	}
}

// Nanos is a row of a time in nanoseconds, of four bytes if they suffice and
// eight if not.
func Nanos(c *Codec, typ uint16, name string, v *time.Duration) {
	c.next.readOnly = true
	if _, ok := c.row(typ, 0, name, "uint × 1ns"); !ok || c.mode != decoding {
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
