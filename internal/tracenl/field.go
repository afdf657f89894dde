package tracenl

import (
	"encoding/binary"
	"encoding/hex"
	"net"
	"net/netip"
	"strconv"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/wire"
)

// A field is an attribute that has words.
type field struct {
	typ  uint16
	name string // empty if the value stands alone
	form form
	in   []field // of a nest, and of each item of a list
}

// A form is the encoding of a value.
type form uint8

const (
	number form = iota // of 1, 2, 4 or 8 bytes in the host's byte order
	signed             // of 4 bytes
	big                // in network byte order
	hexadecimal
	onOff
	flag // without a payload
	text
	address // of IPv4 or IPv6
	hardware
	digits   // bytes in hexadecimal
	ifindex  // the index of a link
	secret   // never shown
	nest     // attributes
	list     // attributes with attributes in each
	silent   // not shown, such as padding
	special1 // the first of the forms of special
)

// The forms that one table uses, in the file of the table.
const (
	base64Key = special1 + iota
	socketAddress
	flagsOfPeer
	allowedIP
	teamOptions
	vlanInfo
	vlanFlags
	bridgeFlags
	mdbEntry
	routerPort
)

// special spells an attribute of a form from special1 on. The second result is false for a
// payload that is not of the form.
func special(f form, data []byte) (string, bool) {
	switch f {
	case base64Key:
		return spellKey(data)
	case socketAddress:
		return spellSocketAddress(data)
	case flagsOfPeer:
		return spellPeerFlags(data)
	case allowedIP:
		return spellAllowedIP(data)
	case teamOptions:
		return spellTeamOptions(data)
	case vlanInfo:
		return spellVLAN(data)
	case vlanFlags:
		return spellFlags(data, vlanWords)
	case bridgeFlags:
		return spellFlags(data, bridgeWords)
	case mdbEntry:
		return spellMDB(data)
	case routerPort:
		return spellRouter(data)
	}
	return "", false
}

// appendFields appends the words for all attributes in data. Those that are not among the
// fields appear with their number and length.
func appendFields(b, data []byte, fields []field) []byte {
	for a, err := range wire.Attrs(data) {
		if err != nil {
			return append(b, malformed...)
		}
		b = appendField(b, a, fields)
	}
	return b
}

// malformed stands for the rest of a message whose layout is wrong.
const malformed = " (malformed)"

func appendField(b []byte, a wire.Attr, fields []field) []byte {
	for i := range fields {
		if fields[i].typ == a.Type {
			return fields[i].append(b, a)
		}
	}
	return AppendUnknown(b, a)
}

// AppendUnknown appends the number and the length of an attribute.
func AppendUnknown(b []byte, a wire.Attr) []byte {
	b = strconv.AppendUint(append(b, " attr "...), uint64(a.Type), 10)
	return appendLength(b, a.Data)
}

func appendLength(b, data []byte) []byte {
	b = strconv.AppendInt(append(b, " ("...), int64(len(data)), 10)
	if len(data) == 1 {
		return append(b, " byte)"...)
	}
	return append(b, " bytes)"...)
}

func (f *field) append(b []byte, a wire.Attr) []byte {
	switch f.form {
	case silent:
		return b
	case nest:
		return appendFields(f.word(b), a.Data, f.in)
	case list:
		return f.appendList(b, a.Data)
	}
	value, ok := f.value(a.Data)
	switch b = f.word(b); {
	case !ok:
		return appendLength(b, a.Data)
	case value == "":
		return b
	}
	return append(append(b, ' '), value...)
}

// word appends the name.
func (f *field) word(b []byte) []byte {
	if f.name == "" {
		return b
	}
	return append(append(b, ' '), f.name...)
}

// appendList appends the items, each after the name.
func (f *field) appendList(b, data []byte) []byte {
	for item, err := range wire.Attrs(data) {
		if err != nil {
			return append(b, malformed...)
		}
		b = appendFields(f.word(b), item.Data, f.in)
	}
	return b
}

// value returns the value in a payload, and false for one of the wrong length.
func (f *field) value(data []byte) (string, bool) {
	switch f.form {
	case flag:
		return "", true
	case secret:
		return "(hidden)", true
	case text:
		return attr.Quote(wire.CString(data)), true
	case digits:
		return hex.EncodeToString(data), true
	case hardware:
		return net.HardwareAddr(data).String(), true
	case address:
		ip, ok := netip.AddrFromSlice(data)
		return ip.String(), ok
	}
	if f.form >= special1 {
		return special(f.form, data)
	}
	return f.spellNumber(data)
}

func (f *field) spellNumber(data []byte) (string, bool) {
	v, ok := readNumber(data, f.form == big)
	switch f.form {
	case onOff:
		return map[bool]string{true: "on", false: "off"}[v != 0], ok
	case ifindex:
		return "if" + strconv.FormatUint(v, 10), ok
	case hexadecimal:
		return "0x" + strconv.FormatUint(v, 16), ok
	case signed:
		return strconv.Itoa(int(int32(v))), ok && len(data) == 4
	}
	return strconv.FormatUint(v, 10), ok
}

// readNumber reads a number of 1, 2, 4 or 8 bytes.
func readNumber(data []byte, network bool) (uint64, bool) {
	order := binary.ByteOrder(wire.Order)
	if network {
		order = binary.BigEndian
	}
	switch len(data) {
	case 1:
		return uint64(data[0]), true
	case 2:
		return uint64(order.Uint16(data)), true
	case 4:
		return uint64(order.Uint32(data)), true
	case 8:
		return order.Uint64(data), true
	}
	return 0, false
}
