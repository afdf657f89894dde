package iplink

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/wire"
)

// encoded compares the settings of a kind, as they go out, with bytes in base
// 16; spaces are for the reader.
func encoded(t *testing.T, s Spec, want string) {
	t.Helper()
	littleEndian(t)
	w := s.wanted()
	got := hex.EncodeToString(new(attr.Codec).Encode(nil, w.set, w.refs, w.info.attrs))
	if want = strings.ReplaceAll(want, " ", ""); got != want {
		t.Errorf("%v\n goes out as %s\n       want %s", s, got, want)
	}
}

// decoded returns the Link of an answer that holds the given attributes, in
// base 16.
func decoded(t *testing.T, attrs string) *Link {
	t.Helper()
	littleEndian(t)
	b, err := hex.DecodeString(strings.ReplaceAll(attrs, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	l := parseLink(new(attr.Codec), append(wire.AppendLink(nil, wire.Link{Index: 7}), b...))
	if l.Err != nil {
		t.Fatal(l.Err)
	}
	return l
}

// littleEndian skips the test on hosts whose bytes it does not spell out.
func littleEndian(t *testing.T) {
	t.Helper()
	if wire.Order.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the expected bytes are those of a little-endian host")
	}
}

// A refusal is a description that must be refused before anything is sent.
type refusal struct {
	spec    Spec
	op      string // empty for create
	message string // with the setting's name
}

func (r refusal) test(t *testing.T) {
	t.Helper()
	op := r.op
	if op == "" {
		op = "create"
	}
	err := r.spec.wanted().check(op)
	bad, ok := errors.AsType[*Error](err)
	if !ok || !errors.Is(err, fs.ErrInvalid) || bad.Attr+": "+bad.Message != r.message {
		t.Errorf("%v\n gives error %v\n       want %s", r.spec, err, r.message)
	}
}

// accepted are descriptions that must not be refused.
func accepted(t *testing.T, op string, specs ...Spec) {
	t.Helper()
	for _, s := range specs {
		if err := s.wanted().check(op); err != nil {
			t.Errorf("%v: %v", s, err)
		}
	}
}

// refusedChange compares what is said of a change of the link have with a
// message; an empty one says that the change is to be made.
func refusedChange(t *testing.T, s Spec, have *Link, message string) *job {
	t.Helper()
	w := s.wanted()
	tr := newTransaction(&Conn{}, "update")
	j := newJob(w, tr.places[0], nil)
	tr.driftOfInfo(j, have)
	tr.driftOfFlags(j, have)
	j.act(have)
	err := tr.ready(t.Context(), j, have)
	got := ""
	if bad, ok := errors.AsType[*Error](err); ok {
		got = bad.Attr + ": " + bad.Message
	}
	if got != message {
		t.Errorf("%v\n gives error %q\n       want %q", s, got, message)
	}
	return j
}
