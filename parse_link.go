package iplink

import (
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/words"
)

// linkVerbs are the verbs of `ip link`, as it compares them with abbreviations.
var linkVerbs = []string{"add", "set", "change", "replace", "delete", "show", "list", "lst", "xstats", "afstats", "property", "help"}

func (p *parsing) linkCommand(at place, args *words.Args) error {
	verb, err := args.Value()
	if err != nil {
		return err
	}
	full, ok := words.Match(verb, linkVerbs)
	if !ok {
		return args.Unknown([]string{"add", "set", "delete", "property"})
	}
	switch full {
	case "add", "replace":
		return p.linkAdd(at, args)
	case "set", "change":
		return p.linkSet(at, args)
	case "delete":
		return p.linkDelete(at, args)
	case "property":
		return p.propertyCommand(at, args)
	}
	return args.Faultf("ip link %s does not describe a link", full)
}

// A linkReader reads the words that describe a link.
type linkReader struct {
	p       *parsing
	e       *Editor
	at      place // of the command
	moved   place // of the link, if a word names it
	moves   bool
	sets    bool // of a link that exists
	isPeer  bool
	newName string
	peer    *Editor
	below   *linkReader // of the peer

	common, inet6 *attr.Reader
	words         []string
}

func (p *parsing) linkReader(e *Editor, at place) *linkReader {
	r := &linkReader{p: p, e: e, at: at}
	l := e.link()
	r.common = attr.NewReader(&e.spec.linkSet, &e.spec.linkRefs, l.settable, attr.Scope{Without: attr.SetOf(uapi.IFLA_IFNAME)})
	var refs []attr.Ref
	r.inet6 = attr.NewReader(&e.spec.inet6Set, &refs, l.INET6.attrs, attr.Scope{})
	return r
}

// linkAdd reads `ip link add`.
func (p *parsing) linkAdd(at place, args *words.Args) error {
	r := p.linkReader(newEditor("", ""), at)
	if err := r.read(args); err != nil {
		return err
	}
	s := r.e.description()
	switch {
	case s.Kind == "":
		return args.Missing(`"type" and a kind`)
	case s.Name == "" && s.kind().hardware != "":
		return args.Missing("the name of the link")
	}
	s.likeIP()
	where := r.put()
	d := &subject{spec: r.e, s: s, key: placeName{where.word, s.Name}, made: true}
	if err := p.add(d, args); err != nil || r.peer == nil {
		return err
	}
	other := r.below.put()
	o := &subject{spec: r.peer, s: r.peer.description(), key: placeName{other.word, r.peer.spec.Name}, made: true, peer: true}
	return p.add(o, args)
}

// A speaker is an info with settings for which `ip` and the kernel have different defaults.
type speaker interface {
	info
	// ipDefaults gives the missing settings the values that `ip` sends.
	ipDefaults(missing attr.Set)
}

// likeIP adds the settings that `ip` sends although no word names them.
func (s *spec) likeIP() {
	missing := s.kind().spelled.Minus(s.Set)
	if i, ok := s.Info.(speaker); ok && !missing.Empty() {
		i.ipDefaults(missing)
		s.Set = s.Set.Or(missing)
	}
}

// put puts a new link into its namespace, and returns that. The link below it is in the
// namespace of the command.
func (r *linkReader) put() place {
	s, where := &r.e.spec, r.at
	if r.moves {
		where = r.moved
	}
	s.netns = where.ns
	if k := s.kind(); r.at.ns != nil && !r.isPeer && (k.parent || k.tunnel) && s.linkNetNS == nil {
		s.linkNetNS = r.at.ns
	}
	return where
}

// linkSet reads `ip link set`.
func (p *parsing) linkSet(at place, args *words.Args) error {
	if args.Peek() == "group" {
		args.Next()
		return args.Fault("a group of links is not a link: name one")
	}
	name, err := p.linkToSet(args)
	if err != nil {
		return err
	}
	d, err := p.link(at, name, args)
	if err != nil {
		return err
	}
	r := p.linkReader(d.editor(), at)
	r.sets = true
	if err := r.read(args); err != nil {
		return err
	}
	return p.change(d, r, args)
}

