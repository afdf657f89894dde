package iplink_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
)

// noRow is where numbers begin that stand for settings which are no attribute
// of a table.
const noRow = 1 << 15

// setting is an entry of a table: how one row is tried.
type setting[B any] struct {
	row     uint16
	name    string // of a setting that has no row
	values  [2]func(B)
	field   string // path in Link
	want    [2]any // of the field
	oracles []oracle

	label    string   // tells several entries for one row apart
	with     func(B)  // what else must be set
	before   []string // commands of `ip` before the link is made
	commands []string // commands of `ip` after it is made without the setting
	config   string   // the kernel's option that it depends on
	errno    error    // what the kernel refuses it with
	silence  string   // why no oracle can say anything
}

// set returns the entry for a setter with one argument, which the field must
// come to hold.
func set[B, V any](row uint16, setter func(B, V) B, first, second V, field string, oracles ...oracle) setting[B] {
	return setting[B]{
		row:     row,
		values:  [2]func(B){func(b B) { setter(b, first) }, func(b B) { setter(b, second) }},
		field:   field,
		want:    [2]any{first, second},
		oracles: oracles,
	}
}

// present returns the entry for a setter without an argument.
func present[B any](row uint16, setter func(B) B, field string, oracles ...oracle) setting[B] {
	return setting[B]{
		row:     row,
		values:  [2]func(B){func(b B) { setter(b) }, nil},
		field:   field,
		want:    [2]any{true},
		oracles: oracles,
	}
}

// extra returns the entry for a setter that is no row of the table.
func extra[B, V any](name string, setter func(B, V) B, first, second V, field string, oracles ...oracle) setting[B] {
	s := set(noRow, setter, first, second, field, oracles...)
	s.name = name
	return s
}

// needs says what else must be set.
func (s setting[B]) needs(with func(B)) setting[B] { s.with = with; return s }

// after says what commands of `ip` come before the setting, which the link is
// made without.
func (s setting[B]) after(commands ...string) setting[B] { s.commands = commands; return s }

// reads says what the field holds where that is not what was set.
func (s setting[B]) reads(first, second any) setting[B] { s.want = [2]any{first, second}; return s }

// option names what a kernel outside the matrix may be built without.
func (s setting[B]) option(config string) setting[B] { s.config = config; return s }

// refused says how the kernel refuses the first value.
func (s setting[B]) refused(err error) setting[B] { s.errno = err; return s }

// unread says why no oracle can say anything.
func (s setting[B]) unread(reason string) setting[B] { s.silence = reason; return s }

// variant tells entries for the same row apart.
func (s setting[B]) variant(label string) setting[B] { s.label = label; return s }

// oracle is something else than the library that says what a link is like.
type oracle struct {
	name string
	ip   [2]int // the release of iproute2 that says it
	read func(testing.TB, *witness) any
	same func(got, want any) bool
	want [2]any
}

// from says in which release iproute2 came to print it.
func (o oracle) from(major, minor int) oracle { o.ip = [2]int{major, minor}; return o }

// ask compares the answer with value i, and returns how many answers there
// were.
func (o oracle) ask(t *testing.T, w *witness, i int) int {
	t.Helper()
	if testutil.IPOlder(t, o.ip[0], o.ip[1]) {
		return 0
	}
	if got := o.read(t, w); !o.same(got, o.want[i]) {
		t.Errorf("%s is %v, want %v", o.name, got, o.want[i])
	}
	return 1
}

// witness is where oracles look. It asks `ip` once: processes are slow in a
// virtual machine.
type witness struct {
	ns   *os.File
	link map[string]any
}

// lookup follows a path in what `ip -d -j link show` prints about the link.
func (w *witness) lookup(t testing.TB, path string) (value any, found bool) {
	if w.link == nil {
		w.link = testutil.LinkJSON(t, w.ns, link)
	}
	value = w.link
	for key := range strings.SplitSeq(path, ".") {
		m, _ := value.(map[string]any)
		value, found = m[key]
	}
	return value, found
}

