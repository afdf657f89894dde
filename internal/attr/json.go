package attr

import (
	textual "encoding"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/iplink-go/iplink/internal/jsonform"
	"github.com/iplink-go/iplink/internal/words"
)

// A JSONer is a Payload with a JSON form: JSONValue returns a pointer to a value that
// package jsonform reads and writes.
type JSONer interface {
	Payload
	JSONValue() any
}

// Key returns the name of the row in JSON, or "-" if it has no JSON form.
func (f *Field) Key() string {
	switch {
	case f.key != "":
		return f.key
	case f.form == asPayload && f.json() == nil:
		return "-"
	}
	return strings.ReplaceAll(f.Name, " ", "_")
}

// json returns the value of a payload for package jsonform, or nil if it has no JSON form.
func (f *Field) json() any {
	if p, ok := f.payload.(JSONer); ok {
		return p.JSONValue()
	}
	return nil
}

// WriteJSON writes the rows of t in set as members of an object. key changes the name of a
// row; it may be nil.
func (c *Codec) WriteJSON(w *jsonform.Writer, set Set, refs []Ref, t Table, key func(f *Field) string) {
	c.Fields(t, func(f *Field) {
		if !set.Has(f.Type) || f.Key() == "-" {
			return
		}
		name := f.Key()
		if key != nil {
			name = key(f)
		}
		w.Key(name)
		f.write(w, refs)
	})
}

// ReportJSON writes the rows of t in set, also those that the kernel only reports, as
// members of an object.
func (c *Codec) ReportJSON(w *jsonform.Writer, set Set, t Table) {
	depth, hidden := 0, 0 // the nests that are open, and the outermost one without a JSON form
	c.AllFields(t, func(f *Field) {
		shown := hidden == 0 && (depth > 0 || set.Has(f.Type)) && f.Key() != "-"
		switch f.form {
		case asNest:
			if depth++; shown {
				w.Key(f.Key())
				w.Open('{')
			} else if hidden == 0 {
				hidden = depth
			}
		case asNestEnd:
			if hidden == 0 {
				w.Close('}')
			} else if hidden == depth {
				hidden = 0
			}
			depth--
		default:
			if shown && (f.report == nil || readable(reflect.TypeOf(f.report).Elem())) {
				w.Key(f.Key())
				f.write(w, nil)
			}
		}
	})
}

// readable reports whether a value that the kernel reports has a JSON form.
func readable(t reflect.Type) bool {
	if t.Kind() != reflect.Struct || t.Implements(reflect.TypeFor[textual.TextMarshaler]()) {
		return true
	}
	return t.NumField() > 0 && t.Field(0).Tag.Get("word") != ""
}

// write writes the value.
func (f *Field) write(w *jsonform.Writer, refs []Ref) {
	switch f.form {
	case asNumber:
		w.Number(string(f.format.appendText(nil, f.load(), false)))
	case asEnum:
		if word, ok := f.words.of(f.load()); ok {
			w.Text(word)
		} else {
			w.Uint(f.load())
		}
	case asTime:
		w.Int(int64(*(*time.Duration)(f.at) / f.unit.of))
	case asText:
		w.Text(*(*string)(f.at))
	case asHardware:
		w.Value((*net.HardwareAddr)(f.at))
	case asAddr:
		w.Value((*netip.Addr)(f.at))
	case asMACs:
		w.Value((*[]net.HardwareAddr)(f.at))
	case asIndex:
		f.writeIndex(w, refs)
	case asUnless:
		w.Bool(!*(*bool)(f.at))
	case asPayload:
		w.Value(f.json())
	case asReport:
		w.Value(f.report)
	default:
		w.Bool(*(*bool)(f.at))
	}
}

// writeIndex writes the name of a link, or the index if only that is known.
func (f *Field) writeIndex(w *jsonform.Writer, refs []Ref) {
	i := slices.IndexFunc(refs, func(r Ref) bool { return r.Type == f.Type })
	if i < 0 {
		w.Int(int64(*(*int)(f.at)))
		return
	}
	w.Text(refs[i].Name)
}

// load returns the number in the field.
func (f *Field) load() uint64 {
	var v uint64
	switch f.format.bytes {
	case 1:
		v = uint64(*(*uint8)(f.at))
	case 2:
		v = uint64(*(*uint16)(f.at))
	case 4:
		v = uint64(*(*uint32)(f.at))
	default:
		v = *(*uint64)(f.at)
	}
	return f.format.extend(v)
}

// Keys returns the names of the settings in JSON.
func (r *Reader) Keys() (all []string) {
	for i := range r.fields {
		if key := r.fields[i].Key(); key != "-" {
			all = append(all, key)
		}
	}
	return all
}

// KeyOf returns the name in JSON of the setting that has another one in commands, or an
// empty string.
func (r *Reader) KeyOf(word string) string {
	for i := range r.fields {
		if f := &r.fields[i]; slices.Contains(f.synonyms(), word) && f.Key() != "-" {
			return f.Key()
		}
	}
	return ""
}

// ReadJSON reads the setting with a name, and returns its member. It reports false for an
// unknown name.
func (r *Reader) ReadJSON(name string, n *jsonform.Node) (member uint16, known bool, err error) {
	i := slices.IndexFunc(r.fields, func(f Field) bool { return f.Key() == name && name != "-" })
	if i < 0 {
		return 0, false, nil
	}
	f := &r.fields[i]
	if other := r.inWords(f, n); other != nil {
		r.set.Add(other.Type)
		*(*bool)(other.at) = other.form != asUnless
		return other.Type, true, nil
	}
	*r.refs = DropRef(*r.refs, f.Type)
	r.set.Add(f.Type)
	return f.Type, true, n.Placed(r.fill(f, n))
}

