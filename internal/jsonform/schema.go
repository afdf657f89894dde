package jsonform

import (
	"encoding"
	"net"
	"net/netip"
	"reflect"
	"time"
)

// A Schema is a JSON Schema, draft 2020-12, as far as this module uses it.
type Schema struct {
	Dialect     string             `json:"$schema,omitempty"`
	ID          string             `json:"$id,omitempty"`
	Title       string             `json:"title,omitempty"`
	Ref         string             `json:"$ref,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        any                `json:"type,omitempty"` // a string or a list of strings
	Const       any                `json:"const,omitempty"`
	Enum        []any              `json:"enum,omitempty"`
	Minimum     any                `json:"minimum,omitempty"`
	Maximum     any                `json:"maximum,omitempty"`
	MaxLength   int                `json:"maxLength,omitempty"`
	MinItems    int                `json:"minItems,omitempty"`
	MaxItems    int                `json:"maxItems,omitempty"`
	Items       *Schema            `json:"items,omitempty"`
	Properties  map[string]*Schema `json:"properties,omitempty"`
	Additional  any                `json:"additionalProperties,omitempty"`  // false, or a *Schema
	Unevaluated any                `json:"unevaluatedProperties,omitempty"` // false
	Required    []string           `json:"required,omitempty"`
	AnyOf       []*Schema          `json:"anyOf,omitempty"`
	AllOf       []*Schema          `json:"allOf,omitempty"`
	If          *Schema            `json:"if,omitempty"`
	Then        *Schema            `json:"then,omitempty"`
	Defs        map[string]*Schema `json:"$defs,omitempty"`
}

// Docs returns the description of a field of a struct, or an empty string.
type Docs func(of reflect.Type, field string) string

// SchemaOf returns the schema of the values that Read stores in a value of type t.
func SchemaOf(t reflect.Type, docs Docs) *Schema {
	return schemaOf(t, fieldTag{}, docs)
}

func schemaOf(t reflect.Type, tag fieldTag, docs Docs) *Schema {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if own, ok := reflect.New(t).Interface().(Value); ok {
		return own.Schema()
	}
	switch v := reflect.New(t).Interface().(type) {
	case *net.HardwareAddr:
		return &Schema{Type: "string", Description: "a link-layer address, such as 02:00:00:00:00:01"}
	case *netip.Addr:
		return &Schema{Type: "string", Description: "an IP address"}
	case *netip.Prefix:
		return &Schema{Type: "string", Description: "an IP address with the length of its prefix"}
	case *time.Duration:
		return durationSchema(tag)
	case encoding.TextMarshaler:
		return wordSchema(v, t, tag)
	}
	switch t.Kind() {
	case reflect.Bool:
		return Switch()
	case reflect.String:
		return &Schema{Type: "string"}
	case reflect.Slice:
		return &Schema{Type: "array", Items: schemaOf(t.Elem(), fieldTag{}, docs)}
	case reflect.Array:
		return &Schema{Type: "array", Items: schemaOf(t.Elem(), fieldTag{}, docs), MinItems: t.Len(), MaxItems: t.Len()}
	case reflect.Struct:
		return structSchema(t, docs)
	}
	return numberSchema(t, tag)
}

// Switch is the schema of a bool.
func Switch() *Schema {
	return &Schema{AnyOf: []*Schema{{Type: "boolean"}, {Enum: []any{"on", "off", 0, 1}}}}
}

// Words returns the schema of words.
func Words(all []string) *Schema {
	s := &Schema{}
	for _, word := range all {
		s.Enum = append(s.Enum, word)
	}
	return s
}

func structSchema(t reflect.Type, docs Docs) *Schema {
	var short *Schema
	s := &Schema{Type: "object", Properties: map[string]*Schema{}, Additional: false}
	for i, tag := range fieldsOf(t) {
		if tag.name == "" {
			continue
		}
		f := schemaOf(t.Field(i).Type, tag, docs)
		if text := docs(t, t.Field(i).Name); text != "" {
			f.Description = text
		}
		s.Properties[tag.name] = f
		if tag.has("required") {
			s.Required = append(s.Required, tag.name)
		}
		if tag.has("short") {
			short = schemaOf(t.Field(i).Type, tag, docs)
		}
	}
	if short != nil {
		return &Schema{AnyOf: []*Schema{short, s}}
	}
	return s
}

// wordSchema lists the words of an enumeration, which small values and single bits have.
func wordSchema(v encoding.TextMarshaler, t reflect.Type, tag fieldTag) *Schema {
	if kind := t.Kind(); kind < reflect.Uint || kind > reflect.Uint64 {
		return &Schema{Type: "string"}
	}
	all := enumeration(t)
	if tag.has("flags") {
		return &Schema{AnyOf: []*Schema{{Type: "array", Items: Words(all)}, {Type: "string"}}}
	}
	return &Schema{AnyOf: []*Schema{Words(all), {Type: "integer", Minimum: 0}, {Type: "string"}}}
}

func enumeration(t reflect.Type) (all []string) {
	seen := map[string]bool{}
	for i := range uint64(320) {
		n := i
		if i >= 256 {
			n = 1 << (i - 256)
		}
		v := reflect.New(t).Elem()
		if v.OverflowUint(n) {
			continue
		}
		v.SetUint(n)
		text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
		if word := string(text); err == nil && isWord(word) && !seen[word] {
			seen[word] = true
			all = append(all, word)
		}
	}
	return all
}

// isWord reports whether a text is one word of an enumeration rather than a number or a
// set.
func isWord(text string) bool {
	for _, r := range text {
		if separates(r) || r == '(' {
			return false
		}
	}
	return text != "" && (text[0] < '0' || text[0] > '9')
}

func durationSchema(tag fieldTag) *Schema {
	text := "a number of seconds"
	if tag.has("ns") {
		text = "a number of nanoseconds"
	}
	s := &Schema{Type: "integer", Minimum: 0}
	for _, word := range []string{"forever", "off"} {
		if tag.has(word) {
			return &Schema{AnyOf: []*Schema{s, {Const: word}}, Description: text}
		}
	}
	s.Description = text
	return s
}

func numberSchema(t reflect.Type, tag fieldTag) *Schema {
	bits := t.Bits()
	switch {
	case tag.has("thousandths"):
		return &Schema{Type: []string{"number", "string"}, Minimum: 0, Maximum: 0.999}
	case tag.limits != nil:
		return Integer(tag.limits[0], tag.limits[1])
	case t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uint64:
		return Integer(0, uint64(1)<<(bits-1)<<1-1)
	}
	return Integer(-int64(1)<<(bits-1), int64(1)<<(bits-1)-1)
}

// Integer is the schema of a number, which may also be in a string, in base 16 after "0x".
func Integer(low, high any) *Schema {
	return &Schema{Type: []string{"integer", "string"}, Minimum: low, Maximum: high}
}
