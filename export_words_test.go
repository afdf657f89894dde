package iplink

import (
	"math/rand/v2"
	"reflect"
	"strings"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/jsonform"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A RandomTable is the settings of a kind, of its ports or of every link with random
// values, as a builder has them.
type RandomTable struct {
	Spec  Spec
	Tried map[string]bool // the rows that have a value
	of    attr.Table
	set   *attr.Set
}

// RandomKind returns a builder with random settings of a kind, of ports if port is set, or
// common ones if the kind is empty.
func RandomKind(kind string, port bool, r *rand.Rand) *RandomTable {
	e := newEditor(kind, "t0")
	s := &e.spec
	t := &RandomTable{Spec: e, Tried: map[string]bool{}}
	switch {
	case kind == "":
		s.become(KindDummy)
		t.of, t.set = e.link().settable, &s.linkSet
	case port:
		s.become(KindDummy)
		p := s.portOf(kind)
		t.of, t.set = infoOf(p).attrs, &p.Set
	default:
		t.of, t.set = s.info().attrs, &s.Set
		*t.set = s.kind().spelled
	}
	for _, row := range rows(t.of) {
		if row.Settable() && !row.Wordless && !withOthers[row.Name] && r.IntN(2) == 0 {
			t.fill(row, r)
		}
	}
	t.drop()
	if i, ok := s.Info.(finisher); ok {
		i.afterWords(&s.Settings)
	}
	return t
}

// withOthers are rows whose words depend on the value of another row.
var withOthers = map[string]bool{"macaddr": true, "6rd-prefix": true, "6rd-relay_prefix": true, "name": true, "tdc": true, "xl_tdc": true}

// fill gives a row a random value that it accepts.
func (t *RandomTable) fill(row attr.Row, r *rand.Rand) {
	typ := row.Type
	if typ >= attr.Bit(0) {
		typ = row.Type6
	}
	for range 30 {
		var c attr.Codec
		_, err := c.Decode(wire.AppendAttr(nil, typ, payloadOf(row, r)), t.of, nil)
		if err != nil || c.Check(attr.SetOf(row.Type), nil, t.of) != nil {
			continue
		}
		if row.Type == uapi.IFLA_PROTO_DOWN_REASON && row.Name == "protodown_reason" {
			continue
		}
		t.set.Add(row.Type)
		t.Tried[row.Name] = true
		return
	}
	if !t.set.Has(row.Type) {
		return
	}
	var c attr.Codec // `ip` gets the row in any case
	for _, b := range []byte{0, 1} {
		if _, err := c.Decode(wire.AppendAttr(nil, typ, []byte{b}), t.of, nil); err == nil && c.Check(attr.SetOf(row.Type), nil, t.of) == nil {
			return
		}
	}
}

// drop leaves out rows whose value another row of the same attribute has made invalid.
func (t *RandomTable) drop() {
	var c attr.Codec
	for typ := range t.set.All() {
		if c.Check(attr.SetOf(typ), nil, t.of) != nil {
			t.set.Remove(typ)
		}
	}
}

// payloadOf returns bytes that may be a payload of a row.
func payloadOf(row attr.Row, r *rand.Rand) []byte {
	format, _, _ := strings.Cut(row.Format, " ")
	n := map[string]int{"u8": 1, "s8": 1, "bool": 1, "u16": 2, "be16": 2, "u32": 4, "be32": 4, "s32": 4, "ifindex": 4, "u64": 8, "be64": 8,
		"mac": 6, "hardware": 6, "ip4": 4, "ip6": 16}[format]
	b := make([]byte, 48)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	switch format {
	case "flag":
		return nil
	case "ip":
		n = []int{4, 16}[r.IntN(2)]
	case "string":
		return []byte(strings.ToLower("x-" + strings.Repeat("ab ", r.IntN(3)) + "'y")[:2+r.IntN(2)] + "\x00")
	case "bit", "bits":
		return bitsOf(row, r)
	case "struct":
		return structOf(r, b)
	case "be16":
		if r.IntN(2) == 0 {
			return [][]byte{{0x81, 0}, {0x88, 0xa8}}[r.IntN(2)]
		}
		fallthrough
	case "u32", "u64", "u16", "be32", "be64", "ifindex":
		v := r.Uint64() >> r.IntN(64)
		b = wire.Order.AppendUint64(nil, v)
		if strings.HasPrefix(format, "be") {
			for i := range n {
				b[i] = byte(v >> (8 * (n - 1 - i)))
			}
		}
	}
	return b[:n]
}

// bitsOf returns the attribute of a row for bits, of the length that it has in some kind.
func bitsOf(row attr.Row, r *rand.Rand) []byte {
	b := wire.Order.AppendUint64(nil, r.Uint64())
	return b[:[]int{2, 4, 8}[r.IntN(3)]]
}

// structOf returns a list of attributes, or bytes.
func structOf(r *rand.Rand, b []byte) []byte {
	var list []byte
	switch r.IntN(5) {
	case 4:
		return []byte{byte(1 + r.IntN(3)), 0}
	case 0:
		for i := range r.IntN(4) {
			list = wire.AppendAttr(list, uint16(i), b[4*i:][:4])
		}
		return list
	case 1:
		for i := range r.IntN(2) {
			list = wire.AppendAttr(list, uint16(i), b[16*i:][:16])
		}
		return list
	case 2:
		for range 1 + r.IntN(3) {
			list = wire.AppendAttr(list, uapi.IFLA_VLAN_QOS_MAPPING, wire.Order.AppendUint32(wire.Order.AppendUint32(nil, r.Uint32N(8)), r.Uint32N(8)))
		}
		return list
	}
	return b[:[]int{2, 4, 8, 32}[r.IntN(4)]]
}

// Lacks compares the settings with those of a builder that was read from its words. It
// returns the names of the rows that differ, and of those that are missing and have words.
func (t *RandomTable) Lacks(read Spec) (names []string) {
	s := read.description()
	var of attr.Table
	var set attr.Set
	switch {
	case t.set == &t.Spec.description().linkSet:
		of, set = s.link.settable, s.linkSet
	case t.set == &t.Spec.description().Set:
		of, set = s.info().attrs, s.Set
	case s.port != nil:
		of, set = infoOf(s.port).attrs, s.port.Set
	default:
		return nil
	}
	var c attr.Codec
	for _, d := range c.Compare(t.set.And(set), nil, t.of, of) {
		names = append(names, d.Name)
	}
	for typ := range t.set.Minus(set).All() {
		if words, _ := c.Print(nil, attr.SetOf(typ), nil, t.of); len(words) > 0 {
			names = append(names, "no "+rowName(t.of, typ))
		}
	}
	for typ := range set.Minus(*t.set).Minus(s.kind().spelled).All() {
		names = append(names, "additional "+rowName(of, typ))
	}
	return names
}

// KindNamesWithPorts returns the kinds whose ports have settings.
func KindNamesWithPorts() (all []string) {
	for _, name := range KindNames() {
		if kinds[name].port != nil {
			all = append(all, name)
		}
	}
	return all
}

// HasTable reports whether a new builder of a kind has settings that only the kind has.
func HasTable(kind string) bool {
	return kindOf(kind).fresh() != nil
}

// InfoOf returns the info of a builder.
func InfoOf(s Spec) any {
	return s.description().Info
}

// SaysAll reports whether a builder has all settings that its words give.
func SaysAll(s Spec) bool {
	w := s.description()
	return w.kind().spelled.Minus(w.Set).Empty()
}

// A schemaMaker makes the schema of the JSON that ParseJSON reads.
type schemaMaker struct {
	docs    jsonform.Docs
	p       *parsing
	Doubled []string // names that two settings of a link have
}

type schema = jsonform.Schema

// Schema returns the schema, and the names in it that are ambiguous. docs returns the
// comments of fields.
func Schema(docs jsonform.Docs, options ...ParseOption) (*jsonform.Schema, []string) {
	m := &schemaMaker{docs: docs, p: newParsing(options)}
	defs := map[string]*schema{"common": m.common(), "port_settings": m.port()}
	spec := &schema{Type: "object", Description: "A link, or a network namespace.", AllOf: []*schema{ref("common")}, Unevaluated: false}
	unsaid := &schema{Properties: map[string]*schema{}}
	m.objects(unsaid, allLists())
	defs["no kind"] = unsaid
	spec.AllOf = append(spec.AllOf, &schema{If: &schema{Properties: map[string]*schema{"kind": {Const: ""}}}, Then: ref("no kind")})
	for _, name := range kindNames() {
		defs["kind "+name] = m.kind(name, defs["common"])
		spec.AllOf = append(spec.AllOf, when(name, ref("kind "+name)))
	}
	defs["spec"] = spec
	return &schema{
		Dialect:     "https://json-schema.org/draft/2020-12/schema",
		Title:       "Links of package iplink",
		Description: "The input of iplink.ParseJSON: a link, or a list of links and namespaces.",
		AnyOf:       []*schema{ref("spec"), {Type: "array", Items: ref("spec")}},
		Defs:        defs,
	}, m.Doubled
}

func ref(name string) *schema { return &schema{Ref: "#/$defs/" + name} }

// when returns a schema that holds for a kind only.
func when(kind string, then *schema) *schema {
	is := &schema{Properties: map[string]*schema{"kind": {Const: kind}}, Required: []string{"kind"}}
	return &schema{If: is, Then: then}
}

// add adds a property, and notes one that is there already.
func (m *schemaMaker) add(to *schema, key string, s *schema) {
	if to.Properties[key] != nil {
		m.Doubled = append(m.Doubled, key)
	}
	to.Properties[key] = s
}

func (m *schemaMaker) common() *schema {
	s := &schema{Properties: map[string]*schema{}}
	for _, setting := range jsonSettings() {
		v := jsonform.SchemaOf(setting.typ, m.docs)
		v.Description = setting.text
		m.add(s, setting.key, v)
	}
	kind := s.Properties["kind"]
	kind.Type, kind.Enum = nil, jsonform.Words(append(kindNames(), "netns")).Enum
	l := new(Link)
	m.rows(s, l, l.settable, attr.SetOf(uapi.IFLA_IFNAME))
	m.rows(s, &l.INET6, l.INET6.attrs, attr.Set{})
	m.add(s, jsonPort, ref("port_settings"))
	m.objects(s, []string{"fdb"})
	return s
}

// rows adds the rows of the table of a struct.
func (m *schemaMaker) rows(to *schema, of any, t attr.Table, without attr.Set) {
	new(attr.Codec).Fields(t, func(f *attr.Field) {
		if without.Has(f.Type) || f.Key() == "-" {
			return
		}
		s := f.Schema(m.docs)
		if text := m.rowText(of, f); text != "" && s.Description != "" {
			s.Description = text + " It is " + s.Description + "."
		} else if text != "" {
			s.Description = text
		}
		if other, ok := strings.CutSuffix(f.Key(), "_inherit"); ok && to.Properties[other] != nil { // see attr.Reader.ReadJSON
			to.Properties[other] = &schema{AnyOf: []*schema{to.Properties[other], {Const: "inherit"}}, Description: to.Properties[other].Description}
		}
		m.add(to, f.Key(), s)
		if _, lists := of.(lister); lists && s.Type == "object" {
			only := *s
			m.add(to, jsonOnly+f.Key(), &only)
		}
	})
}

// rowText returns the description of a row: the comment of its field, and its release.
func (m *schemaMaker) rowText(of any, f *attr.Field) string {
	v := reflect.ValueOf(of)
	text := ""
	if p := f.Place(); p != nil && uintptr(p) >= v.Pointer() && uintptr(p) < v.Pointer()+v.Type().Elem().Size() {
		text = m.docs(fieldAt(v.Type().Elem(), uintptr(p)-v.Pointer()))
	}
	if since := f.Since(); since != (attr.Version{}) {
		text = text + " Since Linux " + since.String() + "."
	}
	return text
}

// fieldAt returns the innermost struct with a field at an offset, and the name of the field.
func fieldAt(t reflect.Type, offset uintptr) (reflect.Type, string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if offset < f.Offset || offset >= f.Offset+max(f.Type.Size(), 1) {
			continue
		}
		if f.Type.Kind() == reflect.Struct && f.Type.NumField() > 0 && f.Type.PkgPath() == t.PkgPath() && f.Type.Field(0).IsExported() {
			return fieldAt(f.Type, offset-f.Offset)
		}
		return t, f.Name
	}
	return t, ""
}

