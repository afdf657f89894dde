package team

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
)

var errUnsupported = errors.ErrUnsupported

// A value is a value of a JSON text with its position in the text. Unlike a map it
// preserves the order of an object's members.
type value struct {
	path    string
	key     string // in the enclosing object
	kind    kind
	text    string // of a string, number or boolean
	members []*value
}

type kind string

const (
	objectKind kind = "an object"
	arrayKind  kind = "a list"
	stringKind kind = "a text"
	numberKind kind = "a number"
	boolKind   kind = "true or false"
	nullKind   kind = "null"
)

// member returns the member of an object with a key, or nil if there is none.
func (v *value) member(key string) *value {
	for _, m := range v.members {
		if v.kind == objectKind && m.key == key {
			return m
		}
	}
	return nil
}

// parseJSON reads a text that consists of one value.
func parseJSON(text []byte) (*value, error) {
	p := jsonParser{json.NewDecoder(bytes.NewReader(text))}
	p.UseNumber()
	v := &value{}
	if err := p.value(v, 0); err != nil {
		return nil, p.explain(err)
	}
	if _, err := p.Token(); err != io.EOF {
		return nil, configError("", fs.ErrInvalid, "there is more behind the configuration, at byte %d", p.InputOffset())
	}
	return v, nil
}

type jsonParser struct{ *json.Decoder }

// explain adds the position to an error of the decoder.
func (p jsonParser) explain(err error) error {
	if known, ok := err.(interface{ Unwrap() error }); ok && errors.Is(known.Unwrap(), fs.ErrInvalid) {
		return err
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return configError("", fs.ErrInvalid, "at byte %d: %v", p.InputOffset(), err)
}

// mostDepth exceeds the depth of any real configuration.
const mostDepth = 16

func (p jsonParser) value(v *value, depth int) error {
	if depth > mostDepth {
		return configError(v.path, fs.ErrInvalid, "is nested more than %d deep", mostDepth)
	}
	token, err := p.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case json.Delim:
		return p.nested(v, token, depth)
	case string:
		v.kind, v.text = stringKind, token
	case json.Number:
		v.kind, v.text = numberKind, token.String()
	case bool:
		v.kind, v.text = boolKind, strconv.FormatBool(token)
	default:
		v.kind = nullKind
	}
	return nil
}

// nested reads the members of an object or the elements of a list.
func (p jsonParser) nested(v *value, begin json.Delim, depth int) error {
	v.kind = arrayKind
	if begin == '{' {
		v.kind = objectKind
	}
	for p.More() {
		m := &value{path: fmt.Sprintf("%s[%d]", v.path, len(v.members))}
		if v.kind == objectKind {
			if err := p.key(v, m); err != nil {
				return err
			}
		}
		if err := p.value(m, depth+1); err != nil {
			return err
		}
		v.members = append(v.members, m)
	}
	_, err := p.Token()
	return err
}

// key reads the key of a member.
func (p jsonParser) key(v, m *value) error {
	token, err := p.Token()
	if err != nil {
		return err
	}
	m.key, _ = token.(string)
	m.path = m.key
	if v.path != "" {
		m.path = v.path + "." + m.key
	}
	if v.member(m.key) != nil {
		return configError(m.path, fs.ErrInvalid, "is there twice")
	}
	return nil
}

func (d *configDecoder) text(v *value) string {
	if v.kind != stringKind {
		d.fail(v, "is %s, not a text", v.kind)
		return ""
	}
	return v.text
}

func (d *configDecoder) boolean(v *value) bool {
	if v.kind != boolKind {
		d.fail(v, "is %s, not true or false", v.kind)
	}
	return v.text == "true"
}

func (d *configDecoder) integer(v *value, least, most int64) int64 {
	if v.kind != numberKind {
		d.fail(v, "is %s, not a number", v.kind)
		return least
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	if err != nil || n < least || n > most {
		d.fail(v, "%s is not in %d…%d", v.text, least, most)
	}
	return n
}

// oneOf returns the position of a text among words.
func (d *configDecoder) oneOf(v *value, words []string) int {
	text := d.text(v)
	n := slices.Index(words, text)
	if n < 0 {
		d.fail(v, "%q is not one of %v", text, words)
		return 0
	}
	return n
}

func (d *configDecoder) elements(v *value) []*value {
	if v.kind != arrayKind {
		d.fail(v, "is %s, not a list", v.kind)
		return nil
	}
	return v.members
}
