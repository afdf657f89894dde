package iplink

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/words"
)

// New returns the builder for a link of a kind that is known only when the program runs,
// such as "vxlan", with the setters that all kinds share. ParseCommand reads the settings
// that only the kind has. The verbs refuse a kind that this library does not know; see Raw.
func New(kind, name string) *Editor {
	e := newEditor(kind, name)
	if _, known := kinds[kind]; !known {
		e.spec.Judge("New", unknownKind(kind))
	}
	return e
}

func newEditor(kind, name string) *Editor {
	e := new(Editor)
	*e.Own(e) = own.New(kind, name, nil)
	e.spec.become(kind)
	return e
}

// become makes the spec one of a link of a kind, which it has none of so far.
func (s *spec) become(kind string) {
	s.Kind, s.cachedKind = kind, nil
	if i := kindOf(kind).fresh(); i != nil {
		s.Info = i
	}
}

// fresh returns the info of a new builder, or nil if the kind has no settings.
func (k *kind) fresh() info {
	switch {
	case k.start != nil:
		return k.start()
	case k.info != nil:
		return emptyOf(k.info())
	}
	return nil
}

// emptyOf returns a zero info of the same type. The one that reports begin with has the
// values that the kernel does not report.
func emptyOf(i info) info {
	return reflect.New(reflect.TypeOf(i).Elem()).Interface().(info)
}

func kindNames() []string {
	return slices.Sorted(maps.Keys(kinds))
}

func unknownKind(kind string) string {
	text := fmt.Sprintf("%q is not a known kind", kind)
	if nearest := words.Nearest(kind, kindNames()); nearest != "" {
		text += fmt.Sprintf(": is it %q?", nearest)
	}
	return text + " (Raw takes any kind)"
}

// A ParseError is an error at a word of a command or at a JSON value. It matches
// fs.ErrInvalid.
type ParseError struct {
	// Line and Column are the place of the word in the text, both from 1. Columns count
	// bytes.
	Line, Column int
	// Word is the word, without quotes. It is empty at the end of a command, in JSON where a
	// value as a whole is wrong, and where keys stand.
	Word string
	// Nearest is the known word that is most like it, or empty.
	Nearest string
	// Allowed are the words that may stand there, if they can be listed.
	Allowed []string
	// Path is the place inside a JSON value, such as "peer.addrs[1]". It is empty in errors
	// about commands.
	Path string
	// Message is the reason.
	Message string
	// Err is the error of a function that ResolveNetNS or ResolveGroup was given, or nil.
	Err error
}

// Error returns the place and the message, with the words that may stand there if none of
// them is near.
func (e *ParseError) Error() string {
	text := fmt.Sprintf("parse: line %d, column %d: ", e.Line, e.Column)
	if e.Path != "" {
		text += attr.Printable(e.Path) + ": "
	}
	text += attr.Printable(e.Message)
	if e.Nearest == "" && len(e.Allowed) > 0 {
		text += "; it may be " + attr.Printable(strings.Join(e.Allowed, ", "))
	}
	return text
}

// Unwrap returns fs.ErrInvalid, and Err if it is not nil.
func (e *ParseError) Unwrap() []error {
	if e.Err == nil {
		return []error{fs.ErrInvalid}
	}
	return []error{fs.ErrInvalid, e.Err}
}

// parseError returns the error of a reader as a ParseError. at is the place if it has none.
func parseError(err error, at words.Word) error {
	if done, ok := errors.AsType[*ParseError](err); ok {
		return done
	}
	f, ok := errors.AsType[*words.Fault](err)
	if !ok {
		return &ParseError{Line: at.Line, Column: at.Column, Word: at.Text, Message: err.Error(), Err: err}
	}
	return &ParseError{Line: f.Word.Line, Column: f.Word.Column, Word: f.Word.Text, Nearest: f.Nearest, Allowed: f.Allowed, Path: f.Path, Message: f.Text}
}

// A ParseOption changes how ParseCommand, ParseBatch and ParseJSON read.
type ParseOption func(*parsing)