// inLink is a path in what `ip -d -j link show` prints about the link.
func inLink(path string, first, second any) oracle {
	return oracle{name: "ip: " + path, want: [2]any{first, second}, same: sameJSON,
		read: func(t testing.TB, w *witness) any {
			value, _ := w.lookup(t, path)
			return value
		}}
}

// mentioned is a flag of the kind, of which `ip` prints no more than the name.
func mentioned(key string) oracle {
	return oracle{name: "ip: " + key, want: [2]any{true}, same: sameJSON,
		read: func(t testing.TB, w *witness) any {
			_, found := w.lookup(t, "linkinfo.info_data."+key)
			return found
		}}
}

// inData is inLink for the settings of the kind.
func inData(key string, first, second any) oracle {
	return inLink("linkinfo.info_data."+key, first, second)
}

// inPort is inLink for the settings as a port.
func inPort(key string, first, second any) oracle {
	return inLink("linkinfo.info_slave_data."+key, first, second)
}

// sameJSON compares values as JSON has them. Of what is false, `ip` often says
// nothing.
func sameJSON(got, want any) bool {
	a, err1 := json.Marshal(got)
	b, err2 := json.Marshal(want)
	return err1 == nil && err2 == nil && bytes.Equal(a, b) || got == nil && want == false
}

// hasFlag looks for a word among the flags that `ip` prints.
func hasFlag(word string, first, second bool) oracle {
	o := inLink("flags", first, second)
	o.same = func(got, want any) bool {
		words, _ := got.([]any)
		has := false
		for _, w := range words {
			has = has || w == word
		}
		return has == want
	}
	o.name += " " + word
	return o
}

// raw is the payload of an attribute as the kernel sends it, or its beginning.
func raw(first, second []byte, path ...uint16) oracle {
	return oracle{name: "bytes", want: [2]any{first, second},
		same: func(got, want any) bool {
			w := want.([]byte)
			return bytes.HasPrefix(got.([]byte), w) && (len(w) > 0 || len(got.([]byte)) == 0)
		},
		read: func(t testing.TB, w *witness) any { return testutil.RawAttr(t, w.ns, link, path...) }}
}

// rawData is raw for the settings of the kind.
func rawData(first, second []byte, path ...uint16) oracle {
	return raw(first, second, append([]uint16{uapi.IFLA_LINKINFO, uapi.IFLA_INFO_DATA}, path...)...)
}

// rawPort is raw for the settings as a port.
func rawPort(first, second []byte, path ...uint16) oracle {
	return raw(first, second, append([]uint16{uapi.IFLA_LINKINFO, uapi.IFLA_INFO_SLAVE_DATA}, path...)...)
}

// field returns the field of a Link that a path leads to, such as Info.VNI.
func field(t testing.TB, l *iplink.Link, path string) any {
	t.Helper()
	v := reflect.ValueOf(l)
	for name := range strings.SplitSeq(path, ".") {
		for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct || !v.FieldByName(name).IsValid() {
			t.Fatalf("a link has no %s", path)
		}
		v = v.FieldByName(name)
	}
	return v.Interface()
}

// verb is what Create and Update of a Conn are.
type verb = func(*iplink.Conn, context.Context, ...iplink.Spec) ([]*iplink.Link, error)

// inNetNS calls f with a Conn in the namespace.
func inNetNS[T any](t testing.TB, ns *os.File, f func(*iplink.Conn) (T, error)) (got T, err error) {
	t.Helper()
	testutil.In(t, ns, func() {
		var c *iplink.Conn
		if c, err = iplink.Dial(); err != nil {
			return
		}
		defer c.Close()
		got, err = f(c)
	})
	return got, err
}

// rawFlag looks for an attribute of the kind that has no payload.
func rawFlag(typ uint16) oracle {
	o := rawData(nil, nil, typ)
	o.same = func(got, _ any) bool { return got.([]byte) != nil }
	return o
}
