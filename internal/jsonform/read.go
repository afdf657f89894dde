package jsonform

import (
	"encoding"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/iplink-go/iplink/internal/words"
)

// Read stores a node in the value that v points to. It is the inverse of Writer.Value, and
// takes besides "on", "off" and 0 or 1 for a bool, strings for numbers, and the notations of
// addresses in commands.
func Read(n *Node, v any) error {
	return read(n, reflect.ValueOf(v), fieldTag{})
}

func read(n *Node, v reflect.Value, t fieldTag) error {
	if v.Kind() == reflect.Pointer && !v.Type().Implements(valueType) {
		v = v.Elem()
	}
	if own, ok := asValue(v); ok {
		return own.ReadJSON(n)
	}
	switch to := v.Addr().Interface().(type) {
	case *net.HardwareAddr:
		b, err := readWord(n, (*words.Args).HardwareAddr)
		*to = b
		return err
	case *time.Duration:
		return readDuration(n, to, t)
	case *netip.Prefix:
		return readPrefix(n, to, t)
	case *netip.Addr:
		a, err := readWord(n, (*words.Args).Addr)
		*to = a
		return err
	case encoding.TextUnmarshaler:
		return readText(n, to, v, t)
	}
	return readPlain(n, v, t)
}

// readWord reads a string as a word of a command.
func readWord[T any](n *Node, read func(*words.Args) (T, error)) (v T, err error) {
	if err := n.Want(Text); err != nil {
		return v, err
	}
	v, err = read(n.Args(n.name))
	return v, n.Placed(err)
}

func readText(n *Node, to encoding.TextUnmarshaler, v reflect.Value, t fieldTag) error {
	text := n.Text
	switch {
	case t.has("flags") && n.Kind == List:
		var all []string
		for _, item := range n.Items {
			if err := item.Want(Text); err != nil {
				return err
			}
			all = append(all, item.Text)
		}
		text = strings.Join(all, ",")
	case v.CanUint():
		if err := n.Want(Text, Number); err != nil {
			return err
		}
	default:
		if err := n.Want(Text); err != nil {
			return err
		}
	}
	err := to.UnmarshalText([]byte(text))
	switch {
	case err == nil:
		return nil
	case t.has("secret"), t.has("hidden"):
		return n.HiddenFault("it is not a key")
	}
	return n.Fault(strings.TrimSuffix(err.Error(), ": invalid argument"))
}

func readPlain(n *Node, v reflect.Value, t fieldTag) error {
	switch v.Kind() {
	case reflect.Bool:
		on, err := n.Switch()
		v.SetBool(on)
		return err
	case reflect.String:
		v.SetString(n.Text)
		return n.Want(Text)
	case reflect.Slice:
		return readList(n, v)
	case reflect.Array:
		return readArray(n, v)
	case reflect.Struct:
		return readObject(n, v)
	}
	return readNumber(n, v, t)
}

// Switch returns the value of a bool, or of the words and numbers that stand for one.
func (n *Node) Switch() (bool, error) {
	switch n.Text {
	case "true", "on", "1":
		return true, n.Want(Bool, Text, Number)
	case "false", "off", "0":
		return false, n.Want(Bool, Text, Number)
	}
	return false, n.Want(Bool)
}

func readList(n *Node, v reflect.Value) error {
	if err := n.Want(List); err != nil {
		return err
	}
	all := reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items))
	for i, item := range n.Items {
		if err := read(item, all.Index(i), fieldTag{}); err != nil {
			return err
		}
	}
	v.Set(all)
	return nil
}

// readArray reads a list of a fixed length.
func readArray(n *Node, v reflect.Value) error {
	if err := n.Want(List); err != nil {
		return err
	}
	if len(n.Items) != v.Len() {
		return n.Fault(fmt.Sprintf("it has %d elements, where %d are due", len(n.Items), v.Len()))
	}
	for i, item := range n.Items {
		if err := read(item, v.Index(i), fieldTag{}); err != nil {
			return err
		}
	}
	return nil
}

func readObject(n *Node, v reflect.Value) error {
	tags := fieldsOf(v.Type())
	if i := slices.IndexFunc(tags, func(t fieldTag) bool { return t.has("short") }); i >= 0 && n.Kind != Object {
		return read(n, v.Field(i), tags[i])
	}
	if err := n.Want(Object); err != nil {
		return err
	}
	had := map[string]bool{}
	for i := range n.Members {
		m := &n.Members[i]
		had[m.Name] = true
		field := indexOf(tags, m.Name)
		if field < 0 {
			return n.UnknownMember(m, names(tags), "")
		}
		if err := read(m.Value, v.Field(field), tags[field]); err != nil {
			return err
		}
	}
	for _, t := range tags {
		if t.has("required") && !had[t.name] {
			return n.HiddenFault("it lacks " + t.name)
		}
	}
	return nil
}

func indexOf(tags []fieldTag, name string) int {
	for i, t := range tags {
		if t.name == name && name != "" {
			return i
		}
	}
	return -1
}

func readNumber(n *Node, v reflect.Value, t fieldTag) error {
	if err := n.Want(Number, Text); err != nil {
		return err
	}
	bits := v.Type().Bits()
	switch {
	case t.has("thousandths"):
		point, err := strconv.ParseFloat(n.Text, 32)
		if err != nil || !(point >= 0 && point < 1) {
			return n.Fault(n.Text + " is not in 0…0.999")
		}
		v.SetUint(uint64(point*1000 + 0.5))
		return nil
	case v.CanUint():
		u, ok := words.Number(n.Text, bits)
		if !ok {
			return n.Fault(fmt.Sprintf("%s is not a number of %d bits", n.Text, bits))
		}
		v.SetUint(u)
		return inRange(n, int64(min(u, 1<<63-1)), t)
	default:
		i, ok := words.Signed(n.Text, bits)
		if !ok {
			return n.Fault(fmt.Sprintf("%s is not a number of %d bits with a sign", n.Text, bits))
		}
		v.SetInt(i)
		return inRange(n, i, t)
	}
}

func inRange(n *Node, v int64, t fieldTag) error {
	if t.limits != nil && (v < t.limits[0] || v > t.limits[1]) {
		return n.Fault(fmt.Sprintf("%d is not in %d…%d", v, t.limits[0], t.limits[1]))
	}
	return nil
}

func readDuration(n *Node, to *time.Duration, t fieldTag) error {
	switch {
	case t.has("forever") && n.Text == "forever":
		*to = Forever
		return n.Want(Text)
	case t.has("off") && n.Text == "off":
		*to = -1
		return n.Want(Text)
	}
	if err := n.Want(Number, Text); err != nil {
		return err
	}
	v, ok := words.Number(n.Text, 32)
	if !ok {
		return n.Fault(fmt.Sprintf("%q is not a number of 32 bits", n.Text))
	}
	*to = time.Duration(v) * t.unit()
	return nil
}

func readPrefix(n *Node, to *netip.Prefix, t fieldTag) error {
	if t.has("default") && n.Text == "default" {
		*to = netip.Prefix{}
		return n.Want(Text)
	}
	p, err := readWord(n, (*words.Args).Prefix)
	*to = p
	return err
}