// kind returns the schema of the settings that only a kind has.
func (m *schemaMaker) kind(name string, common *schema) *schema {
	s := &schema{Properties: map[string]*schema{}}
	e := newEditor(name, "")
	r := m.p.settingsReader(&e.spec.Settings, true)
	if i := r.info; i != nil {
		m.rows(s, i, i.attrs, attr.Set{})
		m.lists(s, i)
	}
	m.objects(s, r.objectKeys())
	if kindOf(name).peer != 0 {
		m.add(s, "peer", &schema{Type: "object", Description: "The other end.", AllOf: []*schema{ref("common"), ref("kind " + name)}, Unevaluated: false})
	}
	for key := range s.Properties {
		if common.Properties[key] != nil && key != "fdb" && key != jsonOnly+"fdb" {
			m.Doubled = append(m.Doubled, name+" "+key)
		}
	}
	delete(s.Properties, "fdb")
	delete(s.Properties, jsonOnly+"fdb")
	return s
}

func (m *schemaMaker) lists(to *schema, i info) {
	for _, l := range jsonLists(i) {
		v := jsonform.SchemaOf(reflect.TypeOf(l.value), m.docs)
		v.Description = m.docs(fieldAt(reflect.TypeOf(i).Elem(), reflect.ValueOf(l.value).Pointer()-reflect.ValueOf(i).Pointer()))
		m.add(to, l.key, v)
		if l.only != nil {
			m.add(to, jsonOnly+l.key, v)
		}
	}
}

