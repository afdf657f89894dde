package iplink

import (
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/words"
)

// bridgeObjects are the objects of `bridge`, as it compares them with abbreviations.
var bridgeObjects = []string{"link", "fdb", "mdb", "vlan", "vni", "monitor", "mst", "help"}

// bridgeCommand reads a command of `bridge`, after its first word.
func (p *parsing) bridgeCommand(at place, args *words.Args) error {
	at, _, err := p.options(at, args)
	if err != nil {
		return err
	}
	word, err := args.Value()
	if err != nil {
		return err
	}
	object, ok := words.Match(word, bridgeObjects)
	if !ok {
		return args.Unknown([]string{"fdb", "link", "mdb", "vlan", "vni"})
	}
	switch object {
	case "link":
		return p.bridgeLink(at, args)
	case "fdb":
		return p.fdbCommand(at, args)
	case "vlan", "mdb", "vni":
		return p.objectCommand(object, at, args)
	}
	return args.Faultf("bridge %s does not describe a link", object)
}

// bridgeLink reads `bridge link set`: settings as a port.
func (p *parsing) bridgeLink(at place, args *words.Args) error {
	if verb := args.Next(); verb != "set" && verb != "change" {
		return args.Unknown([]string{"set"})
	}
	d, err := p.dev(at, args)
	if err != nil {
		return err
	}
	args.Cut("master")
	if args.Cut("self") {
		return args.Fault("self is a setting of hardware, which builders do not have")
	}
	port := d.s.portOf(bridgePorts)
	if port == nil {
		return args.Faultf("the link is a port of a %s already", d.s.port.Kind)
	}
	_, err = readSettings(port, attr.Scope{Bare: true}, nil, args)
	return err
}

// fdbCommand reads `bridge fdb`.
func (p *parsing) fdbCommand(at place, args *words.Args) error {
	verb, ok := words.Match(args.Next(), []string{"add", "append", "replace", "delete", "show", "flush", "get"})
	switch {
	case !ok || verb == "show" || verb == "get" || verb == "flush":
		return args.Unknown([]string{"add", "append", "replace"})
	case verb == "delete":
		return args.Fault("a builder takes no single entry away: OnlyFDB leaves no others")
	}
	d, err := p.dev(at, args)
	if err != nil {
		return err
	}
	args.Take("to")
	first := args.Here()
	e, err := fdbmsg.ReadEntry(args)
	if err != nil {
		return err
	}
	d.objects = args.First()
	of, database, keeper := &d.s.Settings, d.s.database(e), fdbmsg.KeeperOf(&d.s.Settings)
	if e.Flags&fdb.Master != 0 {
		if of, database, keeper = d.s.portOf(bridgePorts), fdbmsg.OfPort, nil; of == nil {
			return args.Faultf("the link is a port of a %s", d.s.port.Kind)
		}
	}
	e.Flags &^= database.Flag()
	one := own.New(of.Kind, d.s.Name, nil)
	fdbmsg.Add(&one, database, false, nil, []fdb.Entry{e})
	if err := alone(one.Objects, first); err != nil {
		return err
	}
	fdbmsg.Add(of, database, false, keeper, []fdb.Entry{e})
	return nil
}

// alone returns the fault of objects as if their link had no others, at a word of their
// command.
func alone(objects []own.Objects, at words.Word) error {
	for _, o := range objects {
		if setter, text := o.Fault(); text != "" {
			return &words.Fault{Word: at, Text: setter + ": " + text}
		}
	}
	return nil
}

// objectCommand reads `bridge vlan`, `bridge mdb` and `bridge vni`.
func (p *parsing) objectCommand(object string, at place, args *words.Args) error {
	verb, ok := words.Match(args.Next(), []string{"add", "replace", "delete", "set", "global", "show"})
	if !ok || verb == "set" || verb == "global" || verb == "show" {
		return args.Unknown([]string{"add", "delete"})
	}
	d, err := p.dev(at, args)
	if err != nil {
		return err
	}
	read := p.objects[object].Words
	if read == nil {
		owner := map[string]string{"vlan": "bridge", "mdb": "bridge", "vni": "vxlan"}[object]
		return args.Faultf("bridge %s takes the option %s.Words()", object, owner)
	}
	self := args.Cut("self") || object != "vlan"
	args.Cut("master")
	d.objects = args.First()
	if object != "vlan" { // whose commands depend on each other
		one, probe := own.New(d.s.Kind, d.s.Name, nil), *args
		if err := read(&one, self, verb, &probe); err != nil {
			return err
		}
		if err := alone(one.Objects, args.Here()); err != nil {
			return err
		}
	}
	if self {
		return read(&d.s.Settings, true, verb, args)
	}
	port := d.s.portOf(bridgePorts)
	if port == nil {
		return args.Faultf("the link is a port of a %s", d.s.port.Kind)
	}
	return read(port, false, verb, args)
}
