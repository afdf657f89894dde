package iplink

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/mdlayher/netlink"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// drivenInfo is what a driver of package rtnetlink has encoded, or what the
// kernel reports of such a link: a table with a row for each attribute there is.
type drivenInfo struct {
	attributes []*drivenAttr
	fault      error // why there is nothing
}

func (v *drivenInfo) attrs(c *attr.Codec) {
	for _, a := range v.attributes {
		if c.Wordless(); a.nested {
			c.Nested()
		}
		attr.Custom(c, a.typ, fmt.Sprintf("attribute %d", a.typ), a)
	}
}

// require reports that the driver failed.
func (v *drivenInfo) require(*spec) error {
	if v.fault == nil {
		return nil
	}
	return &attr.Error{Text: v.fault.Error()}
}

// encode has the driver verify the message and encode its settings.
func (v *drivenInfo) encode(driver rtnetlink.LinkDriver, m *rtnetlink.LinkMessage) {
	if _, ok := driver.(rtnetlink.LinkSlaveDriver); ok {
		v.fault = errors.New("the driver is one for ports")
		return
	}
	if verifier, ok := driver.(rtnetlink.LinkDriverVerifier); ok {
		if v.fault = verifier.Verify(m); v.fault != nil {
			return
		}
	}
	b, err := driverBytes(driver)
	if v.fault = err; err == nil {
		v.fault = v.parse(b)
	}
}

// driverBytes returns what a driver puts into IFLA_INFO_DATA. The one for raw
// data writes that attribute itself.
func driverBytes(driver rtnetlink.LinkDriver) ([]byte, error) {
	if raw, ok := driver.(*rtnetlink.LinkData); ok {
		return raw.Data, nil
	}
	ae := netlink.NewAttributeEncoder()
	if err := driver.Encode(ae); err != nil {
		return nil, err
	}
	return ae.Encode()
}

// parse takes the attributes of a nest; of several with one number the last
// counts, as in the kernel.
func (v *drivenInfo) parse(b []byte) error {
	at := 0
	for a, err := range wire.Attrs(b) {
		switch {
		case err != nil:
			return err
		case a.Type >= attr.Bit(0):
			return fmt.Errorf("attribute %d: numbers beyond %d are not supported", a.Type, attr.Bit(0)-1)
		}
		nested := wire.Order.Uint16(b[at+2:])&uapi.NLA_F_NESTED != 0
		v.attributes = slices.DeleteFunc(v.attributes, func(old *drivenAttr) bool { return old.typ == a.Type })
		v.attributes = append(v.attributes, &drivenAttr{a.Type, nested, a.Data})
		at += wire.Align(wire.AttrLen + len(a.Data))
	}
	return nil
}

// reportedOf returns what the kernel reports of a link.
func reportedOf(l *Link) *drivenInfo {
	have := new(drivenInfo)
	for a, err := range wire.Attrs(l.raw.data) {
		if err == nil && a.Type < attr.Bit(0) {
			have.attributes = append(have.attributes, &drivenAttr{typ: a.Type, data: a.Data})
		}
	}
	return have
}

// types returns the numbers of the attributes.
func (v *drivenInfo) types() attr.Set {
	var set attr.Set
	for _, a := range v.attributes {
		set.Add(a.typ)
	}
	return set
}

// drivenAttr is one attribute, of which nothing is known but its bytes.
type drivenAttr struct {
	typ    uint16
	nested bool // says so
	data   []byte
}

// AppendPayload appends the bytes.
func (a *drivenAttr) AppendPayload(b []byte) []byte {
	return append(b, a.data...)
}

// ParsePayload copies the bytes.
func (a *drivenAttr) ParsePayload(b []byte) error {
	a.data = slices.Clone(b)
	return nil
}

// AppendWords appends the bytes in base 16.
func (a *drivenAttr) AppendWords(b []byte) []byte {
	if len(a.data) == 0 {
		return append(b, "set"...)
	}
	return fmt.Appendf(b, "% x", a.data)
}

// Check finds nothing wrong: only the driver could.
func (a *drivenAttr) Check() error {
	return nil
}

// Within reports whether the bytes are the same. A flag, which has none, is
// there or not.
func (a *drivenAttr) Within(have attr.Payload) bool {
	h, ok := have.(*drivenAttr)
	return ok && (len(a.data) == 0 || bytes.Equal(a.data, h.data))
}
