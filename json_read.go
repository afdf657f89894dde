package iplink

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/jsonform"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// readJSON reads an object for a builder, or a list of them.
func (p *parsing) readJSON(n *jsonform.Node) error {
	all := []*jsonform.Node{n}
	if n.Kind == jsonform.List {
		all = n.Items
	}
	for _, item := range all {
		if err := item.Want(jsonform.Object); err != nil {
			return err
		}
		if err := p.readObject(item); err != nil {
			return err
		}
	}
	return nil
}

// readObject reads a builder, and adds it to those that were found.
func (p *parsing) readObject(n *jsonform.Node) error {
	head, err := headOf(n)
	if err != nil {
		return err
	}
	var spec Spec
	switch {
	case head.isNetNS:
		spec, err = readNamespace(n, head.name)
	case head.absent:
		spec, err = p.readAbsent(n, head.name)
	default:
		spec, err = p.readLink(n, head.kind, false)
	}
	if err != nil {
		return err
	}
	return p.addJSON(n, spec, head)
}

// addJSON adds a builder, unless there is one of that link.
func (p *parsing) addJSON(n *jsonform.Node, spec Spec, head jsonHead) error {
	s := spec.description()
	key := placeName{name: s.Name}
	switch {
	case head.isNetNS:
		key.netns = "\x00netns"
	case s.netns != nil && !s.netns.isID():
		key.netns = s.netns.plainWord()
	}
	if had := p.named[key]; had != nil && s.Name != "" {
		return n.HiddenFault(fmt.Sprintf("%q is described already, at line %d", s.Name, had.word.Line))
	}
	d := &subject{spec: spec, s: s, key: key, made: true, word: n.Word()}
	p.found = append(p.found, d)
	p.named[key] = d
	return nil
}

// A jsonHead is the part of an object that decides its subject: a link or a namespace.
type jsonHead struct {
	name, kind      string
	absent, isNetNS bool
}

// headOf reads the members that decide the subject of an object.
func headOf(n *jsonform.Node) (h jsonHead, err error) {
	for _, m := range n.Members {
		switch m.Name {
		case "name":
			err = jsonform.Read(m.Value, &h.name)
		case "absent":
			h.absent, err = m.Value.Switch()
		case "kind":
			if err = jsonform.Read(m.Value, &h.kind); err != nil {
				break
			}
			if h.isNetNS = h.kind == "netns"; !h.isNetNS && kinds[h.kind] == nil {
				err = m.Value.Unknown(append(kindNames(), "netns"))
			}
		}
		if err != nil {
			return h, err
		}
	}
	return h, nil
}

// onlyMembers returns an error for a member that is not known.
func onlyMembers(n *jsonform.Node, known ...string) error {
	for i := range n.Members {
		if !slices.Contains(known, n.Members[i].Name) {
			return n.UnknownMember(&n.Members[i], known, "")
		}
	}
	return nil
}

func readNamespace(n *jsonform.Node, name string) (Spec, error) {
	if e, ok := checkNetNSName("", name).(*Error); ok {
		return nil, n.HiddenFault(e.Message)
	}
	return Namespace(name), onlyMembers(n, "name", "kind")
}

func (p *parsing) readAbsent(n *jsonform.Node, name string) (Spec, error) {
	a := Absent(name)
	for _, m := range n.Members {
		if m.Name != "netns" {
			continue
		}
		if err := p.jsonSetting("netns").set(p, &a.spec, m.Value); err != nil {
			return nil, err
		}
	}
	return a, onlyMembers(n, "name", "absent", "netns")
}

// jsonSetting returns the setting of every link with a name, or nil.
func (p *parsing) jsonSetting(key string) *jsonSetting {
	if p.settings == nil {
		p.settings = jsonSettings()
	}
	i := slices.IndexFunc(p.settings, func(s jsonSetting) bool { return s.key == key })
	if i < 0 {
		return nil
	}
	return &p.settings[i]
}

// A jsonReader reads the members of an object about a link.
type jsonReader struct {
	p    *parsing
	n    *jsonform.Node
	e    *Editor
	peer bool

	common, inet6 *attr.Reader
	own           settingsReader
}

