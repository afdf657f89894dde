package attr

import (
	"time"
	"unsafe"
)

// A Field is a row that can be set, with the place of its value, for a reader of words. It
// has the facts that printing uses, so that both say the same.
type Field struct {
	Type  uint16 // the member of a Set
	Name  string
	props props
	takes string
	key   string // in JSON, if it is not the name

	form    form
	at      unsafe.Pointer // the field
	size    int            // the length of an address, or the most bytes of a text; 0 for any
	format  *format        // of a number
	limits  [2]uint64      // the bounds of a number, if bounded
	bounded bool
	words   vocabulary // of an enumeration
	unit    *unit      // of a time
	none    string     // the word for no link
	payload Payload
	report  any // a pointer to the value of a row that the kernel reports
}

// form is the notation of a value in iproute2.
type form uint8

const (
	asNumber form = iota
	asEnum
	asTime
	asText
	asHardware
	asAddr
	asMACs
	asIndex
	asBool   // "learning", "nolearning"
	asSwitch // "learning on", "vlan_filtering 1"
	asFlag   // the name, which means true
	asUnless // the name, which means false
	asPayload
	asReport
	asNest
	asNestEnd
)

// Fields walks t and calls offer for each row that can be set. The fields share the values
// of t.
func (c *Codec) Fields(t Table, offer func(*Field)) {
	c.start(reading, allOf, nil)
	c.offer = offer
	t(c)
	c.offer = nil
}

// AllFields is Fields with the rows that the kernel only reports.
func (c *Codec) AllFields(t Table, offer func(*Field)) {
	c.open()
	c.all = true
	c.Fields(t, offer)
	c.all = false
}

// giveReport passes a row that is only reported, if its value has a type of its own.
func (c *Codec) giveReport(v any) {
	if _, bytes := v.(*[]byte); c.mode == reading && v != nil && !bytes {
		c.field.report = v
		c.give(asReport, nil, 0)
	}
}

// giveNest passes a nest that is only reported: its beginning, its rows and its end. The
// table is called here, so that a decoder need not allocate it.
func (c *Codec) giveNest(t Table) {
	if c.mode == reading && c.all {
		c.give(asNest, nil, 0)
		t(&Codec{walk: c.walk})
		c.field = Field{}
		c.give(asNestEnd, nil, 0)
	}
}

// give passes the present row to the reader.
func (c *Codec) give(f form, at unsafe.Pointer, size int) {
	c.field.form, c.field.at, c.field.size = f, at, size
	c.offer(&c.field)
}

func (c *Codec) giveNumber(f *format, at unsafe.Pointer, limits []uint64) {
	c.field.format = f
	if c.field.bounded = len(limits) == 2; c.field.bounded {
		c.field.limits = [2]uint64(limits)
	}
	c.give(asNumber, at, 0)
}

func (c *Codec) giveEnum(f *format, at unsafe.Pointer, words vocabulary) {
	c.field.format, c.field.words = f, words
	c.give(asEnum, at, 0)
}

func (c *Codec) giveTime(u *unit, at unsafe.Pointer, limits []time.Duration) {
	c.field.unit, c.field.format = u, u.format
	if c.field.bounded = len(limits) == 2; c.field.bounded {
		c.field.limits = [2]uint64{uint64(limits[0] / u.of), uint64(limits[1] / u.of)}
	}
	c.give(asTime, at, 0)
}

func (c *Codec) giveIndex(v *int, none []string) {
	c.field.none = "no" + c.field.Name
	if len(none) > 0 {
		c.field.none = none[0]
	}
	c.give(asIndex, unsafe.Pointer(v), 0)
}

func (c *Codec) givePayload(v Payload) {
	c.field.payload = v
	c.give(asPayload, nil, 0)
}
