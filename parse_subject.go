package iplink

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/words"
)

// add adds a link that is not described yet.
func (p *parsing) add(d *subject, args *words.Args) error {
	if had := p.named[d.key]; had != nil && d.key.name != "" {
		return args.Faultf("%q is described already, at line %d", d.key.name, had.word.Line)
	}
	d.word = args.First()
	p.found = append(p.found, d)
	if d.key.name != "" {
		p.named[d.key] = d
	}
	return nil
}

// rename makes a link known by another name or in another namespace.
func (p *parsing) rename(d *subject, key placeName, args *words.Args) error {
	if key == d.key {
		return nil
	}
	if had := p.named[key]; had != nil && key.name != "" {
		return args.Faultf("%q is described already, at line %d", key.name, had.word.Line)
	}
	delete(p.named, d.key)
	if d.key = key; key.name != "" {
		p.named[key] = d
	}
	return nil
}

// link returns the link of a name in a namespace. A link that no command makes is a Device.
func (p *parsing) link(at place, name string, args *words.Args) (*subject, error) {
	key := placeName{at.word, name}
	if d := p.named[key]; d != nil {
		if d.s.absence != nil {
			return nil, args.Faultf("%q is deleted at line %d", name, d.word.Line)
		}
		return d, nil
	}
	device := Device(name)
	if index, ok := attr.LinkIndex(name); ok {
		device = DeviceIndex(index)
	}
	d := &subject{spec: device, s: device.description(), key: key}
	d.s.netns, d.s.resident = at.ns, at.ns != nil
	return d, p.add(d, args)
}

// editor returns the setters of a link.
func (d *subject) editor() *Editor {
	return Edit(d.spec)
}

// specs returns all builders, without the other ends of pairs.
func (p *parsing) specs() (all []Spec) {
	for _, d := range p.found {
		if !d.peer {
			all = append(all, d.spec)
		}
	}
	return all
}

// single returns the builder of the only link. Links that only join it become its ports.
func (p *parsing) single() (Spec, error) {
	mains := slices.DeleteFunc(slices.Clone(p.found), func(d *subject) bool { return d.peer })
	if len(mains) == 0 {
		return nil, &ParseError{Line: 1, Column: 1, Message: "there is no command"}
	}
	first := mains[0]
	for _, d := range mains[1:] {
		if !d.joins(first) {
			return nil, parseError(fmt.Errorf("the commands describe several links, %q and %q: ParseBatch reads them",
				first.key.name, d.key.name), d.word)
		}
		own.AddPorts(&first.s.Settings, first.s.kind().portsDown != 0, false, []string{d.s.Name})
	}
	return first.spec, nil
}

// joins reports whether the commands about a link only make it a port of another.
func (d *subject) joins(master *subject) bool {
	s := d.s
	if s.Kind != "" || s.Name == "" || d.key.netns != master.key.netns || s.linkSet != attr.SetOf(uapi.IFLA_MASTER) || len(s.linkRefs) != 1 {
		return false
	}
	if s.change != 0 && master.s.kind().portsDown == 0 {
		return false
	}
	bare := spec{Settings: own.New("", s.Name, nil), link: s.link, linkSet: s.linkSet, linkRefs: s.linkRefs, netns: s.netns, cachedKind: s.cachedKind}
	bare.change, bare.flags = s.change&uapi.IFF_UP, 0
	return s.linkRefs[0].Name == cmp.Or(master.s.finalName(), master.s.Name) && bare.command() == s.command()
}

// linkOf is link for a command about links of one kind. A link without a kind gets it.
func (p *parsing) linkOf(kind string, at place, name string, args *words.Args) (*subject, error) {
	d, err := p.link(at, name, args)
	if err != nil {
		return nil, err
	}
	if d.s.Kind == "" {
		d.s.become(kind)
	}
	if d.s.Kind != kind {
		return nil, args.Faultf("%q is %s", name, article(d.s.Kind))
	}
	return d, nil
}

