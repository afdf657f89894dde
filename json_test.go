package iplink_test

import (
	_ "embed"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/golden"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/vxlan"
)

// throughJSON writes a builder as JSON and reads it.
func throughJSON(t *testing.T, s iplink.Spec) (text string, read iplink.Spec) {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatalf("%s\n%v", s, err)
	}
	all, err := iplink.ParseJSON(b, bridge.Words(), vxlan.Words())
	if err != nil {
		t.Fatalf("%s\n%v", b, err)
	}
	if len(all) != 1 {
		t.Fatalf("%s\nis read as %v", b, all)
	}
	return string(b), all[0]
}

// sameThroughJSON demands that a builder that was written as JSON and read gives the same
// commands, the same requests and the same JSON.
func sameThroughJSON(t *testing.T, s iplink.Spec) (text string) {
	t.Helper()
	text, read := throughJSON(t, s)
	if err := valid(text); err != nil {
		t.Errorf("%s\ndoes not match the schema: %v", text, err)
	}
	if want, got := s.String(), read.String(); got != want {
		t.Errorf("%s\nwritten\n%s\nis read as\n%s", want, text, got)
	}
	if again, err := json.Marshal(read); err != nil || string(again) != text {
		t.Errorf("%s\nis read and written as\n%s (%v)", text, again, err)
	}
	if iplink.Refusal(s) == nil {
		want, got := golden.Text(iplink.Requests(s, goldenIndexes)), golden.Text(iplink.Requests(read, goldenIndexes))
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("%s\n- before, + read:\n%s", text, diff)
		}
	}
	return text
}

// TestJSONGolden writes and reads the golden builders.
func TestJSONGolden(t *testing.T) {
	for _, c := range goldenCases() {
		t.Run(c.kind.dir()+"/"+c.name, func(t *testing.T) { sameThroughJSON(t, c.spec) })
	}
}

// TestJSONSetters writes and reads a builder with each setter of each kind.
func TestJSONSetters(t *testing.T) {
	for _, k := range kindTests {
		if k.build == nil || strings.HasSuffix(k.name, " port") {
			continue
		}
		for _, b := range builders(k.build) {
			s := b.Interface().(iplink.Spec)
			// Open files have no JSON form.
			if text := s.String(); strings.Contains(text, "/fd/") || strings.HasSuffix(text, ": file") || strings.HasPrefix(text, "#") || iplink.CheckSpec(s, "update") != nil {
				continue
			}
			t.Run(k.name, func(t *testing.T) { sameThroughJSON(t, s) })
		}
	}
}

// TestJSONRandom writes and reads random settings of each kind, of ports and of every link.
func TestJSONRandom(t *testing.T) {
	eachTable(t, jsonOfRandom)
}

func jsonOfRandom(t *testing.T, kind string, port bool) {
	r := rand.New(rand.NewPCG(0x1234, 7))
	for range serial(200) {
		random := iplink.RandomKind(kind, port, r)
		text := sameThroughJSON(t, random.Spec)
		_, read := throughJSON(t, random.Spec)
		if lacks := random.Lacks(read); len(lacks) > 0 {
			t.Fatalf("%s\n%s\nis read as\n%s\nwhere %q differ", random.Spec, text, read, lacks)
		}
		if t.Failed() {
			return
		}
	}
}