// linkToSet reads the name of the link. Other settings may precede it if it has "dev", and
// "up" and "down" anyway.
func (p *parsing) linkToSet(args *words.Args) (string, error) {
	if args.Peek() == "dev" {
		return devOrName(args)
	}
	if known := p.linkReader(newEditor("", ""), place{}).known(); slices.Contains(known, args.Peek()) {
		if name, err := args.CutValue("dev"); name != "" || err != nil {
			return name, err
		}
		if name := args.CutAfter("up", "down"); name != "" && !slices.Contains(known, name) {
			return name, nil
		}
	}
	return devOrName(args)
}

// devOrName reads the name of a link that exists, behind "dev", "name" or neither.
func devOrName(args *words.Args) (string, error) {
	if !args.Take("dev") {
		args.Take("name")
	}
	return args.Value()
}

// change carries out the words of `ip link set` that change the name and the namespace.
func (p *parsing) change(d *subject, r *linkReader, args *words.Args) error {
	key := d.key
	if r.newName != "" {
		key.name = r.newName
		if d.made {
			d.s.Name = r.newName
		} else {
			d.s.newName = r.newName
		}
	}
	if r.moves {
		if !d.made && r.at.word != "" && r.moved.word != r.at.word {
			return args.Fault("a link that exists is moved from the namespace of the program only")
		}
		key.netns, d.s.netns = r.moved.word, r.moved.ns
		d.s.resident = d.s.resident && d.s.netns != nil
	}
	return p.rename(d, key, args)
}

// linkDelete reads `ip link delete`.
func (p *parsing) linkDelete(at place, args *words.Args) error {
	name, err := devOrName(args)
	if err != nil {
		return err
	}
	if args.More() && !args.Take("type") {
		args.Next()
		return args.Unknown([]string{"type"})
	}
	args.Next()
	a := Absent(name)
	a.spec.netns = at.ns
	return p.add(&subject{spec: a, s: a.description(), key: placeName{at.word, name}, made: true}, args)
}

// propertyCommand reads `ip link property`.
func (p *parsing) propertyCommand(at place, args *words.Args) error {
	verbs := []string{"add", "del"}
	verb, ok := words.Match(args.Next(), append(verbs, "delete"))
	if !ok {
		return args.Unknown(verbs)
	}
	dev, err := args.CutValue("dev")
	if err != nil {
		return err
	}
	if dev == "" {
		return args.Missing(`"dev" and a link`)
	}
	d, err := p.link(at, dev, args)
	if err != nil {
		return err
	}
	for args.More() {
		if word := args.Next(); word != "altname" {
			return args.Unknown([]string{"altname", "dev"})
		}
		name, err := args.Value()
		if err != nil {
			return err
		}
		if err := newNameFault(name, uapi.ALTIFNAMSIZ-1, args); err != nil {
			return err
		}
		if verb != "add" {
			d.s.noAltNames = append(d.s.noAltNames, name)
		} else if d.first("altname " + name) {
			d.s.altNames = append(d.s.altNames, name)
			d.adds(calledOnlyAltNames, calledAltName)
		}
	}
	return nil
}

// abbreviated are the words about a link that `ip` takes in an abbreviated form, as it
// compares them.
var abbreviated = []string{"index", "link", "address", "broadcast", "txqueuelen", "qlen", "master", "vrf", "nomaster", "dynamic",
	"type", "alias", "numtxqueues", "numrxqueues", "addrgenmode", "link-netnsid"}

// unread are words about a link that no builder has a setting for.
var unread = []string{"xdp", "xdpgeneric", "xdpdrv", "xdpoffload", "vf", "trailers", "macaddr"}

// linkFlags are the words for interface flags, and whether "on" clears the flag.
var linkFlags = map[string]struct {
	flag     uint32
	inverted bool
}{
	"arp": {uapi.IFF_NOARP, true}, "multicast": {uapi.IFF_MULTICAST, false}, "allmulticast": {uapi.IFF_ALLMULTI, false},
	"promisc": {uapi.IFF_PROMISC, false}, "dynamic": {uapi.IFF_DYNAMIC, false},
}

