package api_test

import (
	"encoding"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
)

// TestEnumerations demands of each exported number with words that it is written to and
// read from text. LinkState is no value of a report, but a Condition.
func TestEnumerations(t *testing.T) {
	numbers, methods := map[string]bool{}, map[string][]string{}
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../..", e.Name()), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			numbersOf(d, numbers)
			methodsOf(d, methods)
		}
	}
	if len(numbers) < 40 {
		t.Errorf("%d types", len(numbers))
	}
	delete(numbers, "LinkState")
	for name := range numbers {
		has := methods[name]
		if slices.Contains(has, "String") && (!slices.Contains(has, "MarshalText") || !slices.Contains(has, "UnmarshalText")) {
			t.Errorf("%s has no MarshalText or no UnmarshalText", name)
		}
	}
}

// numbersOf adds the exported types of a declaration that are numbers.
func numbersOf(d ast.Decl, numbers map[string]bool) {
	g, ok := d.(*ast.GenDecl)
	if !ok || g.Tok != token.TYPE {
		return
	}
	for _, s := range g.Specs {
		s := s.(*ast.TypeSpec)
		if of, ok := s.Type.(*ast.Ident); ok && s.Name.IsExported() && strings.HasPrefix(of.Name, "uint") {
			numbers[s.Name.Name] = true
		}
	}
}

// methodsOf adds the method that a declaration is, by the name of its type.
func methodsOf(d ast.Decl, methods map[string][]string) {
	f, ok := d.(*ast.FuncDecl)
	if !ok || f.Recv == nil {
		return
	}
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	if name, ok := of.(*ast.Ident); ok {
		methods[name.Name] = append(methods[name.Name], f.Name.Name)
	}
}

// TestEnumerationText writes values to text and reads them.
func TestEnumerationText(t *testing.T) {
	for _, c := range []struct {
		text string
		v    encoding.TextMarshaler
	}{
		{"relay", iplink.AMTRelay}, {"7", iplink.AMTMode(7)},
		{"ipv6", iplink.BareUDPIPv6}, {"mpls_mc", iplink.BareUDPMPLSMulticast}, {"0x894f", iplink.BareUDPEtherType(0x894f)},
		{"server", iplink.BatadvGWServer}, {"9", iplink.BatadvGWMode(9)},
		{"sgsn", iplink.GTPSGSN}, {"7", iplink.GTPRole(7)},
		{"prp", iplink.HSRProtocolPRP}, {"7", iplink.HSRProtocol(7)},
		{"mp", iplink.OVPNMP}, {"7", iplink.OVPNMode(7)},
		{"tap", iplink.TunEthernet}, {"7", iplink.TunType(7)},
	} {
		text, err := c.v.MarshalText()
		if err != nil || string(text) != c.text {
			t.Errorf("%T: %q, %v, want %q", c.v, text, err, c.text)
		}
		read := reflect.New(reflect.TypeOf(c.v))
		u := read.Interface().(encoding.TextUnmarshaler)
		if err := u.UnmarshalText(text); err != nil || read.Elem().Interface() != c.v {
			t.Errorf("%T: %q is read as %v, %v", c.v, text, read.Elem(), err)
		}
		if err := u.UnmarshalText([]byte("x")); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%T: %v", c.v, err)
		}
	}
}
