package iplink

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/wire"
)

// FuzzParseLink decodes any bytes as the description of a link. What holds for
// any: nothing of it is read outside of them, what is wrong is told, the same
// again gives the same, and so does the table without its layout.
func FuzzParseLink(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		before := slices.Clone(b)
		var c attr.Codec
		l, again := parseLink(&c, b), parseLink(&c, b)
		if !slices.Equal(b, before) {
			t.Fatal("decoding changed the bytes")
		}
		if (l.Err == nil) != (again.Err == nil) || l.Name != again.Name || len(l.Unknown) != len(again.Unknown) {
			t.Errorf("%+v, then %+v", l, again)
		}
		if len(b) < wire.LinkLen && l.Err == nil {
			t.Errorf("%d bytes are a link: %+v", len(b), l)
		}
		for _, a := range l.Unknown {
			if len(a.Data) > len(b) || cap(a.Data) > len(b) {
				t.Errorf("attribute %d is longer than the message", a.Type)
			}
		}
		byTable(t, linkTable, newLink(), newLink(), b[min(wire.LinkLen, len(b)):], (*Link).attrs)
		l.INET.Conf()
		l.INET6.Conf()
		l.INET6.Stats()
		l.INET6.ICMP6Stats()
	})
}

// FuzzKinds decodes any bytes by every table, encodes what was found, and
// decodes that: the two must be equal, and encode to the same bytes. So must what
// is decoded by the table's layout.
func FuzzKinds(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<14 {
			return // An encoding longer than an attribute can be says nothing.
		}
		for name := range kinds {
			roundTrip(t, name, b, newInfo)
			roundTrip(t, name+" port", b, func(string) info { return newPortInfo(name) })
			if k := kindOf(name); k.info != nil {
				byTable(t, k.table(), k.info(), k.info(), b, info.attrs)
			}
			if k := kindOf(name); k.port != nil {
				byTable(t, k.portTable(), k.port(), k.port(), b, info.attrs)
			}
		}
	})
}

// byTable has a layout and the table that it is of decode, compare, check and
// encode the same.
func byTable[T any](t *testing.T, l *attr.Layout, v, w T, b []byte, walk func(T, *attr.Codec)) {
	var c attr.Codec
	rows := func(v T) attr.Table { return func(c *attr.Codec) { walk(v, c) } }
	var unknown, unknownByTable []wire.Attr
	set, err := l.Decode(&c, b, v, func(a wire.Attr) { unknown = append(unknown, a) })
	byTable, errByTable := c.Decode(b, rows(w), func(a wire.Attr) { unknownByTable = append(unknownByTable, a) })
	if set != byTable || fmt.Sprint(err) != fmt.Sprint(errByTable) || !reflect.DeepEqual(unknown, unknownByTable) || !reflect.DeepEqual(v, w) {
		t.Fatalf("% x\nis %+v, %v, error %v\nand by the table %+v, %v, error %v", b, v, set, err, w, byTable, errByTable)
	}
	if err, byTable := l.Check(&c, set, nil, v), c.Check(set, nil, rows(w)); fmt.Sprint(err) != fmt.Sprint(byTable) {
		t.Errorf("% x: error %v, by the table %v", b, err, byTable)
	}
	if diffs, byTable := l.Compare(&c, set, set, nil, v, w), c.Compare(set, nil, rows(v), rows(w)); !slices.Equal(diffs, byTable) {
		t.Errorf("% x: differences %v, by the table %v", b, diffs, byTable)
	}
	set = set.Minus(faulty(err, rows(v)))
	if got, want := sorted(l.Encode(&c, nil, set, nil, v)), sorted(c.Encode(nil, set, nil, rows(w))); len(b) < 1<<14 && !reflect.DeepEqual(got, want) {
		t.Errorf("% x: encoded %v, by the table %v", b, got, want)
	}
}

// sorted returns the attributes in b in ascending order.
func sorted(b []byte) (all []wire.Attr) {
	for a := range wire.Attrs(b) {
		all = append(all, a)
	}
	slices.SortStableFunc(all, func(a, b wire.Attr) int { return int(a.Type) - int(b.Type) })
	return all
}

func roundTrip(t *testing.T, name string, b []byte, empty func(kind string) info) {
	first, second := empty(name), empty(name)
	if first == nil {
		return
	}
	var c attr.Codec
	set, err := c.Decode(b, first.attrs, nil)
	set = set.Minus(faulty(err, first.attrs))
	encoded := c.Encode(nil, set, nil, first.attrs)
	found, err := c.Decode(encoded, second.attrs, nil)
	if err != nil {
		t.Fatalf("%s: % x: %v", name, encoded, err)
	}
	for _, d := range c.Compare(set, nil, first.attrs, second.attrs) {
		t.Errorf("%s: %s differs in % x", name, d.Name, encoded)
	}
	if again := c.Encode(nil, found, nil, second.attrs); string(again) != string(encoded) {
		t.Errorf("%s:\nencoded % x\n  again % x", name, encoded, again)
	}
}

// faulty returns the rows of a table that an error is about: what they hold is
// nothing to go by.
func faulty(err error, table attr.Table) (set attr.Set) {
	if err == nil {
		return set
	}
	names := map[string]bool{}
	for line := range strings.Lines(err.Error()) {
		name, _, _ := strings.Cut(line, ": ")
		names[name] = true
	}
	for _, r := range rows(table) {
		if names[r.Name] {
			set.Add(r.Type)
			set.Add(r.Type6)
		}
	}
	return set
}