// known returns the words that the reader knows.
func (r *linkReader) known() []string {
	if r.words == nil {
		r.words = append([]string{"name", "dev", "index", "netns", "type", "up", "down", "arp", "multicast", "allmulticast", "promisc",
			"dynamic", "group", "link-netns", "link-netnsid"}, slices.Concat(r.common.Words(), r.inet6.Words())...)
	}
	return r.words
}

// full returns the word that an abbreviation stands for.
func (r *linkReader) full(word string) (string, bool) {
	if slices.Contains(r.known(), word) {
		return word, true
	}
	return words.Match(word, abbreviated)
}

// read reads all words that follow.
func (r *linkReader) read(args *words.Args) error {
	for args.More() {
		word, ok := r.full(args.Next())
		if !ok {
			if err := r.bareName(args); err != nil {
				return err
			}
			continue
		}
		if err := r.word(word, args); err != nil {
			return err
		}
	}
	return nil
}

// bareName takes the last word for the name of the link, if it has none.
func (r *linkReader) bareName(args *words.Args) error {
	args.Back()
	word := args.Next()
	if slices.Contains(unread, word) {
		return args.Fault("builders have no setting for it")
	}
	if r.sets || r.e.spec.Name != "" {
		return args.Unknown(r.known())
	}
	r.e.spec.Name = word
	return newNameFault(word, uapi.IFNAMSIZ-1, args)
}

// newNameFault refuses a name of a new link, or a new name, that the kernel would refuse.
func newNameFault(name string, limit int, args *words.Args) error {
	if fault := nameFault("name", name, limit); fault != nil {
		return args.Fault(fault.Text)
	}
	return nil
}

// word reads the setting of a word.
func (r *linkReader) word(word string, args *words.Args) error {
	s := &r.e.spec
	switch word {
	case "up", "down":
		r.e.flag(uapi.IFF_UP, word == "up")
	case "arp", "multicast", "allmulticast", "promisc", "dynamic":
		on, err := attr.ReadSwitch(args)
		r.e.flag(linkFlags[word].flag, on != linkFlags[word].inverted)
		return err
	case "name", "dev":
		return r.name(args)
	case "index":
		n, err := args.Number(31)
		s.index = int(n)
		return err
	case "netns":
		return r.netNS(args)
	case "link-netns", "link-netnsid":
		return r.linkNetNS(word, args)
	case "group":
		if done, err := r.group(args); done || err != nil {
			return err
		}
	case "type":
		return r.kind(args)
	}
	if _, known, err := r.common.Read(word, args); known {
		return err
	}
	if r.inet6.Knows(word) {
		_, _, err := r.inet6.Read(word, args)
		return err
	}
	return nil
}

func (r *linkReader) name(args *words.Args) error {
	name, err := args.Value()
	if r.sets {
		r.newName = name
	} else {
		r.e.spec.Name = name
	}
	if err != nil {
		return err
	}
	return newNameFault(name, uapi.IFNAMSIZ-1, args)
}

func (r *linkReader) netNS(args *words.Args) error {
	word, err := args.Value()
	if err != nil {
		return err
	}
	r.moves = true
	r.moved, err = r.p.placeOf(word, args)
	return err
}

// linkNetNS reads the namespace of the link below.
func (r *linkReader) linkNetNS(word string, args *words.Args) error {
	if r.sets {
		return args.Fault("it does not change")
	}
	if word == "link-netnsid" {
		id, err := args.Number(31)
		r.e.spec.placeLowerByID(int(id))
		return err
	}
	name, err := args.Value()
	if err != nil {
		return err
	}
	at, err := r.p.placeOf(name, args)
	r.e.spec.linkNetNS = at.ns
	return err
}

// group reads a group by its name. It reports false for a number, which the table reads.
func (r *linkReader) group(args *words.Args) (done bool, err error) {
	name := args.Peek()
	if _, isNumber := words.Number(name, 32); isNumber || name == "default" || name == "" {
		return false, nil
	}
	args.Next()
	if r.p.findGroup == nil {
		return true, args.Fault("a group by its name takes ResolveGroup")
	}
	n, err := r.p.findGroup(name)
	if err != nil {
		return true, r.p.failed(args, err)
	}
	r.e.Group(n)
	return true, nil
}
