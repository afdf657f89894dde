package migrating_test

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// A row is an expression of docs/migrating.md.
type row struct {
	name string // the first column
	code string
	eval func(*vars) []any
}

// values returns its arguments, which may be the results of a call.
func values(v ...any) []any { return v }

// An entry says how the code of a row is run, and what other programs show of it.
type entry struct {
	code  string
	since string // the first release of Linux with it, such as 6.3
	needs string // kinds of links that neither the code nor the scene names, or "filtering"

	scene string // commands of `ip` and `bridge`, with "; " between them
	link  string // the name of the link that is read before, if not eth0

	// check are commands, with " && " between them. Of the texts in shows, with " ; " between
	// them, none is in the output of check before the code runs, and all are afterwards;
	// with those that begin with "!" it is the other way round.
	check, shows string

	update  bool                        // of a builder: the link exists
	finish  func(any) iplink.Spec       // adds what such a link needs beyond the row
	then    func(r *run, got []any)     // uses the values
	prepare func(r *run)                // after the scene
	do      func(r *run)                // replaces all that follows the scene
	says    func(got any) []string      // texts of a value, which are in the output of check
	each    string                      // occurs in the output once for each text
	alter   string                      // commands after which the value is another one
	change  func(r *run)                // does so where no command can
	alone   func(t testing.TB) *os.File // the namespace of hardware
}

// A run is the run of an entry in a namespace of its own.
type run struct {
	*testutil.Lab
	*entry
	row
	v     vars
	conn  *iplink.Conn
	other *testutil.Lab // opened by there
}

// entries are those of all tables.
var entries = slices.Concat(finding, making, changing, layer3, bridges, ports, bonds, namespaces, fields, kinds, tunnels, vxlans, hardware, wireguards)

// TestRows runs each row that needs no hardware.
func TestRows(t *testing.T) {
	known := map[string]bool{}
	for _, e := range entries {
		i := slices.IndexFunc(rows, func(r row) bool { return r.code == e.code })
		if i < 0 {
			t.Errorf("docs/migrating.md has no code %s", e.code)
			continue
		}
		known[e.code] = true
		if e.alone == nil {
			t.Run(e.code, func(t *testing.T) {
				t.Parallel()
				start(t, &e, rows[i])
			})
		}
	}
	for _, r := range rows {
		if !known[r.code] {
			t.Errorf("no entry runs %s of the row %s", r.code, r.name)
		}
	}
}

// TestRowsOfHardware runs the rows about links that exist in the first namespace only.
func TestRowsOfHardware(t *testing.T) {
	for _, e := range hardware {
		t.Run(e.code, func(t *testing.T) {
			start(t, &e, rows[slices.IndexFunc(rows, func(r row) bool { return r.code == e.code })])
		})
	}
}

// start runs an entry on a kernel that has what it needs.
func start(t *testing.T, e *entry, code row) {
	var major, minor int
	if fmt.Sscanf(e.since, "%d.%d", &major, &minor); e.since != "" {
		testutil.NeedKernel(t, major, minor)
	}
	for _, kind := range kindsOf(e) {
		need(t, kind)
	}
	r := &run{entry: e, row: code}
	if e.alone != nil {
		r.Lab = &testutil.Lab{TB: t, File: e.alone(t)}
	} else {
		r.Lab = testutil.NewLab(t)
	}
	r.In(r.steps)
}

var (
	newKind   = regexp.MustCompile(`\b([a-z0-9]+)\.New(?:Tap)?\(`)
	sceneKind = regexp.MustCompile(`\btype ([a-z0-9]+)`)
)