// ResolveNetNS makes a function find the namespaces that commands name: `ip -n NAME`, `netns
// NAME`, where the name may also be a process id or a path, and "netns" in JSON. The builders refer to the
// namespace, which the caller closes when it is done with them. Without the option, a
// namespace of `ip netns` is opened by each verb, as with NetNSName, and a process id or a
// path is an error.
func ResolveNetNS(find func(name string) (*NetNS, error)) ParseOption {
	return func(p *parsing) { p.findNetNS = find }
}

// ResolveGroup makes a function find the numbers of the groups that commands name. Without
// the option, a name other than "default" is an error.
func ResolveGroup(find func(name string) (uint32, error)) ParseOption {
	return func(p *parsing) { p.findGroup = find }
}

// ParseCommand returns the builder that commands describe, as they are given to a shell.
// It is the inverse of String:
//
//	iplink.ParseCommand("ip link add vx0 type vxlan id 100 remote 192.0.2.2 dstport 4789")
//
// The commands are `ip link add`, `set`, `delete` and `property`, `ip address`, `ip route`,
// `ip neighbour`, `ip netns add`, `ip macsec add`, `ip tuntap add` and `delete`, `bridge
// fdb`, `vlan`, `mdb`, `vni` and `link`, `sysctl -w` for the settings of a link, `wg set`,
// and `batctl meshif` for the settings of a mesh; "&&", ";" or the ends of lines separate
// several of them. All must be about one link, apart from the other end of a pair and from
// ports that join it. Words may be abbreviated as `ip` allows. `bridge vlan` and `mdb` take
// the option bridge.Words(), and `bridge vni` vxlan.Words().
//
// The builder describes the state after the commands; the order does not matter, nor does
// a command that would fail because something exists. `ip link set` of a link that no
// command adds gives a Device, and `ip link delete` an Absent. "if7" is the link with the
// index 7. A key in the text stays in the text; the builder has a copy.
//
// An error is a *ParseError and names the place. Ranges are checked as far as one word
// decides them; the verbs check the rest.
func ParseCommand(text string, options ...ParseOption) (Spec, error) {
	p := newParsing(options)
	if err := p.read(text); err != nil {
		return nil, err
	}
	return p.single()
}

// ParseBatch returns the builders that a file for `ip -batch` describes, in the order of
// their first commands, so that conn.Ensure(ctx, specs...) carries it out as one
// transaction and can be repeated. Each line has a command of ParseCommand, whose "ip" may
// be left out. Several commands about one link give one builder.
func ParseBatch(r io.Reader, options ...ParseOption) ([]Spec, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	p := newParsing(options)
	if err := p.read(string(text)); err != nil {
		return nil, err
	}
	return p.specs(), nil
}

// ReadObjects makes functions read the objects of `bridge` that packages of kinds have. It
// is for these packages: see Words of packages bridge and vxlan.
func ReadObjects(readers map[string]own.ObjectReader) ParseOption {
	return func(p *parsing) { maps.Copy(p.objects, readers) }
}

// A parsing is the state of ParseCommand, ParseBatch and ParseJSON.
type parsing struct {
	findNetNS func(name string) (*NetNS, error)
	findGroup func(name string) (uint32, error)
	objects   map[string]own.ObjectReader // of objects of package bridge and vxlan

	found  []*subject
	named  map[placeName]*subject
	places map[string]place
	args   *words.Args // of the present command

	settings []jsonSetting // once JSON is read
}

// subject is a link that commands describe.
type subject struct {
	spec Spec
	s    *spec
	key  placeName
	made bool       // by a command, not only changed
	peer bool       // the other end of a pair: its main end has it
	word words.Word // the first word of its first command

	objects words.Word // the first word of the last command of `bridge` about its objects

	flushed []string        // the objects that commands remove
	seen    map[string]bool // the objects that commands add
}

// A placeName is the name of a link and the word for its namespace.
type placeName struct{ netns, name string }

// A place is a namespace as commands name it; the zero place is the caller's.
type place struct {
	word string
	ns   *NetNS
}

