package iplink

import (
	"reflect"
	"strings"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/jsonform"
	"github.com/iplink-go/iplink/internal/uapi"
)

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
	m.objects(s, settingsReader{p: m.p, s: &newEditor("", "").spec.Settings, self: true})
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
	m.objects(s, r)
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
func (m *schemaMaker) objects(to *schema, r settingsReader) {
	texts := map[string]string{"fdb": "Entries of the forwarding database, or of the address filter.", "ports": "The links that are ports, by name.",
		"vlans": "VLANs.", "mdb": "Entries of the multicast database.", "vnis": "Networks of a VXLAN link for many."}
	for _, key := range r.objectKeys() {
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
		m.objects(one, settingsReader{p: m.p, s: own})
		s.AllOf = append(s.AllOf, when(name, one))
	}
	return s
}
