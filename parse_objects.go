package iplink

import (
	"fmt"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/words"
)

// objectVerbs are the verbs of `ip address`, `ip route` and `ip neighbour`, as they are
// compared with abbreviations.
var objectVerbs = []string{"add", "change", "replace", "append", "prepend", "delete", "flush", "show", "list", "lst", "save", "restore", "get", "test", "help"}

// verb reads the verb of a command about objects of a link: "add", "delete" or "flush".
func (p *parsing) verb(args *words.Args) (string, error) {
	word, err := args.Value()
	if err != nil {
		return "", err
	}
	full, ok := words.Match(word, objectVerbs)
	if !ok {
		return "", args.Unknown([]string{"add", "change", "replace", "append", "delete", "flush"})
	}
	switch full {
	case "add", "change", "replace", "append", "prepend":
		return "add", nil
	case "delete", "flush":
		return full, nil
	}
	return "", args.Faultf("%s does not describe a link", full)
}

// dev takes the name of the link out of the arguments, and returns the link.
func (p *parsing) dev(at place, args *words.Args) (*subject, error) {
	return p.devBehind("dev", at, args)
}

// devBehind is dev for a name behind a word.
func (p *parsing) devBehind(word string, at place, args *words.Args) (*subject, error) {
	name, err := args.CutValue(word)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, args.Missing(`"dev" and a link`)
	}
	return p.link(at, name, args)
}

// verbAndDev reads the verb, and takes the name of the link out of the arguments.
func (p *parsing) verbAndDev(at place, args *words.Args) (verb string, d *subject, err error) {
	if verb, err = p.verb(args); err == nil {
		d, err = p.dev(at, args)
	}
	return verb, d, err
}

// addressCommand reads `ip address`.
func (p *parsing) addressCommand(at place, family string, args *words.Args) error {
	verb, d, err := p.verbAndDev(at, args)
	if err != nil {
		return err
	}
	if verb == "flush" {
		d.editor().OnlyAddrs()
		return d.flush("address", family, args)
	}
	a, err := inetnl.ReadAddr(args)
	switch {
	case err != nil:
		return err
	case verb == "delete":
		d.s.noAddrs = append(d.s.noAddrs, a.Prefix)
	case d.first("address " + a.String()):
		d.s.addrs = append(d.s.addrs, a)
		d.adds(calledOnlyAddrs, calledAddrs)
	}
	return nil
}

// first reports whether an object was not read before. The setters would take time for each
// object that the builder has already.
func (d *subject) first(object string) bool {
	if d.seen == nil {
		d.seen = map[string]bool{}
	}
	had := d.seen[object]
	d.seen[object] = true
	return !had
}

// adds notes that a setter was called, unless the builder leaves no other objects.
func (d *subject) adds(only, adding setters) {
	if !d.s.only(only) {
		d.s.called |= adding
	}
}

// A flushing is the commands that together remove the objects that a setter such as
// OnlyAddrs does.
type flushing struct {
	object string
	all    []string // their words behind the object, with "4" or "6" for a family
}

var flushings = []flushing{
	{"address", []string{""}},
	{"address", []string{"4", "6 scope global permanent"}},
	{"route", []string{"4 proto boot table all", "4 proto static table all", "6 proto boot table all", "6 proto static table all"}},
	{"neigh", []string{"nud permanent nud noarp", "proxy"}},
}

// flush reads the rest of a command that removes objects of a link.
func (d *subject) flush(object, family string, args *words.Args) error {
	all := strings.Fields(family)
	for args.More() {
		all = append(all, args.Next())
	}
	text := strings.Join(all, " ")
	if !slices.ContainsFunc(flushings, func(f flushing) bool { return f.object == object && slices.Contains(f.all, text) }) {
		return args.Fault("only those commands are read that flush what a builder does, as its String has them")
	}
	d.flushed = append(d.flushed, object+":"+text)
	return nil
}

// halfFlushed returns a sort of objects that commands flush only in part, or an empty
// string.
func (d *subject) halfFlushed() string {
	for _, flushed := range d.flushed {
		object, _, _ := strings.Cut(flushed, ":")
		whole := slices.ContainsFunc(flushings, func(f flushing) bool {
			lacks := func(text string) bool { return !slices.Contains(d.flushed, object+":"+text) }
			return f.object == object && !slices.ContainsFunc(f.all, lacks)
		})
		if !whole {
			return object
		}
	}
	return ""
}

// routeCommand reads `ip route`.
func (p *parsing) routeCommand(at place, family string, args *words.Args) error {
	verb, err := p.verb(args)
	if err != nil {
		return err
	}
	word := "dev"
	if !args.Has(word) && args.Has("oif") {
		word = "oif"
	}
	d, err := p.devBehind(word, at, args)
	if err != nil {
		return err
	}
	if verb == "flush" {
		d.editor().OnlyRoutes()
		return d.flush("route", family, args)
	}
	r, err := inetnl.ReadRoute(args, family == "6")
	if err != nil {
		return err
	}
	if takeObject(d, verb, "route", r, &d.s.routes, &d.s.noRoutes) {
		d.adds(calledOnlyRoutes, calledRoutes)
	}
	return nil
}

// takeObject adds an object to those that a builder takes away, or to those that it adds
// unless it has the object. It reports the latter.
func takeObject[T fmt.Stringer](d *subject, verb, sort string, v T, added, removed *[]T) bool {
	if verb == "delete" {
		*removed = append(*removed, v)
		return false
	}
	fresh := d.first(sort + " " + v.String())
	if fresh {
		*added = append(*added, v)
	}
	return fresh
}

// neighCommand reads `ip neighbour`.
func (p *parsing) neighCommand(at place, args *words.Args) error {
	verb, d, err := p.verbAndDev(at, args)
	if err != nil {
		return err
	}
	if verb == "flush" {
		d.editor().OnlyNeighs()
		return d.flush("neigh", "", args)
	}
	n, err := inetnl.ReadNeigh(args)
	if err != nil {
		return err
	}
	if takeObject(d, verb, "neigh", n, &d.s.neighs, &d.s.noNeighs) {
		d.adds(calledOnlyNeighs, calledNeighs)
	}
	return nil
}

// sysctlCommand reads `sysctl -w`, with settings of IP on links.
func (p *parsing) sysctlCommand(at place, args *words.Args) error {
	for args.Take("-w") || args.Take("-q") {
	}
	for args.More() {
		name, value, ok := strings.Cut(args.Next(), "=")
		parts := sysctlParts(name)
		number, isNumber := words.Signed(value, 32)
		if !ok || parts == nil || !isNumber {
			return args.Fault("only settings of IP on a link are read, such as net.ipv4.conf.eth0.rp_filter=2")
		}
		setting := inet.Sysctl{Family: parts[0], Name: parts[2], Value: int(number)}
		if fault := inetnl.SysctlFault(setting); fault != "" {
			return args.Fault(fault)
		}
		d, err := p.link(at, parts[1], args)
		if err != nil {
			return err
		}
		d.editor().Sysctls(setting)
	}
	return nil
}

// sysctlParts returns the family, the link and the name of a setting, or nil.
func sysctlParts(name string) []string {
	separator := "."
	if strings.HasPrefix(name, "net/") {
		separator = "/"
	}
	parts := strings.Split(name, separator)
	if len(parts) != 5 || parts[0] != "net" || parts[1] != "ipv4" && parts[1] != "ipv6" || parts[2] != "conf" {
		return nil
	}
	return []string{parts[1], parts[3], parts[4]}
}

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