func newParsing(options []ParseOption) *parsing {
	p := &parsing{named: map[placeName]*subject{}, places: map[string]place{}, objects: map[string]own.ObjectReader{}}
	for _, o := range options {
		if o != nil {
			o(p)
		}
	}
	return p
}

// read reads all commands of a text.
func (p *parsing) read(text string) error {
	commands, err := words.Split(text)
	if err != nil {
		return parseError(err, words.Word{})
	}
	for _, args := range commands {
		at := args.Here()
		p.args = args
		if err := p.command(place{}, args); err != nil {
			return parseError(err, at)
		}
	}
	for _, d := range p.found {
		if err := d.finish(); err != nil {
			return parseError(err, cmp.Or(d.objects, d.word))
		}
	}
	return nil
}

// finish checks the objects that several commands describe.
func (d *subject) finish() error {
	if object := d.halfFlushed(); object != "" {
		return fmt.Errorf("%s: the commands flush only a part of each %s, and a builder takes all away or none", d.key.name, object)
	}
	for _, o := range d.s.objects() {
		if setter, text := o.Fault(); text != "" {
			return fmt.Errorf("%s: %s: %s", d.s.Name, setter, text)
		}
	}
	return nil
}

// programs are the programs whose commands are read.
var programs = []string{"ip", "bridge", "sysctl", "wg", "batctl", "nsenter", "sudo"}

// command reads a command in a namespace.
func (p *parsing) command(at place, args *words.Args) error {
	switch program := args.Peek(); program[strings.LastIndexByte(program, '/')+1:] {
	case "sudo":
		args.Next()
		return p.command(at, args)
	case "nsenter":
		return p.nsenter(args)
	case "bridge":
		args.Next()
		return p.bridgeCommand(at, args)
	case "sysctl":
		args.Next()
		return p.sysctlCommand(at, args)
	case "wg":
		args.Next()
		return p.wgCommand(at, args)
	case "batctl":
		args.Next()
		return p.batctlCommand(at, args)
	case "ip":
		args.Next()
	}
	return p.ipCommand(at, args)
}

// nsenter reads the words that run a command in a namespace by its file.
func (p *parsing) nsenter(args *words.Args) error {
	args.Next()
	path, ok := strings.CutPrefix(args.Next(), "--net=")
	if !ok {
		return args.Fault("only nsenter --net=FILE is read")
	}
	at, err := p.placeOf(path, args)
	if err != nil {
		return err
	}
	return p.command(at, args)
}

// ipObjects are the objects of `ip`, as it compares them with abbreviations.
var ipObjects = []string{"address", "addrlabel", "maddress", "route", "rule", "neighbor", "neighbour", "ntable", "link",
	"l2tp", "fou", "macsec", "tunnel", "tuntap", "token", "tcp_metrics", "monitor", "xfrm", "mroute", "mrule", "netns",
	"netconf", "vrf", "nexthop", "mptcp", "ioam", "help", "stats"}

// ipCommand reads a command of `ip`, after its first word.
func (p *parsing) ipCommand(at place, args *words.Args) error {
	at, family, err := p.options(at, args)
	if err != nil {
		return err
	}
	word, err := args.Value()
	if err != nil {
		return err
	}
	object, ok := words.Match(word, ipObjects)
	if !ok {
		return args.Unknown(slices.Concat(ipObjects, programs))
	}
	switch object {
	case "link":
		return p.linkCommand(at, args)
	case "address":
		return p.addressCommand(at, family, args)
	case "route":
		return p.routeCommand(at, family, args)
	case "neighbor", "neighbour":
		return p.neighCommand(at, args)
	case "netns":
		return p.netNSCommand(at, args)
	case "macsec":
		return p.macsecCommand(at, args)
	case "tuntap":
		return p.tuntapCommand(at, args)
	}
	return args.Faultf("ip %s does not describe a link", object)
}