// readLink reads a link of a kind, or one that exists if the kind is empty.
func (p *parsing) readLink(n *jsonform.Node, kind string, isPeer bool) (*Editor, error) {
	e := newEditor(kind, "")
	r := &jsonReader{p: p, n: n, e: e, peer: isPeer}
	r.common = attr.NewReader(&e.spec.linkSet, &e.spec.linkRefs, e.link().settable, attr.Scope{Without: attr.SetOf(uapi.IFLA_IFNAME)})
	var refs []attr.Ref
	r.inet6 = attr.NewReader(&e.spec.inet6Set, &refs, e.link().INET6.attrs, attr.Scope{})
	r.own = p.settingsReader(&e.spec.Settings, true)
	for i := range n.Members {
		if err := r.member(&n.Members[i]); err != nil {
			return nil, err
		}
	}
	s := &e.spec
	for _, f := range s.Faults {
		return nil, n.HiddenFault(f.Setter + ": " + f.Text)
	}
	return e, r.own.finish(n)
}

func (r *jsonReader) member(m *jsonform.Member) error {
	if s := r.p.jsonSetting(m.Name); s != nil {
		return s.set(r.p, &r.e.spec, m.Value)
	}
	switch m.Name {
	case jsonPort:
		return r.port(m.Value)
	case "peer":
		if r.e.spec.kind().peer != 0 && !r.peer {
			return r.readPeer(m.Value)
		}
	}
	for _, table := range []*attr.Reader{r.common, r.inet6} {
		if _, known, err := table.ReadJSON(m.Name, m.Value); known {
			return err
		}
	}
	if known, err := r.own.member(r.n, m, r.e.spec.kind().portsDown != 0); known {
		return err
	}
	return r.n.UnknownMember(m, r.known(), cmp.Or(r.common.KeyOf(m.Name), r.inet6.KeyOf(m.Name), r.own.keyOf(m.Name)))
}

// known returns the names of all members.
func (r *jsonReader) known() []string {
	all := slices.Concat([]string{jsonPort, "peer"}, r.common.Keys(), r.inet6.Keys(), r.own.known())
	for _, s := range r.p.settings {
		all = append(all, s.key)
	}
	return all
}

func (r *jsonReader) readPeer(n *jsonform.Node) error {
	if err := n.Want(jsonform.Object); err != nil {
		return err
	}
	if i := slices.IndexFunc(n.Members, func(m jsonform.Member) bool { return m.Name == "kind" || m.Name == "absent" }); i >= 0 {
		return n.MemberFault(&n.Members[i], "the other end of a pair has none")
	}
	peer, err := r.p.readLink(n, r.e.spec.Kind, true)
	if err == nil {
		r.e.spec.Peer = peer
	}
	return err
}

// port reads settings as a port of a kind of master.
func (r *jsonReader) port(n *jsonform.Node) error {
	if err := n.Want(jsonform.Object); err != nil {
		return err
	}
	i := slices.IndexFunc(n.Members, func(m jsonform.Member) bool { return m.Name == "kind" })
	if i < 0 {
		return n.HiddenFault("it lacks the kind of the master")
	}
	kind := n.Members[i].Value
	if kindOf(kind.Text).port == nil {
		return kind.Unknown(kindsWithPorts())
	}
	own := r.p.settingsReader(r.e.spec.portOf(kind.Text), false)
	for i := range n.Members {
		m := &n.Members[i]
		if m.Name == "kind" {
			continue
		}
		if known, err := own.member(n, m, false); err != nil {
			return err
		} else if !known {
			return n.UnknownMember(m, own.known(), own.keyOf(m.Name))
		}
	}
	return own.finish(n)
}

func kindsWithPorts() (all []string) {
	for _, name := range kindNames() {
		if kinds[name].port != nil {
			all = append(all, name)
		}
	}
	return all
}

// A settingsReader reads settings that only a kind or its ports have, and objects.
type settingsReader struct {
	p     *parsing
	s     *own.Settings
	self  bool // of the link itself, not as a port
	info  info // which s has once a setting is read
	table *attr.Reader
}

func (p *parsing) settingsReader(s *own.Settings, self bool) settingsReader {
	r := settingsReader{p: p, s: s, self: self, info: infoOf(s)}
	// The infos of kinds whose settings route netlink does not have. Each returns nil for
	// other kinds.
	apart := []func(kind string) info{keysApart, modeApart}
	for _, of := range apart {
		if i := of(s.Kind); r.info == nil && self {
			r.info = i
		}
	}
	if r.info != nil {
		r.table = attr.NewReader(&s.Set, &s.Refs, r.info.attrs, attr.Scope{Bare: true})
	}
	return r
}

// keep gives the settings the info, once a setting of it is read.
func (r *settingsReader) keep() {
	if r.s.Info == nil {
		r.s.Info = r.info
	}
}

