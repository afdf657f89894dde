package jsonform

import (
	"encoding"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Writer appends JSON to B. Err is the first value that has no JSON form.
type Writer struct {
	B   []byte
	Err error

	// Printable changes strings before they are written. It may be nil.
	Printable func(string) string
}

// Fail records the reason why a value has no JSON form.
func (w *Writer) Fail(text string) { w.Err = errors.Join(w.Err, errors.New(text)) }

// Open begins an object or a list, with "{" or "[", and Close ends it.
func (w *Writer) Open(c byte) { w.B = append(w.item(), c) }

// Close ends an object or a list.
func (w *Writer) Close(c byte) { w.B = append(w.B, c) }

// item returns the bytes with a comma if the next value needs one.
func (w *Writer) item() []byte {
	if n := len(w.B); n == 0 || strings.IndexByte("[{:", w.B[n-1]) >= 0 {
		return w.B
	}
	return append(w.B, ',')
}

// Key begins a member of an object.
func (w *Writer) Key(name string) {
	w.Text(name)
	w.B = append(w.B, ':')
}

// Number writes a number in the notation of JSON, true or false.
func (w *Writer) Number(text string) { w.B = append(w.item(), text...) }

// Uint writes a number.
func (w *Writer) Uint(v uint64) { w.B = strconv.AppendUint(w.item(), v, 10) }

// Int writes a number.
func (w *Writer) Int(v int64) { w.B = strconv.AppendInt(w.item(), v, 10) }

// Bool writes true or false.
func (w *Writer) Bool(v bool) { w.B = strconv.AppendBool(w.item(), v) }

// Text writes a string.
func (w *Writer) Text(text string) {
	if w.Printable != nil {
		text = w.Printable(text)
	}
	if !utf8.ValidString(text) {
		w.Err = errors.Join(w.Err, fmt.Errorf("%q is not valid UTF-8, and JSON has no other strings", text))
	}
	w.B = append(w.item(), '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			w.B = append(w.B, '\\', byte(r))
		case r < ' ':
			w.B = fmt.Appendf(w.B, `\u%04x`, r)
		default:
			w.B = utf8.AppendRune(w.B, r)
		}
	}
	w.B = append(w.B, '"')
}

// Words writes a list of strings.
func (w *Writer) Words(all []string) {
	w.Open('[')
	for _, word := range all {
		w.Text(word)
	}
	w.Close(']')
}

// A Value is a value with a JSON form of its own.
type Value interface {
	WriteJSON(w *Writer)
	ReadJSON(n *Node) error
	Schema() *Schema
}

// Value writes the value that v points to: a struct as an object of the fields with words
// that are not zero, a TextMarshaler as a string, and other values as encoding/json does.
func (w *Writer) Value(v any) {
	w.value(reflect.ValueOf(v), fieldTag{})
}

func (w *Writer) value(v reflect.Value, t fieldTag) {
	if v.Kind() == reflect.Pointer && !v.Type().Implements(valueType) {
		v = v.Elem()
	}
	if own, ok := asValue(v); ok {
		own.WriteJSON(w)
		return
	}
	switch value := v.Interface().(type) {
	case uint32:
		if t.has("thousandths") {
			w.Number(fmt.Sprintf("%d.%03d", value/1000, value%1000))
			return
		}
		w.Uint(uint64(value))
	case net.HardwareAddr:
		w.Text(hardwareText(value))
	case time.Duration:
		w.duration(value, t)
	case netip.Prefix:
		w.prefix(value, t)
	case encoding.TextMarshaler:
		w.text(value, v, t)
	default:
		w.plain(v)
	}
}

// text writes a value in its words. A number without a word is a number.
func (w *Writer) text(m encoding.TextMarshaler, v reflect.Value, t fieldTag) {
	b, err := m.MarshalText()
	if err != nil {
		w.Err = errors.Join(w.Err, err)
	}
	switch text := string(b); {
	case t.has("flags"):
		w.Words(strings.FieldsFunc(text, separates))
	case v.CanUint() && text != "" && strings.Trim(text, "0123456789") == "":
		w.Number(text)
	default:
		w.Text(text)
	}
}

// separates reports whether a rune separates the words of flags.
func separates(r rune) bool { return r == ',' || r == '|' || r == ' ' }

func (w *Writer) plain(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		w.Bool(v.Bool())
	case reflect.String:
		w.Text(v.String())
	case reflect.Slice, reflect.Array:
		w.Open('[')
		for i := range v.Len() {
			w.value(v.Index(i), fieldTag{})
		}
		w.Close(']')
	case reflect.Struct:
		w.object(v)
	default:
		w.number(v)
	}
}

func (w *Writer) number(v reflect.Value) {
	switch {
	case v.CanUint():
		w.Uint(v.Uint())
	case v.CanInt():
		w.Int(v.Int())
	default:
		w.Err = errors.Join(w.Err, fmt.Errorf("%v has no JSON form", v.Type()))
		w.Number("null")
	}
}

func (w *Writer) object(v reflect.Value) {
	tags := fieldsOf(v.Type())
	var has []int
	for i, t := range tags {
		if t.name != "" && !t.has("secret") && (t.has("always") || !v.Field(i).IsZero()) {
			has = append(has, i)
		}
	}
	if len(has) == 1 && tags[has[0]].has("short") {
		w.value(v.Field(has[0]), tags[has[0]])
		return
	}
	w.Open('{')
	for _, i := range has {
		w.Key(tags[i].name)
		w.value(v.Field(i), tags[i])
	}
	w.Close('}')
}

// hardwareText returns a link-layer address as `ip` reads it: one of 4 bytes is an IPv4
// address.
func hardwareText(a net.HardwareAddr) string {
	if len(a) == net.IPv4len {
		return netip.AddrFrom4([4]byte(a)).String()
	}
	return a.String()
}

// Forever is the duration that is written as "forever".
const Forever = time.Duration(1<<63 - 1)

func (w *Writer) duration(d time.Duration, t fieldTag) {
	switch {
	case t.has("forever") && d == Forever:
		w.Text("forever")
	case t.has("off") && d < 0:
		w.Text("off")
	default:
		w.Int(int64(d / t.unit()))
	}
}

func (w *Writer) prefix(p netip.Prefix, t fieldTag) {
	if t.has("default") && !p.IsValid() {
		w.Text("default")
		return
	}
	w.Text(p.String())
}