// TestJSONErrors reads texts with one error each.
func TestJSONErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"name":"v","kind":"vlxan"}`:                                  `line 1, column 20: kind: "vlxan" is not known here: is it "vxlan"?`,
		"{\"name\":\"v\",\n \"kind\":\"vxlan\", \"dstprt\":1}":         `line 2, column 18: dstprt: "dstprt" is not known here: is it "dstport"?`,
		`{"name":"v","kind":"vxlan","vni":7}`:                          `line 1, column 28: vni: "vni" is not known here: is it "id"?`,
		`{"name":"v","hoplimit":7,"kind":"vxlan"}`:                     `hoplimit: "hoplimit" is not known here: is it "ttl"?`,
		`{"name":"v","qlen":7}`:                                        `qlen: "qlen" is not known here: is it "txqueuelen"?`,
		`{"name":"v","kind":"vxlan","id":16777216}`:                    `line 1, column 33: id: 16777216 is not in 0…16777215`,
		`{"name":"v","kind":"vxlan","id":1,"id":2}`:                    `line 1, column 35: id: it is there twice`,
		`{"name":"v","kind":"vxlan","id":1.5}`:                         `1.5`,
		`{"name":"v","kind":"vxlan","id":null}`:                        `id: it is null, where a number or a string is due`,
		`[{"name":"a","kind":"dummy"},{"name":"a"}]`:                   `line 1, column 30: [1]: "a" is described already, at line 1`,
		`{"name":"a","kind":"veth","peer":{"addrs":["192.0.2.1/33"]}}`: `peer.addrs[0]: "192.0.2.1/33" is not an IP address with a prefix length`,
		`{"name":"a","kind":"dummy","peer":{}}`:                        `"peer" is not known here`,
		`{"name":"a","kind":"bond","mode":"802.3da"}`:                  `mode: "802.3da" is not known here: is it "802.3ad"?`,
		`{"name":"a","kind":"bond","mode":true}`:                       `mode: it is true or false, where a number or a string is due`,
		`{"name":"a","port_settings":{"cost":7}}`:                      `port_settings: it lacks the kind of the master`,
		`{"name":"a","up":"maybe"}`:                                    `up: it is a string, where true or false is due`,
		`{"name":"a","sysctls":{"ipv4.rp_filter":7}}`:                  `rp_filter of ipv4 is 7, which is not in 0…2`,
		`{"name":"w","kind":"wireguard","private-key":"SECRET"}`:       `private-key: it is not a key`,
		`{"name":"a"`:                   `line 1, column 12: a comma or the end of the object is due`,
		`{"name":"a"} x`:                `the text goes on after the value`,
		`7`:                             `it is a number, where an object is due`,
		``:                              `the text ends where a value is due`,
		`{"name":"\ud800"}`:             `half of a character is escaped`,
		`{"name":"a","netns":"/run/x"}`: `netns: a namespace by its file or by a process takes ResolveNetNS`,
		strings.Repeat("[", 100):        `nested more than`,
	} {
		_, err := iplink.ParseJSON([]byte(text))
		var bad *iplink.ParseError
		if !errors.As(err, &bad) || !errors.Is(err, fs.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v\nlacks %s", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{`{"name":"br","kind":"bridge","vlans":[7]}`, `{"name":"br","kind":"bridge","mdb":[]}`} {
		if _, err := iplink.ParseJSON([]byte(text)); err == nil || !strings.Contains(err.Error(), "it takes the option bridge.Words()") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzParseJSON demands that no text makes the reader panic or take long, and that a builder
// that was read is written and read as it was.
func FuzzParseJSON(f *testing.F) {
	for _, c := range goldenCases() {
		if b, err := json.Marshal(c.spec); err == nil {
			f.Add(string(b))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		specs, err := iplink.ParseJSON([]byte(text), bridge.Words(), vxlan.Words())
		if took := time.Since(start); took > time.Second+time.Duration(len(text))*time.Millisecond {
			t.Errorf("%d bytes take %v", len(text), took)
		}
		var bad *iplink.ParseError
		if err != nil && (!errors.As(err, &bad) || bad.Line < 1 || bad.Column < 1) {
			t.Errorf("%q: %v", text, err)
		}
		for _, s := range specs {
			b, err := json.Marshal(s)
			if err != nil {
				continue // a verb refuses it
			}
			again, err := iplink.ParseJSON(b, bridge.Words(), vxlan.Words())
			if err != nil || len(again) != 1 || again[0].String() != s.String() {
				t.Errorf("%s\nis written as\n%s\nand read as %v (%v)", text, b, again, err)
			}
		}
	})
}

// comments are the comments of the fields of structs, by package, type and field. They are
// empty where the test runs without the sources.
var comments = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for _, dir := range []string{".", "inet", "fdb", "bridge", "vxlan"} {
		files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
		for _, file := range files {
			if f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments); err == nil {
				collectComments(all, f)
			}
		}
	}
	return all
})

func collectComments(all map[string]string, f *ast.File) {
	ast.Inspect(f, func(n ast.Node) bool {
		t, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		s, ok := t.Type.(*ast.StructType)
		if !ok {
			return true
		}
		for _, field := range s.Fields.List {
			text := field.Doc.Text()
			if text == "" {
				text = field.Comment.Text()
			}
			for _, name := range field.Names {
				all[f.Name.Name+"."+t.Name.Name+"."+name.Name] = strings.Join(strings.Fields(text), " ")
			}
		}
		return true
	})
}

// comment returns the comment of a field. A comment such as "see X" stands for another.
func comment(of reflect.Type, field string) string {
	text := comments()[of.String()+"."+field]
	if other, ok := strings.CutPrefix(text, "see "); ok {
		return comments()[of.String()+"."+other]
	}
	return text
}

// makeSchema returns the schema as text.
func makeSchema(t *testing.T) string {
	t.Helper()
	s, doubled := iplink.Schema(comment, bridge.Words(), vxlan.Words())
	if len(doubled) > 0 {
		t.Errorf("%q are the names of two settings", doubled)
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// schema is the schema without descriptions.
var schema = sync.OnceValue(func() *testutil.Schema {
	s, _ := iplink.Schema(func(reflect.Type, string) string { return "" }, bridge.Words(), vxlan.Words())
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	read, err := testutil.ParseSchema(string(b))
	if err != nil {
		panic(err)
	}
	return read
})

// valid returns an error if a text does not match the schema.
func valid(text string) error {
	return schema().Check(text)
}

// TestSchemaKeywords demands that the validator knows all keywords of the schema.
func TestSchemaKeywords(t *testing.T) {
	known := map[string]bool{"then": true, "$defs": true, "$schema": true, "title": true, "description": true}
	for _, keyword := range testutil.SchemaKeywords() {
		known[keyword] = true
	}
	var look func(schema map[string]any)
	look = func(schema map[string]any) {
		for keyword, arg := range schema {
			if !known[keyword] {
				t.Errorf("the validator does not know %q", keyword)
			}
			switch arg := arg.(type) {
			case map[string]any:
				if keyword == "properties" || keyword == "$defs" {
					for _, sub := range arg {
						look(sub.(map[string]any))
					}
				} else {
					look(arg)
				}
			case []any:
				for _, sub := range arg {
					if sub, ok := sub.(map[string]any); ok {
						look(sub)
					}
				}
			}
		}
	}
	look(schema().Root)
}

// TestSchemaRefuses demands that the schema refuses texts that the reader refuses.
func TestSchemaRefuses(t *testing.T) {
	if err := valid(`{"name":"vx0","kind":"vxlan","id":100,"remote":"192.0.2.2"}`); err != nil {
		t.Error(err)
	}
	for _, text := range []string{
		`7`, `{"name":7}`, `{"kind":"vlxan"}`, `{"kind":"dummy","id":1}`, `{"kind":"vxlan","id":16777216}`, `{"kind":"vxlan","id":null}`,
		`[{"kind":"vxlan","learning":"maybe"}]`, `{"kind":"veth","peer":{"id":1}}`, `{"kind":"dummy","peer":{}}`, `{"port_settings":{"cost":1}}`,
		`{"port_settings":{"kind":"bridge","queue_id":1}}`, `{"addrs":[{"broadcast":"192.0.2.255"}]}`, `{"kind":"vlan","mtu":1400.5}`,
	} {
		if err := valid(text); err == nil {
			t.Errorf("%s is valid", text)
		}
		if _, err := iplink.ParseJSON([]byte(text), bridge.Words(), vxlan.Words()); err == nil {
			t.Errorf("%s is read", text)
		}
	}
}

//go:embed docs/schema.json
var schemaDocument string

const schemaFile = "docs/schema.json"

// TestSchemaDocument compares the schema with the tables. With -update it writes it. Without
// the sources there are no descriptions, and none are compared.
func TestSchemaDocument(t *testing.T) {
	want := makeSchema(t)
	if *recordGolden {
		if err := os.WriteFile(schemaFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have := schemaDocument
	if len(comments()) == 0 {
		have, want = undescribed(t, have), undescribed(t, want)
	}
	if diff := cmp.Diff(strings.Split(have, "\n"), strings.Split(want, "\n")); diff != "" {
		t.Errorf("go test -run TestSchemaDocument . -update writes %s; - as it is, + as the tables have it:\n%s", schemaFile, diff)
	}
}

// undescribed returns a schema without descriptions.
func undescribed(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	var strip func(any)
	strip = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if _, text := v["description"].(string); text {
				delete(v, "description")
			}
			for _, part := range v {
				strip(part)
			}
		case []any:
			for _, part := range v {
				strip(part)
			}
		}
	}
	strip(v)
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
