package iplink_test

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/vxlan"
)

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

// A validator checks values against a JSON Schema with the keywords that docs/schema.json
// has.
type validator struct{ root map[string]any }

// schemaOf returns a validator of the schema.
var schemaValidator = sync.OnceValue(func() *validator {
	s, _ := iplink.Schema(func(reflect.Type, string) string { return "" }, bridge.Words(), vxlan.Words())
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	root, err := decodeJSON(string(b))
	if err != nil {
		panic(err)
	}
	return &validator{root.(map[string]any)}
})

func decodeJSON(text string) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// valid returns an error if a text does not match the schema.
func valid(text string) error {
	v, err := decodeJSON(text)
	if err != nil {
		return err
	}
	_, err = schemaValidator().check(schemaValidator().root, v, "$")
	return err
}

// check checks a value, and returns the names of the properties that the schema knows.
func (c *validator) check(schema map[string]any, v any, path string) (known map[string]bool, err error) {
	k := &checking{c, schema, v, path, map[string]bool{}, nil}
	for _, keyword := range keywords {
		if arg, has := schema[keyword.name]; has {
			keyword.check(k, arg)
		}
	}
	return k.known, k.err
}

// A checking is the check of a value against a schema.
type checking struct {
	*validator
	schema map[string]any
	v      any
	path   string
	known  map[string]bool // properties
	err    error
}

func (k *checking) fail(format string, args ...any) {
	k.err = errors.Join(k.err, fmt.Errorf("%s: %s", k.path, fmt.Sprintf(format, args...)))
}

// part checks a part of the value.
func (k *checking) part(sub, v any, path string) {
	_, bad := k.check(sub.(map[string]any), v, path)
	k.err = errors.Join(k.err, bad)
}

// same checks the value itself against another schema, whose properties are known then.
func (k *checking) same(sub any) error {
	more, bad := k.check(sub.(map[string]any), k.v, k.path)
	if bad == nil {
		maps.Copy(k.known, more)
	}
	return bad
}

// keywords are the keywords that the validator knows, in the order in which they are checked.
var keywords []struct {
	name  string
	check func(*checking, any)
}

func init() {
	add := func(check func(*checking, any), names ...string) {
		for _, name := range names {
			keywords = append(keywords, struct {
				name  string
				check func(*checking, any)
			}{name, check})
		}
	}
	add(func(k *checking, arg any) {
		name := strings.TrimPrefix(arg.(string), "#/$defs/")
		k.err = errors.Join(k.err, k.same(k.root["$defs"].(map[string]any)[name]))
	}, "$ref")
	add(func(k *checking, arg any) {
		if !hasType(arg, k.v) {
			k.fail("%v is not of type %v", k.v, arg)
		}
	}, "type")
	add(func(k *checking, arg any) {
		if !reflect.DeepEqual(arg, k.v) {
			k.fail("%v is not %v", k.v, arg)
		}
	}, "const")
	add(func(k *checking, arg any) {
		if !slices.ContainsFunc(arg.([]any), func(one any) bool { return reflect.DeepEqual(one, k.v) }) {
			k.fail("%v is not one of %v", k.v, arg)
		}
	}, "enum")
	add(func(k *checking, arg any) { k.atLeast(k.v, arg, 1) }, "minimum")
	add(func(k *checking, arg any) { k.atLeast(k.v, arg, -1) }, "maximum")
	add(func(k *checking, arg any) {
		if text, ok := k.v.(string); ok {
			k.atLeast(jsonNumber(len([]rune(text))), arg, -1)
		}
	}, "maxLength")
	add(func(k *checking, arg any) {
		if list, ok := k.v.([]any); ok {
			k.atLeast(jsonNumber(len(list)), arg, 1)
		}
	}, "minItems")
	add(func(k *checking, arg any) {
		if list, ok := k.v.([]any); ok {
			k.atLeast(jsonNumber(len(list)), arg, -1)
		}
	}, "maxItems")
	add(func(k *checking, arg any) {
		list, _ := k.v.([]any)
		for i, item := range list {
			k.part(arg, item, fmt.Sprintf("%s[%d]", k.path, i))
		}
	}, "items")
	add((*checking).properties, "properties")
	add((*checking).additional, "additionalProperties")
	add((*checking).required, "required")
	add((*checking).anyOf, "anyOf")
	add(func(k *checking, arg any) {
		for _, sub := range arg.([]any) {
			k.err = errors.Join(k.err, k.same(sub))
		}
	}, "allOf")
	add(func(k *checking, arg any) {
		if _, bad := k.check(arg.(map[string]any), k.v, k.path); bad == nil {
			k.err = errors.Join(k.err, k.same(k.schema["then"]))
		}
	}, "if")
	add((*checking).additional, "unevaluatedProperties")
}

func jsonNumber(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// atLeast fails if v is a number that is less than the bound, or more for the sign -1.
func (k *checking) atLeast(v, bound any, sign int) {
	if n, ok := v.(json.Number); ok && sign*rational(n).Cmp(rational(bound.(json.Number))) < 0 {
		k.fail("%v is beyond %v", v, bound)
	}
}

func (k *checking) properties(arg any) {
	object, _ := k.v.(map[string]any)
	for name, sub := range arg.(map[string]any) {
		if part, has := object[name]; has {
			k.known[name] = true
			k.part(sub, part, k.path+"."+name)
		}
	}
}

// additional checks the properties that are not known so far.
func (k *checking) additional(arg any) {
	object, _ := k.v.(map[string]any)
	for name, part := range object {
		switch sub, isSchema := arg.(map[string]any); {
		case k.known[name]:
		case isSchema:
			k.known[name] = true
			k.part(sub, part, k.path+"."+name)
		default:
			k.fail("%q is not known", name)
		}
	}
}

func (k *checking) required(arg any) {
	object, isObject := k.v.(map[string]any)
	for _, name := range arg.([]any) {
		if _, has := object[name.(string)]; isObject && !has {
			k.fail("%q is missing", name)
		}
	}
}

func (k *checking) anyOf(arg any) {
	var all []error
	for _, sub := range arg.([]any) {
		all = append(all, k.same(sub))
	}
	if !slices.Contains(all, nil) {
		k.err = errors.Join(k.err, errors.Join(all...))
	}
}

func rational(n json.Number) *big.Rat {
	r, _ := new(big.Rat).SetString(n.String())
	return r
}

func hasType(arg, v any) bool {
	names, _ := arg.([]any)
	if name, one := arg.(string); one {
		names = []any{name}
	}
	is := map[string]bool{}
	switch v := v.(type) {
	case nil:
		is["null"] = true
	case bool:
		is["boolean"] = true
	case string:
		is["string"] = true
	case []any:
		is["array"] = true
	case map[string]any:
		is["object"] = true
	case json.Number:
		is["number"], is["integer"] = true, rational(v).IsInt()
	}
	return slices.ContainsFunc(names, func(name any) bool { return is[name.(string)] })
}

// TestSchemaKeywords demands that the validator knows all keywords of the schema.
func TestSchemaKeywords(t *testing.T) {
	known := map[string]bool{"then": true, "$defs": true, "$schema": true, "title": true, "description": true}
	for _, keyword := range keywords {
		known[keyword.name] = true
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
	look(schemaValidator().root)
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