// inWords returns the row whose name begins with the name of another one, and goes on with
// the word that stands for its value, as in "ttl inherit", or nil.
func (r *Reader) inWords(f *Field, n *jsonform.Node) *Field {
	if n.Kind != jsonform.Text {
		return nil
	}
	i := slices.IndexFunc(r.fields, func(o Field) bool { return o.Name == f.Name+" "+n.Text && o.form == asFlag })
	if i < 0 {
		return nil
	}
	return &r.fields[i]
}

// fill reads the value of a row.
func (r *Reader) fill(f *Field, n *jsonform.Node) error {
	switch f.form {
	case asBool, asSwitch, asFlag, asUnless:
		on, err := n.Switch()
		*(*bool)(f.at) = on != (f.form == asUnless)
		return err
	case asIndex:
		return r.fillIndex(f, n)
	case asPayload:
		if err := jsonform.Read(n, f.json()); err != nil {
			return err
		}
		if err := f.payload.Check(); err != nil {
			return n.Fault(err.Error())
		}
		return nil
	case asMACs:
		if err := jsonform.Read(n, (*[]net.HardwareAddr)(f.at)); err != nil {
			return err
		}
		return f.checkMACs(n)
	case asNumber, asTime, asEnum:
		return f.fillNumber(n)
	}
	if err := n.Want(jsonform.Text); err != nil {
		return err
	}
	return f.read(n.Args(f.Name))
}

func (f *Field) checkMACs(n *jsonform.Node) error {
	for i, mac := range *(*[]net.HardwareAddr)(f.at) {
		if len(mac) != macLen {
			return n.Items[i].Fault(fmt.Sprintf("%d bytes, where the address has %d", len(mac), macLen))
		}
	}
	return nil
}

// fillNumber reads a number, or the word of one. JSON has numbers in base 10.
func (f *Field) fillNumber(n *jsonform.Node) error {
	if err := n.Want(jsonform.Number, jsonform.Text); err != nil {
		return err
	}
	if n.Kind == jsonform.Text || !f.props.are(base16) {
		return f.read(n.Args(f.Name))
	}
	v, ok := words.Number(n.Text, 64)
	if !ok {
		return n.Fault(fmt.Sprintf("%s is not a number of %d bits", n.Text, 8*f.format.bytes))
	}
	hex := *n
	hex.Text = "0x" + strconv.FormatUint(v, 16)
	return f.read(hex.Args(f.Name))
}

// fillIndex reads the name of a link, or its index.
func (r *Reader) fillIndex(f *Field, n *jsonform.Node) error {
	switch n.Kind {
	case jsonform.Text:
		if v, ok := f.valueOf(n.Text); ok {
			*(*int)(f.at) = int(v)
			return nil
		}
		*r.refs = SetRef(*r.refs, f.Type, n.Text)
		return nil
	case jsonform.Number:
		v, ok := words.Number(n.Text, 31)
		*(*int)(f.at) = int(v)
		if !ok {
			return n.Fault(n.Text + " is not an index of a link")
		}
		return nil
	}
	return n.Want(jsonform.Text, jsonform.Number)
}

// Place returns the address of the value, or nil.
func (f *Field) Place() unsafe.Pointer {
	if f.payload == nil {
		return f.at
	}
	if v := reflect.ValueOf(f.payload); v.Kind() == reflect.Pointer {
		return v.UnsafePointer()
	}
	return nil
}

// Since returns the release that introduced the row.
func (f *Field) Since() Version { return f.props.since }

// Schema returns the schema of the value in JSON.
func (f *Field) Schema(docs jsonform.Docs) *jsonform.Schema {
	switch f.form {
	case asNumber, asTime:
		return f.numberSchema()
	case asEnum:
		return &jsonform.Schema{AnyOf: []*jsonform.Schema{jsonform.Words(strings.Split(f.words.list(), ", ")), {Type: "integer", Minimum: 0}, {Type: "string"}}}
	case asText:
		return &jsonform.Schema{Type: "string", MaxLength: f.size}
	case asHardware:
		return jsonform.SchemaOf(reflect.TypeFor[net.HardwareAddr](), docs)
	case asAddr:
		return jsonform.SchemaOf(reflect.TypeFor[netip.Addr](), docs)
	case asMACs:
		return jsonform.SchemaOf(reflect.TypeFor[[]net.HardwareAddr](), docs)
	case asIndex:
		return jsonform.Integer(0, 1<<31-1)
	case asPayload:
		if v, ok := f.json().(jsonform.Value); ok {
			return v.Schema()
		}
		return jsonform.SchemaOf(reflect.TypeOf(f.json()), docs)
	}
	return jsonform.Switch()
}

func (f *Field) numberSchema() *jsonform.Schema {
	s := jsonform.Integer(uint64(0), uint64(1)<<(8*f.format.bytes-1)<<1-1)
	switch {
	case f.bounded:
		s.Minimum, s.Maximum = f.limits[0], f.limits[1]
	case f.format.signed:
		s.Minimum, s.Maximum = -int64(1)<<(8*f.format.bytes-1), int64(1)<<(8*f.format.bytes-1)-1
	}
	if f.form == asTime {
		s.Description = fmt.Sprintf("in units of %v", f.unit.of)
	}
	return s
}
