package iplink

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/jsonform"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/words"
)

// MarshalJSON returns the builder as a JSON object in the words of the commands that String
// returns:
//
//	{"name":"vx0","kind":"vxlan","id":100,"remote":"192.0.2.2"}
//
// ParseJSON reads it, and docs/schema.json describes it: numbers are in the units of `ip`,
// enumerations are words, and a link is a name or an index. A row of a table with a second
// word has an underscore in it: "ttl_inherit". Keys and open files are left out. Settings
// that are given as bytes, and names that are not valid UTF-8, are an error.
//
// A namespace without a name is the path of a file of this process, and only of use as
// long as the process has it open.
func (b *Common[Self]) MarshalJSON() ([]byte, error) {
	return b.description().json()
}

// MarshalJSON returns an object such as {"name":"vx0","absent":true}.
func (a *AbsentLink) MarshalJSON() ([]byte, error) {
	return a.description().json()
}

// MarshalJSON returns an object such as {"name":"web1","kind":"netns"}.
func (n *NamespaceSpec) MarshalJSON() ([]byte, error) {
	return n.description().json()
}

// MarshalJSON returns an error: filters have no JSON form.
func (p *PruneSpec) MarshalJSON() ([]byte, error) {
	return p.description().json()
}

// ParseJSON returns the builders that a JSON text describes: an object for each, or a list
// of them. It is the inverse of MarshalJSON, and docs/schema.json describes its input.
//
//	iplink.ParseJSON([]byte(`{"name":"vx0","kind":"vxlan","id":100,"remote":"192.0.2.2"}`))
//
// The kind "netns" stands for a Namespace. An object without a kind describes a Device, and
// with "absent" an Absent. Settings as a port, and the other end of a pair, are objects
// inside. The settings of the bridge package for VLANs and its multicast database take the
// option bridge.Words(), and "vnis" takes vxlan.Words(). Keys, which MarshalJSON leaves
// out, can be read.
//
// Besides the values that MarshalJSON writes, a switch may be "on" or "off", and a number a
// string in base 16 after "0x". An error is a *ParseError and names the place; names that
// are not known, names that an object has twice, and null are errors. Ranges are checked as
// far as one value decides them; the verbs check the rest.
func ParseJSON(text []byte, options ...ParseOption) ([]Spec, error) {
	p := newParsing(options)
	n, err := jsonform.Parse(text)
	if err == nil {
		err = p.readJSON(n)
	}
	if err != nil {
		return nil, parseError(err, words.Word{Line: 1, Column: 1})
	}
	return p.specs(), nil
}

// json returns the description as an object.
func (s *spec) json() ([]byte, error) {
	const op = "marshal"
	switch {
	case s.absence != nil && s.absence.only != nil:
		return nil, s.invalid(op, "Prune", "filters have no JSON form")
	case s.isRaw() || s.Kind != "" && !s.isNetNS && kinds[s.Kind] == nil:
		return nil, s.invalid(op, "kind", "settings that are given as bytes have no JSON form")
	}
	if err := s.checkGiven(""); err != nil {
		return nil, err
	}
	var w jsonform.Writer
	s.writeJSON(&w, false)
	if w.Err != nil {
		return nil, s.invalid(op, "", w.Err.Error())
	}
	return w.B, nil
}

// writeJSON writes the description, of a peer without the kind.
func (s *spec) writeJSON(w *jsonform.Writer, isPeer bool) {
	w.Open('{')
	for _, setting := range jsonSettings() {
		if v := setting.get(s); v != nil && !(isPeer && setting.key == "kind") {
			w.Key(setting.key)
			w.Value(v)
		}
	}
	var c attr.Codec
	c.WriteJSON(w, s.linkSet, s.linkRefs, s.link.settable, nil)
	c.WriteJSON(w, s.inet6Set, nil, s.link.INET6.attrs, nil)
	writeSettings(w, &s.Settings)
	if s.port != nil {
		w.Key(jsonPort)
		w.Open('{')
		w.Key("kind")
		w.Text(s.port.Kind)
		writeSettings(w, s.port)
		w.Close('}')
	}
	if peer := s.peer(); peer != nil {
		w.Key("peer")
		peer.description().writeJSON(w, true)
	}
	w.Close('}')
}

// only begins the names of lists in JSON that are to have no other entries.
const jsonOnly = "only_"

// jsonPort is the name of the settings as a port.
const jsonPort = "port_settings"

// writeSettings writes the settings that only a kind or its ports have, and objects.
func writeSettings(w *jsonform.Writer, s *own.Settings) {
	if i := infoOf(s); i != nil {
		var c attr.Codec
		c.WriteJSON(w, s.Set, s.Refs, i.attrs, func(f *attr.Field) string { return onlyKey(s.Only.Has(f.Type), f.Key()) })
	}
	for _, l := range jsonLists(infoOf(s)) {
		if !l.secret && (!s.Set.And(l.members).Empty() || l.only != nil && *l.only) {
			w.Key(onlyKey(l.only != nil && *l.only, l.key))
			w.Value(l.value)
		}
	}
	for _, o := range s.Objects {
		if setter, text := o.Fault(); text != "" {
			w.Fail(setter + ": " + text)
		} else if l, ok := o.(own.Lister); ok {
			key, only, list := l.JSON()
			w.Key(onlyKey(only, key))
			w.Value(list)
		}
	}
}

func onlyKey(only bool, key string) string {
	if only {
		return jsonOnly + key
	}
	return key
}

// A jsonList is a setting of a kind in JSON that no row of its table has.
type jsonList struct {
	key     string
	members attr.Set
	value   any   // a pointer to it
	only    *bool // that there are to be no other entries; nil if that cannot be asked for
	secret  bool  // it is not written
}

// A jsonLister is an info with such settings.
type jsonLister interface {
	info
	jsonLists() []jsonList
}

func jsonLists(i info) []jsonList {
	if l, ok := i.(jsonLister); ok {
		return l.jsonLists()
	}
	return nil
}