// kind reads the words after "type".
func (r *linkReader) kind(args *words.Args) error {
	kind, err := args.Value()
	if err != nil {
		return err
	}
	s := &r.e.spec
	if master, ok := strings.CutSuffix(kind, "_slave"); ok && kindOf(master).port != nil {
		return r.port(master, args)
	}
	switch _, known := kinds[kind]; {
	case !known:
		return args.Unknown(append(kindNames(), portKinds()...))
	case s.Kind == "":
		if s.become(kind); s.maker() != nil {
			return args.Faultf("ip link makes no %s links: the command that makes them is read", kind)
		}
	case s.Kind != kind:
		return args.Faultf("%q is %s", s.Name, article(s.Kind))
	}
	return r.kindWords(args)
}

// portKinds returns the words for settings as a port.
func portKinds() (all []string) {
	for _, name := range kindNames() {
		if kinds[name].port != nil {
			all = append(all, name+"_slave")
		}
	}
	return all
}

// A wordReader is an info with words that are not the names of rows.
type wordReader interface {
	info
	// readWord reads the setting of a word, and reports false if the word has none.
	readWord(s *own.Settings, word string, args *words.Args) (bool, error)
	moreWords() []string
}

// A finisher is an info that completes the settings that were read.
type finisher interface {
	info
	afterWords(s *own.Settings)
}

// kindWords reads the settings of the kind, and the other end of a pair.
func (r *linkReader) kindWords(args *words.Args) error {
	s := &r.e.spec
	paired := s.kind().peer != 0 && !r.isPeer
	var more []string
	if paired {
		more = append(more, "peer")
	}
	if s.info() == nil {
		if args.More() {
			args.Next()
			return args.Unknown(more)
		}
		return nil
	}
	peer, err := readSettings(&s.Settings, attr.Scope{Without: s.kind().ofPeer}, more, args)
	if err == nil && peer {
		return r.readPeer(args)
	}
	return err
}

// readSettings reads settings that only a kind or its ports have, up to one of the words of
// until.
func readSettings(s *own.Settings, scope attr.Scope, until []string, args *words.Args) (stopped bool, err error) {
	i := infoOf(s)
	table := attr.NewReader(&s.Set, &s.Refs, i.attrs, scope)
	own, _ := i.(wordReader)
	for args.More() {
		word := args.Next()
		if slices.Contains(until, word) {
			return true, nil
		}
		if own != nil {
			if known, err := own.readWord(s, word, args); err != nil {
				return false, err
			} else if known {
				continue
			}
		}
		_, known, err := table.Read(word, args)
		if err != nil {
			return false, err
		}
		if !known {
			return false, args.Unknown(append(append(table.Words(), until...), moreOf(own)...))
		}
	}
	if f, ok := i.(finisher); ok {
		f.afterWords(s)
	}
	return false, nil
}

func moreOf(w wordReader) []string {
	if w == nil {
		return nil
	}
	return w.moreWords()
}

// readPeer reads the words after "peer": settings of the kind that are about the other end,
// and the other end itself.
func (r *linkReader) readPeer(args *words.Args) error {
	s := &r.e.spec
	alone := !args.More()
	if !s.kind().ofPeer.Empty() {
		ofPeer := attr.NewReader(&s.Set, &s.Refs, s.info().attrs, attr.Scope{Prefix: "peer "})
		for args.More() && ofPeer.Knows(args.Peek()) {
			if _, _, err := ofPeer.Read(args.Next(), args); err != nil {
				return err
			}
		}
	}
	if !args.More() && !alone {
		return nil
	}
	r.peer = newEditor(s.Kind, "")
	s.Peer = r.peer
	r.below = r.p.linkReader(r.peer, r.at)
	r.below.isPeer = true
	return r.below.read(args)
}

// port reads settings as a port of a kind of master.
func (r *linkReader) port(kind string, args *words.Args) error {
	port := r.e.spec.portOf(kind)
	if port == nil {
		return args.Faultf("the link is a port of a %s already", r.e.spec.port.Kind)
	}
	_, err := readSettings(port, attr.Scope{}, nil, args)
	return err
}

// portOf returns the settings as a port of a kind of master, or nil if the spec has those
// of another kind.
func (s *spec) portOf(kind string) *own.Settings {
	if s.port == nil {
		port := own.New(kind, "", emptyOf(newPortInfo(kind)))
		s.port = &port
	}
	if s.port.Kind != kind {
		return nil
	}
	return s.port
}