// objects adds the lists of objects.
func (m *schemaMaker) objects(to *schema, keys []string) {
	texts := map[string]string{"fdb": "Entries of the forwarding database, or of the address filter.", "ports": "The links that are ports, by name.",
		"vlans": "VLANs.", "mdb": "Entries of the multicast database.", "vnis": "Networks of a VXLAN link for many."}
	for _, key := range keys {
		var s *schema
		switch key {
		case "fdb":
			s = jsonform.SchemaOf(reflect.TypeFor[[]fdb.Entry](), m.docs)
		case "ports":
			s = jsonform.SchemaOf(reflect.TypeFor[[]string](), m.docs)
		}
		for _, o := range m.p.objects {
			if o.Key == key {
				s = jsonform.SchemaOf(reflect.TypeOf(o.Sample), m.docs)
			}
		}
		s.Description = texts[key]
		only := *s
		only.Description += " Update and Ensure remove all others."
		m.add(to, key, s)
		m.add(to, jsonOnly+key, &only)
	}
}

// port returns the schema of settings as a port.
func (m *schemaMaker) port() *schema {
	all := kindsWithPorts()
	s := &schema{Type: "object", Description: "Settings of the link as a port of its master.", Required: []string{"kind"}, Unevaluated: false,
		Properties: map[string]*schema{"kind": {Enum: jsonform.Words(all).Enum, Description: "The kind of the master."}}}
	for _, name := range all {
		var p spec
		own := p.portOf(name)
		one := &schema{Properties: map[string]*schema{}}
		m.rows(one, infoOf(own), infoOf(own).attrs, attr.Set{})
		reader := settingsReader{p: m.p, s: own}
		m.objects(one, reader.objectKeys())
		s.AllOf = append(s.AllOf, when(name, one))
	}
	return s
}
