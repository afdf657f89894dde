package iplink

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A RawLink is the builder for a link whose own settings are given as bytes;
// Raw returns one.
type RawLink struct {
	Common[RawLink]
}

// Raw returns the builder for a link of any kind, by the kernel's name for it:
// for kinds that this library does not know. Attr adds the kind's own settings;
// all others are set as on any builder.
//
// Only the caller knows the meaning of the bytes. Update sends the attributes
// that differ from the kernel's report, and neither Update nor Create compares
// them afterwards. Ensure leaves alone what the kernel does not report, and
// fails with ErrNotApplied if an attribute differs afterwards, as it does where
// reports have another form than requests.
func Raw(kind, name string) *RawLink {
	r := new(RawLink)
	*r.Own(r) = own.New(kind, name, new(rawSettings))
	return r
}

func (r *RawLink) raw() *rawSettings {
	return r.spec.Info.(*rawSettings)
}

// Attr sets one attribute of the kind, with its payload, which is copied
// (IFLA_INFO_DATA). The number is 0 to 127, with NLA_F_NESTED (0x8000) where the
// driver wants it. A later call with the same number replaces the payload.
func (r *RawLink) Attr(number uint16, payload []byte) *RawLink {
	r.raw().add(number, slices.Clone(payload))
	r.spec.Set = r.raw().types()
	return r
}

// Attrs sets all attributes in b, which is what IFLA_INFO_DATA holds. Bytes that
// are no attributes are an error of the verb.
func (r *RawLink) Attrs(b []byte) *RawLink {
	if err := r.raw().parse(slices.Clone(b)); err != nil {
		return r.Fail(err)
	}
	r.spec.Set = r.raw().types()
	return r
}

// Fail makes each verb return an error with err as its reason, before anything
// is sent. It serves functions that translate other descriptions of links into
// builders.
func (r *RawLink) Fail(err error) *RawLink {
	r.raw().fault = errors.Join(r.raw().fault, err)
	return r
}

// rawSettings are the attributes of a kind as bytes: those that a RawLink has, or
// those that the kernel reports of a link. It is a table with a row for each.
type rawSettings struct {
	attributes []*rawAttr
	fault      error // why they cannot be sent
}

func (v *rawSettings) attrs(c *attr.Codec) {
	for _, a := range v.attributes {
		if c.Wordless(); a.nested {
			c.Nested()
		}
		attr.Custom(c, a.typ, fmt.Sprintf("attribute %d", a.typ), a)
	}
}

// require reports the fault.
func (v *rawSettings) require(string, *spec) error {
	if v.fault == nil {
		return nil
	}
	return &attr.Error{Text: v.fault.Error()}
}

// parse adds the attributes of a nest.
func (v *rawSettings) parse(b []byte) error {
	at := 0
	for a, err := range wire.Attrs(b) {
		if err != nil {
			return err
		}
		v.add(wire.Order.Uint16(b[at+2:]), a.Data)
		at += wire.Align(wire.AttrLen + len(a.Data))
	}
	return nil
}

// add adds an attribute. The last one with a number counts, as in the kernel.
func (v *rawSettings) add(number uint16, data []byte) {
	typ := number &^ (uapi.NLA_F_NESTED | uapi.NLA_F_NET_BYTEORDER)
	if typ >= attr.Bit(0) {
		v.fault = errors.Join(v.fault, fmt.Errorf("attribute %d: numbers beyond %d are not supported", typ, attr.Bit(0)-1))
		return
	}
	others := slices.DeleteFunc(slices.Clone(v.attributes), func(old *rawAttr) bool { return old.typ == typ })
	v.attributes = append(others, &rawAttr{typ, number&uapi.NLA_F_NESTED != 0, data})
}

// reportedOf returns the attributes of its kind that the kernel reports of a
// link.
func reportedOf(l *Link) *rawSettings {
	have := new(rawSettings)
	for a, err := range wire.Attrs(l.raw.data) {
		if err == nil && a.Type < attr.Bit(0) {
			have.attributes = append(have.attributes, &rawAttr{typ: a.Type, data: a.Data})
		}
	}
	return have
}

// types returns the numbers of the attributes.
func (v *rawSettings) types() attr.Set {
	var set attr.Set
	for _, a := range v.attributes {
		set.Add(a.typ)
	}
	return set
}

// rawAttr is one attribute of unknown meaning.
type rawAttr struct {
	typ    uint16
	nested bool // carries NLA_F_NESTED
	data   []byte
}

// AppendPayload appends the bytes.
func (a *rawAttr) AppendPayload(b []byte) []byte {
	return append(b, a.data...)
}

// ParsePayload copies the bytes.
func (a *rawAttr) ParsePayload(b []byte) error {
	a.data = slices.Clone(b)
	return nil
}

// AppendWords appends the bytes in base 16.
func (a *rawAttr) AppendWords(b []byte) []byte {
	if len(a.data) == 0 {
		return append(b, "set"...)
	}
	return fmt.Appendf(b, "% x", a.data)
}

// Check accepts all bytes.
func (a *rawAttr) Check() error {
	return nil
}

// Within reports whether the bytes are the same. A flag, which has none, is
// there or not.
func (a *rawAttr) Within(have attr.Payload) bool {
	h, ok := have.(*rawAttr)
	return ok && (len(a.data) == 0 || bytes.Equal(a.data, h.data))
}
