package kerneltest_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"unicode"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/topology"
	"github.com/iplink-go/iplink/vxlan"
)

// oddName is a name that the kernel takes and that would turn a terminal red.
const oddName = "a\x1b[31m\xff\u202eb"

// TestNamesPrint demands that no text has a character of a name that does not print.
func TestNamesPrint(t *testing.T) {
	c, ns := lab.Scratch(t)
	made := lab.MustCreate(t, c, bridge.New(oddName).Alias("x\x1b]0;y\a"))[0]
	errs := []error{
		lab.ErrorOf(c.Create(t.Context(), bridge.New(oddName))), lab.ErrorOf(c.Get(t.Context(), oddName+"c")),
		lab.ErrorOf(c.Update(t.Context(), vxlan.New(oddName))), lab.ErrorOf(c.Create(t.Context(), bridge.New("t0").Master(oddName+"c"))),
		lab.ErrorOf(c.Create(t.Context(), bridge.New("t0").AltName(oddName))), lab.ErrorOf(iplink.OpenNetNS(oddName)),
		&iplink.Error{Op: "open", Err: &fs.PathError{Op: "open", Path: oddName, Err: errors.New(oddName)}},
	}
	texts := map[string]string{
		"event": iplink.Event{Kind: iplink.Added, New: made, NetNSID: -1}.String(), "condition": iplink.UntilMaster(oddName).String(),
		"satisfies": iplink.Until(oddName, func(*iplink.Link) bool { return true }).(interface{ String() string }).String(),
		"command":   bridge.New(oddName).Alias(oddName).AltName(oddName).Master(oddName).String(),
		"entry":     fdb.Entry{Port: oddName}.String(), "mdb": bridge.MDBEntry{Port: oddName}.String(),
		"difference": iplink.Difference{Attr: "alias", Have: oddName, Want: oddName}.String(),
	}
	top, err := topology.ReadNetNS(t.Context(), lab.NetNS(ns))
	if err != nil {
		t.Fatal(err)
	}
	texts["tree"] = top.Tree()
	for _, err := range errs {
		if err == nil {
			t.Error("no error")
			continue
		}
		texts[err.Error()] = err.Error()
	}
	for what, text := range texts {
		if bad := strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) || r == unicode.ReplacementChar }); bad {
			t.Errorf("%q: %q", what, text)
		}
	}
}

// TestStringMakesOddName runs the command that is printed for such a name.
func TestStringMakesOddName(t *testing.T) {
	_, ns := lab.Scratch(t)
	const alias = "100%\x1b[31m'x'\\"
	if refused := testutil.Shell(t, ns.File, bridge.New(oddName).Alias(alias).String()); refused != "" {
		t.Fatal(refused)
	}
	var l *iplink.Link
	var err error
	testutil.In(t, ns.File, func() { l, err = iplink.Get(t.Context(), oddName) })
	if err != nil || l.Alias != alias {
		t.Errorf("%v, error %v", l, err)
	}
}
