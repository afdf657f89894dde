package iplink

import (
	"cmp"
	"fmt"
	"slices"

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
