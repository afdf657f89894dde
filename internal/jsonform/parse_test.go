package jsonform

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// texts are JSON texts and nearly such.
var texts = []string{
	`null`, `true`, `false`, `0`, `-0`, `12`, `012`, `1.`, `.5`, `-`, `1e5`, `1E-5`, `1e`, `-1.25e+07`, `"a"`, `""`, `"`, `"\"\\\/\b\f\n\r\t"`,
	`"\u00e9"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00"`, `"\ud83d\u0041"`, `"\u12"`, `"\x"`, "\"a\nb\"", "\"\xff\"", "\"é\"", `[]`, `[1]`, `[1,]`, `[,1]`, `[1 2]`,
	`{}`, `{"a":1}`, `{"a":1,}`, `{"a"}`, `{a:1}`, `{"a":{"b":[1,"x",{"c":null}]},"d":true}`, `{"a":1,"a":2}`, `nul`, `truex`, ` [ 1 , "a" ] `, `1 2`, ``, `[1`, `{"a":1`, "\t\r\n1",
}

// FuzzParse compares with encoding/json, which takes names that an object has twice, any
// depth and invalid UTF-8.
func FuzzParse(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := Parse(text)
		if err == nil != (json.Valid(text) && utf8.Valid(text) && !odd(text)) {
			t.Fatalf("%q: %v, where json.Valid reports %v", text, err, json.Valid(text))
		}
		if err != nil {
			return
		}
		var want any
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, plain(n)); diff != "" {
			t.Errorf("%q (-encoding/json +Parse):\n%s", text, diff)
		}
	})
}

// odd reports whether a valid text is deep, has a name twice, or half of a character as an
// escape.
func odd(text []byte) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	var depth, deepest int
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
			deepest = max(deepest, depth)
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return deepest > mostDepth || strings.Contains(string(text), `\u`) && halves(text) || twice(json.NewDecoder(bytes.NewReader(text)))
}

// halves reports whether encoding/json replaces half of a character.
func halves(text []byte) bool {
	var v any
	_ = json.Unmarshal(bytes.ReplaceAll(text, []byte("\ufffd"), []byte("?")), &v)
	b, _ := json.Marshal(v)
	return bytes.Contains(b, []byte("\ufffd")) || bytes.Contains(b, []byte(`\ufffd`))
}

// twice reports whether an object of the next value has a name twice.
func twice(d *json.Decoder) bool {
	token, err := d.Token()
	if err != nil {
		return false
	}
	had, again := map[string]bool{}, false
	for open, _ := token.(json.Delim); open != 0 && d.More(); {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return again
			}
			again = again || had[name.(string)]
			had[name.(string)] = true
		}
		again = twice(d) || again
	}
	if _, open := token.(json.Delim); open {
		_, _ = d.Token() // its end
	}
	return again
}

// plain converts a node to the values of encoding/json.
func plain(n *Node) any {
	switch n.Kind {
	case Bool:
		return n.Text == "true"
	case Number:
		return json.Number(n.Text)
	case Text:
		return n.Text
	case List:
		all := []any{}
		for _, item := range n.Items {
			all = append(all, plain(item))
		}
		return all
	case Object:
		all := map[string]any{}
		for _, m := range n.Members {
			all[m.Name] = plain(m.Value)
		}
		return all
	}
	return nil
}

// TestPlaces has the line, the column and the path of values and errors.
func TestPlaces(t *testing.T) {
	n, err := Parse([]byte("{\"a\": [1,\n  {\"b\": \"x\"}]}"))
	if err != nil {
		t.Fatal(err)
	}
	inner := n.Members[0].Value.Items[1].Members[0].Value
	if w := inner.Word(); w.Line != 2 || w.Column != 9 || w.Text != "x" || inner.Path() != "a[1].b" {
		t.Errorf("%+v at %s", w, inner.Path())
	}
	deep := strings.Repeat("[", mostDepth+1) + strings.Repeat("]", mostDepth+1)
	if _, err := Parse([]byte(deep)); err == nil {
		t.Error("deep nesting is read")
	}
}

// TestRead reads values of the kinds that settings have, and writes them.
func TestRead(t *testing.T) {
	for text, want := range map[string]any{
		`true`: true, `"on"`: true, `0`: false, `"off"`: false, `4660`: uint16(0x1234), `"0x1234"`: uint16(0x1234), `-7`: int8(-7),
		`"two words"`: "two words", `[1,2]`: []uint32{1, 2}, `[3,4]`: [2]uint8{3, 4},
	} {
		n, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		v := reflect.New(reflect.TypeOf(want))
		if err := Read(n, v.Interface()); err != nil || !reflect.DeepEqual(v.Elem().Interface(), want) {
			t.Errorf("%s is read as %v, %v", text, v.Elem(), err)
		}
		var w Writer
		w.Value(v.Interface())
		if again, err := Parse(w.B); err != nil || Read(again, v.Interface()) != nil || !reflect.DeepEqual(v.Elem().Interface(), want) {
			t.Errorf("%v is written as %s, %v", want, w.B, err)
		}
	}
	for text, into := range map[string]any{
		`2`: new(bool), `"yes"`: new(bool), `256`: new(uint8), `-1`: new(uint8), `1.5`: new(uint32), `128`: new(int8), `7`: new(string), `[1]`: new([2]uint8), `1`: new([]uint8), `null`: new(uint8),
	} {
		n, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := Read(n, into); err == nil {
			t.Errorf("%s is read as %T", text, into)
		}
	}
}
