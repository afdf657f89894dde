package testutil

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A Schema is a JSON Schema with the keywords that docs/schema.json has.
type Schema struct{ Root map[string]any }

// ParseSchema reads a schema.
func ParseSchema(text string) (*Schema, error) {
	root, err := decodeJSON(text)
	if err != nil {
		return nil, err
	}
	return &Schema{root.(map[string]any)}, nil
}

// SchemaKeywords returns the keywords that Schema.Check obeys.
func SchemaKeywords() (names []string) {
	for _, k := range keywords {
		names = append(names, k.name)
	}
	return names
}

// Check returns an error if a text does not match the schema.
func (s *Schema) Check(text string) error {
	v, err := decodeJSON(text)
	if err != nil {
		return err
	}
	_, err = s.check(s.Root, v, "$")
	return err
}

func decodeJSON(text string) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// check checks a value, and returns the names of the properties that the schema knows.
func (s *Schema) check(schema map[string]any, v any, path string) (known map[string]bool, err error) {
	k := &checking{s, schema, v, path, map[string]bool{}, nil}
	for _, keyword := range keywords {
		if arg, has := schema[keyword.name]; has {
			keyword.check(k, arg)
		}
	}
	return k.known, k.err
}

// A checking is the check of a value against a schema.
type checking struct {
	*Schema
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

// keywords are the keywords of schemas, in the order in which they are checked.
var keywords []keyword

type keyword struct {
	name  string
	check func(*checking, any)
}

func init() {
	addOfValues()
	addOfParts()
}

func add(check func(*checking, any), name string) {
	keywords = append(keywords, keyword{name, check})
}

// addOfValues adds the keywords about a value as a whole.
func addOfValues() {
	add(func(k *checking, arg any) {
		name := strings.TrimPrefix(arg.(string), "#/$defs/")
		k.err = errors.Join(k.err, k.same(k.Root["$defs"].(map[string]any)[name]))
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
}

// addOfParts adds the keywords about the parts of a value, and those with other schemas.
func addOfParts() {
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