// options reads the options of `ip` and `bridge`.
func (p *parsing) options(at place, args *words.Args) (_ place, family string, err error) {
	for strings.HasPrefix(args.Peek(), "-") {
		switch option := strings.TrimPrefix(strings.TrimPrefix(args.Next(), "-"), "-"); {
		case option == "4", option == "6":
			family = option
		case option == "f", option == "family":
			var word string
			if word, err = args.Value(); err == nil && word != "inet" && word != "inet6" && word != "link" && word != "bridge" {
				err = args.Unknown([]string{"inet", "inet6", "link", "bridge"})
			}
			family = map[string]string{"inet": "4", "inet6": "6"}[word]
		case option == "n", len(option) > 2 && strings.HasPrefix("netns", option):
			var word string
			if word, err = args.Value(); err == nil {
				at, err = p.placeOf(word, args)
			}
		case option != "" && strings.HasPrefix("batch", option):
			err = args.Fault("ParseBatch reads the file")
		case isOutputOption(option):
		default:
			err = args.Unknown([]string{"-4", "-6", "-family", "-netns"})
		}
		if err != nil {
			return at, "", err
		}
	}
	return at, family, nil
}

// outputOptions are the options of `ip` and `bridge` about their output, as they are
// compared with abbreviations.
var outputOptions = []string{"human-readable", "iec", "stats", "statistics", "details", "resolve", "oneline", "timestamp", "tshort", "force", "brief",
	"json", "pretty", "color", "Numeric", "echo", "compressvlans"}

// isOutputOption reports whether an option changes only the output of `ip`.
func isOutputOption(option string) bool {
	option, _, _ = strings.Cut(option, "=") // -color=never
	_, ok := words.Match(option, outputOptions)
	return ok
}

// placeOf returns the namespace that the last word names.
func (p *parsing) placeOf(word string, args *words.Args) (place, error) {
	if word == ownNetNS() || word == "/proc/self/ns/net" {
		return place{}, nil
	}
	if known, ok := p.places[word]; ok {
		return known, nil
	}
	ns, err := p.netNSOf(word, args)
	if err != nil {
		return place{}, err
	}
	found := place{word, ns}
	p.places[word] = found
	return found, nil
}

func (p *parsing) netNSOf(word string, args *words.Args) (*NetNS, error) {
	if p.findNetNS != nil {
		ns, err := p.findNetNS(word)
		if err != nil {
			return nil, p.failed(args, err)
		}
		if fault := netNSFault("ResolveNetNS", ns); fault != "" {
			return nil, args.Faultf("the function of ResolveNetNS returned no namespace: %s", fault)
		}
		return ns, nil
	}
	if strings.Contains(word, "/") || strings.Trim(word, "0123456789") == "" {
		return nil, args.Fault("a namespace by its file or by a process takes ResolveNetNS")
	}
	if e, ok := checkNetNSName("", word).(*Error); ok {
		return nil, args.Fault(e.Message)
	}
	return unopenedNetNS(word), nil
}

// failed returns an error of a resolver at the last word.
func (p *parsing) failed(args *words.Args, err error) error {
	at, _ := errors.AsType[*words.Fault](args.Fault(""))
	return &ParseError{Line: at.Word.Line, Column: at.Word.Column, Word: at.Word.Text, Message: err.Error(), Err: err}
}

// netNSCommand reads `ip netns add NAME`, and `ip netns exec NAME` before a command.
func (p *parsing) netNSCommand(_ place, args *words.Args) error {
	verb, ok := words.Match(args.Next(), []string{"add", "exec"})
	if !ok {
		return args.Unknown([]string{"add", "exec"})
	}
	name, err := args.Value()
	if err != nil {
		return err
	}
	if verb == "exec" {
		inside, err := p.placeOf(name, args)
		if err != nil {
			return err
		}
		if !args.More() {
			return args.Missing("a command")
		}
		if !slices.Contains(programs, args.Peek()) {
			args.Next()
			return args.Unknown(programs)
		}
		return p.command(inside, args)
	}
	if e, ok := checkNetNSName("", name).(*Error); ok {
		return args.Fault(e.Message)
	}
	if args.More() {
		args.Next()
		return args.Unknown(nil)
	}
	n := Namespace(name)
	return p.add(&subject{spec: n, s: n.description(), key: placeName{"\x00netns", name}, made: true}, args)
}
