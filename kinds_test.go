package iplink_test

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/wire"
)

// encoded compares the settings of a kind, as they go out, with bytes in base
// 16; spaces are for the reader.
func encoded(t *testing.T, s iplink.Spec, want string) {
	t.Helper()
	littleEndian(t)
	got := hex.EncodeToString(iplink.InfoData(s))
	if want = strings.ReplaceAll(want, " ", ""); got != want {
		t.Errorf("%v\n goes out as %s\n       want %s", s, got, want)
	}
}

// decoded returns the Link of an answer that holds the given attributes, in
// base 16.
func decoded(t *testing.T, attrs string) *iplink.Link {
	t.Helper()
	littleEndian(t)
	b, err := hex.DecodeString(strings.ReplaceAll(attrs, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	l := iplink.ParseLink(b)
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

// A badSpec is a description that must be refused before anything is sent.
type badSpec struct {
	spec    iplink.Spec
	op      string // empty for create
	message string // with the setting's name
}

func (r badSpec) test(t *testing.T) {
	t.Helper()
	op := r.op
	if op == "" {
		op = "create"
	}
	err := iplink.CheckSpec(r.spec, op)
	bad, ok := errors.AsType[*iplink.Error](err)
	if !ok || !errors.Is(err, fs.ErrInvalid) || bad.Attr+": "+bad.Message != r.message {
		t.Errorf("%v\n gives error %v\n       want %s", r.spec, err, r.message)
	}
}

// accepted are descriptions that must not be refused.
func accepted(t *testing.T, op string, specs ...iplink.Spec) {
	t.Helper()
	for _, s := range specs {
		if err := iplink.CheckSpec(s, op); err != nil {
			t.Errorf("%v: %v", s, err)
		}
	}
}

// refusedChange compares what is said of a change of the link have with a
// message; an empty one says that the change is to be made.
func refusedChange(t *testing.T, s iplink.Spec, have *iplink.Link, message string) iplink.Plan {
	t.Helper()
	p := iplink.PlanUpdate(t.Context(), s, have)
	got := ""
	if p.Err != nil {
		got = p.Err.Attr + ": " + p.Err.Message
	}
	if got != message {
		t.Errorf("%v\n gives error %q\n       want %q", s, got, message)
	}
	return p
}
