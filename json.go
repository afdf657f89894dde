package iplink

import (
	"net/netip"
	"reflect"
	"slices"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/jsonform"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
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

// A jsonSetting is a setting of every link in JSON that no row of a table has.
type jsonSetting struct {
	key, text string
	typ       reflect.Type
	get       func(*spec) any // a pointer to the value, or nil if it is not set
	set       func(*parsing, *spec, *jsonform.Node) error
}

// jsonOf returns a setting with a value of type T.
func jsonOf[T any](key, text string, get func(*spec) (T, bool), set func(*spec, T)) jsonSetting {
	return jsonWith(key, text, get, func(_ *parsing, s *spec, _ *jsonform.Node, v T) error {
		set(s, v)
		return nil
	})
}

func jsonWith[T any](key, text string, get func(*spec) (T, bool), set func(*parsing, *spec, *jsonform.Node, T) error) jsonSetting {
	return jsonSetting{key, text, reflect.TypeFor[T](), func(s *spec) any {
		if v, ok := get(s); ok {
			return &v
		}
		return nil
	}, func(p *parsing, s *spec, n *jsonform.Node) error {
		var v T
		if err := jsonform.Read(n, &v); err != nil {
			return err
		}
		return set(p, s, n, v)
	}}
}

// jsonSwitch returns a setting that is true or left out.
func jsonSwitch(key, text string, of func(*spec) *bool) jsonSetting {
	return jsonOf(key, text, func(s *spec) (bool, bool) { return *of(s), *of(s) }, func(s *spec, v bool) { *of(s) = v })
}

// jsonFlag returns a setting of an interface flag.
func jsonFlag(key, text string, flag uint32, inverted bool) jsonSetting {
	return jsonOf(key, text, func(s *spec) (bool, bool) {
		return s.flags&flag != 0 != inverted, s.change&flag != 0
	}, func(s *spec, on bool) {
		s.change |= flag
		s.flags &^= flag
		if on != inverted {
			s.flags |= flag
		}
	})
}

// jsonObjects returns the settings for objects that calls of setters add, and that there are
// to be no others.
func jsonObjects[T any](key, text string, of func(*spec) *[]T, adding, only setters) []jsonSetting {
	one := func(key, text string, exact bool, mark setters) jsonSetting {
		return jsonOf(key, text, func(s *spec) ([]T, bool) {
			return *of(s), s.only(only) == exact && (exact || len(*of(s)) > 0)
		}, func(s *spec, all []T) {
			*of(s) = slices.Concat(*of(s), eachOnce(all))
			s.called |= mark
		})
	}
	return []jsonSetting{one(key, text, false, adding), one(jsonOnly+key, text+" Update and Ensure remove all others.", true, only)}
}

// eachOnce returns values that can be compared without repetitions, as the setters add them.
func eachOnce[T any](all []T) []T {
	if !reflect.TypeFor[T]().Comparable() {
		return all
	}
	had := make(map[any]bool, len(all))
	return slices.DeleteFunc(all, func(v T) bool {
		again := had[v]
		had[v] = true
		return again
	})
}

// jsonRemoved returns the setting for objects that are taken away.
func jsonRemoved[T any](key, text string, of func(*spec) *[]T) jsonSetting {
	return jsonOf("del_"+key, text, func(s *spec) ([]T, bool) { return *of(s), len(*of(s)) > 0 },
		func(s *spec, all []T) { *of(s) = all })
}

// jsonSettings returns the settings of every link that no row has, in the order of the
// output. It is a function so that programs without JSON do not contain it.
func jsonSettings() []jsonSetting {
	return slices.Concat(jsonIdentity(), jsonStates(),
		jsonObjects("altnames", "Alternative names.", func(s *spec) *[]string { return &s.altNames }, calledAltName, calledOnlyAltNames),
		jsonObjects("addrs", "IP addresses.", func(s *spec) *[]inet.Addr { return &s.addrs }, calledAddrs, calledOnlyAddrs),
		jsonObjects("routes", "Routes through the link.", func(s *spec) *[]inet.Route { return &s.routes }, calledRoutes, calledOnlyRoutes),
		jsonObjects("neighs", "Neighbours, and addresses that the link answers for.", func(s *spec) *[]inet.Neigh { return &s.neighs }, calledNeighs, calledOnlyNeighs),
		[]jsonSetting{
			jsonRemoved("altnames", "Alternative names that are taken away.", func(s *spec) *[]string { return &s.noAltNames }),
			jsonRemoved("addrs", "IP addresses that are taken away.", func(s *spec) *[]netip.Prefix { return &s.noAddrs }),
			jsonRemoved("routes", "Routes that are taken away.", func(s *spec) *[]inet.Route { return &s.noRoutes }),
			jsonRemoved("neighs", "Neighbours that are taken away.", func(s *spec) *[]inet.Neigh { return &s.noNeighs }),
		})
}

// jsonIdentity returns the settings that say which link it is, and where.
func jsonIdentity() []jsonSetting {
	return []jsonSetting{
		jsonOf("name", "The name of the link, of at most 15 bytes. Without a kind it finds a link, and may be an alternative name.",
			func(s *spec) (string, bool) { return s.Name, s.Name != "" }, func(s *spec, v string) { s.Name = v }),
		jsonOf("kind", "The kind of the link, as the kernel names it, or netns for a named network namespace. Without it, the object is about a link that exists.",
			func(s *spec) (string, bool) { return s.Kind, s.Kind != "" && s.main == nil }, func(*spec, string) {}),
		jsonOf("absent", "There is to be no link with the name.",
			func(s *spec) (bool, bool) { return true, s.absence != nil }, func(*spec, bool) {}),
		jsonOf("index", "The interface index: a new link gets it, and without a name and a kind it finds a link.",
			func(s *spec) (int, bool) { return s.index, s.index != 0 }, func(s *spec, v int) { s.index = v }),
		jsonOf("rename", "The new name of a link that exists.",
			func(s *spec) (string, bool) { return s.newName, s.newName != "" }, func(s *spec, v string) { s.newName = v }),
		jsonNetNS("netns", "The namespace of the link, by a name of `ip netns`. A link that exists moves there.", "NetNS",
			func(s *spec) *NetNS { return unless(s.resident, s.netns) }, func(s *spec, ns *NetNS) { s.netns = ns }),
		jsonNetNS("in_netns", "The namespace where a link that exists is, by a name of `ip netns`.", "NetNS",
			func(s *spec) *NetNS { return unless(!s.resident, s.netns) }, func(s *spec, ns *NetNS) { s.netns, s.resident = ns, true }),
		jsonNetNS("link-netns", "The namespace of the link below, or of the peer, by a name of `ip netns`.", "LinkNetNS",
			func(s *spec) *NetNS { return unless(s.linkNetNS.isID(), s.linkNetNS) }, func(s *spec, ns *NetNS) { s.linkNetNS = ns }),
		jsonOf("link-netnsid", "The namespace of the link below, or of the peer, by the id that the namespace of the link has for it.",
			func(s *spec) (int, bool) {
				if !s.linkNetNS.isID() {
					return 0, false
				}
				return int(s.linkNetNS.known.id), true
			}, (*spec).placeLowerByID),
	}
}

// jsonStates returns the switches, and the settings of IP.
func jsonStates() []jsonSetting {
	return []jsonSetting{
		jsonFlag("up", "The link is up.", uapi.IFF_UP, false),
		jsonFlag("arp", "The link resolves addresses.", uapi.IFF_NOARP, true),
		jsonFlag("multicast", "The link sends multicast frames.", uapi.IFF_MULTICAST, false),
		jsonFlag("allmulticast", "The link receives all multicast frames.", uapi.IFF_ALLMULTI, false),
		jsonFlag("promisc", "The link receives all frames.", uapi.IFF_PROMISC, false),
		jsonFlag("dynamic", "The addresses of the link go when it goes down.", uapi.IFF_DYNAMIC, false),
		jsonSwitch("downfirst", "The link may be taken down for changes that need it.", func(s *spec) *bool { return &s.downFirst }),
		jsonSwitch("recreate", "Ensure may replace the link if it cannot change it.", func(s *spec) *bool { return &s.recreate }),
		jsonSwitch("exclusive", "Update only adds addresses, routes and neighbours.", func(s *spec) *bool { return &s.exclusive }),
		jsonOf("sysctls", "Settings of IP on the link, such as ipv4.rp_filter.",
			func(s *spec) (inetnl.SysctlList, bool) { return s.sysctls, len(s.sysctls) > 0 }, func(s *spec, all inetnl.SysctlList) { s.sysctls = all }),
	}
}

func unless(no bool, ns *NetNS) *NetNS {
	if no {
		return nil
	}
	return ns
}

// jsonNetNS returns a setting of a namespace.
func jsonNetNS(key, text, setter string, get func(*spec) *NetNS, set func(*spec, *NetNS)) jsonSetting {
	return jsonWith(key, text, func(s *spec) (string, bool) {
		ns := get(s)
		if ns == nil || ns.isID() {
			return "", false
		}
		return ns.plainWord(), true
	}, func(p *parsing, s *spec, n *jsonform.Node, name string) error {
		ns, err := p.jsonNetNS(name, n)
		if err == nil {
			set(s, ns)
		}
		return err
	})
}

// jsonNetNS returns the namespace that a word names.
func (p *parsing) jsonNetNS(name string, n *jsonform.Node) (*NetNS, error) {
	at, err := p.placeOf(name, n.Args(name))
	if failed, ok := err.(*ParseError); ok {
		failed.Path = n.Path()
		return nil, failed
	}
	if err == nil && at.ns == nil {
		err = n.Fault("it is the namespace of this process: leave it out")
	}
	return at.ns, n.Placed(err)
}