// kindsOf returns the kinds of links that an entry needs.
func kindsOf(e *entry) []string {
	all := strings.Fields(e.needs)
	for _, m := range newKind.FindAllStringSubmatch(e.code, -1) {
		all = append(all, m[1])
	}
	for _, m := range sceneKind.FindAllStringSubmatch(e.scene+"; "+e.alter, -1) {
		all = append(all, strings.TrimSuffix(m[1], "_slave"))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// had are the kinds that this kernel has, as tests found before.
var had sync.Map

// need skips the test without links of a kind.
func need(t *testing.T, kind string) {
	if _, ok := had.Load(kind); ok {
		return
	}
	switch {
	case kind == "fou" && testutil.Matrix():
		testutil.NeedModule(t, kind)
	case kind == "fou": // openPorts skips
	case kind == "filtering":
		needFiltering(t)
	default:
		testutil.Need(t, kind)
	}
	had.Store(kind, true)
}

// needFiltering skips the test if bridges do not filter VLANs.
func needFiltering(t *testing.T) {
	out, err := testutil.NewLab(t, iplink.KindBridge).Run("ip", "link", "add", "br0", "type", "bridge", "vlan_filtering", "1")
	if err != nil && testutil.Matrix() {
		t.Fatal(out)
	} else if err != nil {
		testutil.Skipf(t, "this kernel's bridge does not filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING)")
	}
}

// steps is on a thread in the namespace.
func (r *run) steps() {
	r.conn = testutil.Opened(r.Lab, iplink.Dial)
	r.commands(r.scene)
	if r.prepare != nil {
		r.prepare(r)
	}
	switch {
	case r.do != nil:
		r.do(r)
	case r.says != nil:
		r.reads()
	default:
		r.changes()
	}
}

// changes demands a change that other programs show.
func (r *run) changes() {
	r.Helper()
	before := r.output()
	r.apply(r.values())
	after := r.output()
	if r.shows == "" {
		r.Fatal("the entry has nothing to show")
	}
	for text := range strings.SplitSeq(r.shows, " ; ") {
		text, gone := strings.CutPrefix(text, "!")
		if strings.Contains(before, text) != gone {
			r.Errorf("%s before: %t; it proves nothing:\n%s", text, !gone, before)
		}
		if strings.Contains(after, text) == gone {
			r.Errorf("%s afterwards: %t, in\n%s", text, gone, after)
		}
	}
}

// apply demands the outcome that the code is to have, and hands builders to the library.
func (r *run) apply(got []any) {
	r.Helper()
	var failed error
	for _, v := range got {
		if err, ok := v.(error); ok {
			failed = err
		}
	}
	if failed != nil {
		r.Fatal(failed)
	}
	switch spec, port := builder(got[0], r.entry); {
	case r.then != nil:
		r.then(r, got)
	case port != nil:
		r.verb(iplink.Device("eth0").PortSettings(port), true)
	case spec != nil:
		r.verb(spec, r.update || strings.HasPrefix(r.row.code, "iplink.Device("))
	}
}

// builder returns what is to be handed to the library, if anything.
func builder(v any, e *entry) (iplink.Spec, iplink.PortSpec) {
	if e.finish != nil {
		return e.finish(v), nil
	}
	spec, _ := v.(iplink.Spec)
	port, _ := v.(iplink.PortSpec)
	return spec, port
}

func (r *run) verb(spec iplink.Spec, update bool) {
	r.Helper()
	verb := r.conn.Create
	if update {
		verb = r.conn.Update
	}
	if _, err := verb(r.Context(), spec); err != nil {
		r.Fatalf("%v: %v", spec, err)
	}
}

// reads demands that other programs show the value, before and after it changes.
func (r *run) reads() {
	r.Helper()
	was, before := r.read()
	r.commands(r.alter)
	if r.change != nil {
		r.change(r)
	}
	is, after := r.read()
	if missing(after, was) == "" && missing(before, is) == "" {
		r.Errorf("%q, then %q: the outputs of %s do not differ in them", was, is, r.check)
	}
}

// read returns the texts of a value, and the output of other programs that has them. A
// value may change between the two, which are then read again.
func (r *run) read() (texts []string, out string) {
	r.Helper()
	for range 20 {
		got := r.values()
		if err, ok := got[len(got)-1].(error); ok {
			r.Fatal(err)
		}
		texts, out = r.says(got[0]), r.output()
		if missing(out, texts) == "" && (r.each == "" || strings.Count(out, r.each) == len(texts)) {
			return texts, out
		}
	}
	r.Fatalf("%q, the first of %q, or as many of %s, not in\n%s", missing(out, texts), texts, r.each, out)
	return nil, ""
}

// missing returns the first text that is not in the output, or an empty string.
func missing(out string, texts []string) string {
	i := slices.IndexFunc(texts, func(text string) bool { return !strings.Contains(out, text) })
	if i < 0 {
		return ""
	}
	return texts[i]
}

// values runs the code.
func (r *run) values() []any {
	r.Helper()
	r.fill()
	got := r.eval(&r.v)
	for _, v := range got {
		if c, ok := v.(io.Closer); ok && c != nil {
			r.Cleanup(func() { c.Close() })
		}
	}
	return got
}

// there returns another namespace.
func (r *run) there() *testutil.Lab {
	if r.other == nil {
		r.other = testutil.NewLab(r)
	}
	return r.other
}

// commands executes commands of `ip` and `bridge`, in which {there} is the path of another
// namespace. Before "there " is one for that namespace.
func (r *run) commands(list string) {
	r.Helper()
	var batch []string
	flush := func() {
		if len(batch) > 0 {
			r.exec(r.Lab, strings.Join(batch, "\n"), "ip", "-batch", "-")
		}
		batch = nil
	}
	for command := range strings.SplitSeq(list, "; ") {
		if strings.Contains(command, "there") {
			r.there()
			command = strings.ReplaceAll(command, "{there}", r.other.Path())
		}
		first, rest, _ := strings.Cut(command, " ")
		switch first {
		case "":
		case "there":
			flush()
			r.other.IP(rest)
		case "bridge", "wg", "ip":
			flush()
			r.exec(r.Lab, "", strings.Fields(command)...)
		default:
			batch = append(batch, command)
		}
	}
	flush()
}

// exec executes a command that must not fail, on the calling thread.
func (r *run) exec(l *testutil.Lab, input string, words ...string) string {
	r.Helper()
	cmd := exec.CommandContext(r.Context(), words[0], words[1:]...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		l.Fatalf("%s %s: %v: %s", strings.Join(words, " "), input, err, out)
	}
	return string(out)
}

// output returns the output of the commands of check, which may fail. `cat` is not a program.
func (r *run) output() string {
	r.Helper()
	var all strings.Builder
	for command := range strings.SplitSeq(r.check, " && ") {
		words := strings.Fields(command)
		switch words[0] {
		case "cat":
			text, _ := os.ReadFile(words[1])
			all.Write(text)
		case "attr":
			all.WriteString(r.attribute(words[1], words[2:]))
		case "contexts":
			all.WriteString(r.contexts())
		case "there":
			text, _ := r.there().Run(words[1], words[2:]...)
			all.WriteString(text)
		default:
			text, err := exec.CommandContext(r.Context(), words[0], words[1:]...).CombinedOutput()
			if errors.Is(err, exec.ErrNotFound) {
				r.Fatal(err)
			}
			all.Write(text)
		}
	}
	return all.String()
}

// attribute returns an attribute of a link that not each `ip` shows: its number, and its
// bytes, in host byte order if it is a number. The path leads to it.
func (r *run) attribute(name string, path []string) string {
	r.Helper()
	var types []uint16
	for _, word := range path {
		n, err := strconv.ParseUint(word, 10, 16)
		testutil.Must(r, err)
		types = append(types, uint16(n))
	}
	return fmt.Sprintf("%s=%x\n", path[len(path)-1], testutil.RawAttr(r, r.File, name, types...))
}

// dev is the command that shows a link.
func dev(name string) string { return "ip -d -j link show dev " + name }

// ownRun gives the thread an empty /run, which other processes do not see.
func ownRun(r *run) {
	testutil.Must(r, errors.Join(
		unix.Unshare(unix.CLONE_FS|unix.CLONE_NEWNS),
		unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
		unix.Mount("tmpfs", "/run", "tmpfs", 0, ""),
	))
}

// mac, and the addresses below, are those of the document.
var mac = net.HardwareAddr{2, 0x12, 0x34, 0x56, 0x78, 0x9a}

const macText = "02:12:34:56:78:9a"

func (r *run) uses(name string) bool {
	return regexp.MustCompile(`\b` + name + `\b`).MatchString(r.row.code)
}

// fill sets the variables that the code uses, as they are now.
func (r *run) fill() {
	r.Helper()
	v := &r.v
	v.ctx, v.conn, v.mac = r.Context(), r.conn, mac
	v.local, v.remote = lab.Addr("192.0.2.1"), lab.Addr("192.0.2.2")
	v.local6, v.remote6 = lab.Addr("2001:db8::1"), lab.Addr("2001:db8::2")
	v.prefix = lab.Prefix("192.0.2.0/24")
	if r.uses("ns") && v.ns == nil {
		v.ns = lab.NetNS(r.there())
	}
	if r.uses("link") {
		link, err := r.conn.Get(r.Context(), cmp.Or(r.link, "eth0"))
		testutil.Must(r, err)
		v.link = link
	}
	if r.uses("fd") {
		v.fd = int(r.there().File.Fd())
	}
	if r.uses("v0") {
		v.v0, v.v1 = r.socket(), r.socket()
	}
	if r.uses("fs") {
		v.err = &fs.PathError{Op: "none", Err: fs.ErrInvalid}
	}
	r.keys()
	r.open()
}

// socket returns a UDP socket.
func (r *run) socket() *os.File {
	r.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{})
	testutil.Must(r, err)
	defer conn.Close()
	file, err := conn.File()
	testutil.Must(r, err)
	r.Cleanup(func() { file.Close() })
	return file
}