// member reads a member, and reports false if it is not known.
func (r *settingsReader) member(n *jsonform.Node, m *jsonform.Member, down bool) (bool, error) {
	if known, err := r.row(m); known {
		r.keep()
		return true, err
	}
	key, only := strings.CutPrefix(m.Name, jsonOnly)
	for _, l := range jsonLists(r.info) {
		if l.key != key || only && l.only == nil {
			continue
		}
		r.keep()
		if l.only != nil && !r.s.Set.And(l.members).Empty() {
			return true, n.MemberFault(m, key+" and "+jsonOnly+key+" exclude each other")
		}
		r.s.Set = r.s.Set.Or(l.members)
		if l.only != nil {
			*l.only = only
		}
		return true, readSecret(m.Value, l)
	}
	return r.objects(n, m, key, only, down)
}

// readSecret reads a value that may be a key.
func readSecret(n *jsonform.Node, l jsonList) error {
	err := jsonform.Read(n, l.value)
	if err != nil && l.secret {
		return n.HiddenFault("it is not a key")
	}
	return err
}

// row reads the setting of a row, or the entries that a list alone is to have.
func (r *settingsReader) row(m *jsonform.Member) (bool, error) {
	if r.table == nil {
		return false, nil
	}
	if _, known, err := r.table.ReadJSON(m.Name, m.Value); known {
		return true, err
	}
	key, only := strings.CutPrefix(m.Name, jsonOnly)
	if _, lists := r.info.(lister); !lists || !only || m.Value.Kind != jsonform.Object {
		return false, nil
	}
	member, known, err := r.table.ReadJSON(key, m.Value)
	if known {
		r.s.Only.Add(member)
	}
	return known, err
}

// objects reads objects that have no row.
func (r *settingsReader) objects(n *jsonform.Node, m *jsonform.Member, key string, only, down bool) (bool, error) {
	if !slices.Contains(r.objectKeys(), key) {
		return false, nil
	}
	for _, o := range r.s.Objects {
		if l, ok := o.(own.Lister); ok {
			if had, _, _ := l.JSON(); had == key {
				return true, n.MemberFault(m, key+" and "+jsonOnly+key+" exclude each other")
			}
		}
	}
	switch key {
	case "fdb":
		return true, r.fdb(m.Value, only)
	case "ports":
		var names []string
		err := jsonform.Read(m.Value, &names)
		if err == nil {
			own.AddPorts(r.s, down, only, names)
		}
		return true, err
	}
	for _, o := range r.p.objects {
		if o.Key == key {
			return true, o.List(r.s, r.self, only, m.Value)
		}
	}
	return true, n.MemberFault(m, "it takes the option "+jsonObjectOwners[key]+".Words()")
}

// jsonObjectOwners are the packages whose options read objects.
var jsonObjectOwners = map[string]string{"vlans": "bridge", "mdb": "bridge", "vnis": "vxlan"}

// objectKeys returns the names of the objects that the link can have.
func (r *settingsReader) objectKeys() []string {
	switch k := kindOf(r.s.Kind); {
	case !r.self:
		return k.portLists
	case r.s.Kind == "": // the link may be of any kind
		return append([]string{"fdb"}, allLists()...)
	case k.driver != "":
		return append([]string{"fdb", "ports"}, k.lists...)
	default:
		return append([]string{"fdb"}, k.lists...)
	}
}

// allLists returns the names of the objects that links of some kind can have.
func allLists() (all []string) {
	for _, k := range kinds {
		all = append(all, k.lists...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (r *settingsReader) fdb(n *jsonform.Node, only bool) error {
	var all []fdb.Entry
	if err := jsonform.Read(n, &all); err != nil {
		return err
	}
	of := fdbmsg.OfPort
	if r.self {
		of = (&spec{Settings: *r.s}).database(all...)
	}
	fdbmsg.Add(r.s, of, only, fdbmsg.KeeperOf(r.s), all)
	return nil
}

// known returns the names of all members.
func (r *settingsReader) known() (all []string) {
	if r.table != nil {
		all = r.table.Keys()
	}
	for _, l := range jsonLists(r.info) {
		if all = append(all, l.key); l.only != nil {
			all = append(all, jsonOnly+l.key)
		}
	}
	for _, key := range r.objectKeys() {
		all = append(all, key, jsonOnly+key)
	}
	return all
}

// keyOf returns the name of the setting that has another one in commands, or an empty
// string.
func (r *settingsReader) keyOf(word string) string {
	if r.table == nil {
		return ""
	}
	return r.table.KeyOf(word)
}

// finish completes the settings, and checks the objects.
func (r *settingsReader) finish(n *jsonform.Node) error {
	if f, ok := r.s.Info.(finisher); ok {
		f.afterWords(r.s)
	}
	for _, o := range r.s.Objects {
		if setter, text := o.Fault(); text != "" {
			return n.HiddenFault(setter + ": " + text)
		}
	}
	return nil
}
