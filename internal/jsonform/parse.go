package jsonform

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/iplink-go/iplink/internal/words"
)

// mostDepth is the number of lists and objects that may contain each other.
const mostDepth = 16

// Parse reads a JSON text, RFC 8259, of one value. Names that an object has twice, invalid
// UTF-8 and deep nesting are errors.
func Parse(text []byte) (*Node, error) {
	p := parser{text: string(text), line: 1}
	n, err := p.value(nil, 0)
	if err != nil {
		return nil, err
	}
	if p.space(); p.at < len(p.text) {
		return nil, p.fault("the text goes on after the value")
	}
	return n, nil
}

type parser struct {
	text        string
	at          int
	line, start int // the line, and the offset of its first byte
}

func (p *parser) fault(text string) error {
	return &words.Fault{Word: words.Word{Line: p.line, Column: p.at - p.start + 1}, Text: text}
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case '\n':
			p.line, p.start = p.line+1, p.at+1
		case ' ', '\t', '\r':
		default:
			return
		}
		p.at++
	}
}

// next returns the next byte that is not white space, or 0 at the end.
func (p *parser) next() byte {
	if p.space(); p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

// take reads a byte after white space, if it is the next one.
func (p *parser) take(c byte) bool {
	if p.next() != c {
		return false
	}
	p.at++
	return true
}

func (p *parser) value(parent *Node, depth int) (*Node, error) {
	c := p.next()
	n := &Node{line: p.line, column: p.at - p.start + 1, parent: parent}
	var err error
	switch {
	case depth >= mostDepth && (c == '{' || c == '['):
		return nil, p.fault("lists and objects are nested more than " + strconv.Itoa(mostDepth) + " deep")
	case c == '{':
		n.Kind = Object
		err = p.object(n, depth)
	case c == '[':
		n.Kind = List
		err = p.list(n, depth)
	case c == '"':
		n.Kind = Text
		n.Text, err = p.quoted()
	case c == '-' || c >= '0' && c <= '9':
		n.Kind = Number
		n.Text, err = p.number()
	default:
		n.Kind, n.Text, err = p.literal()
	}
	return n, err
}

func (p *parser) literal() (Kind, string, error) {
	for _, known := range []struct {
		text string
		kind Kind
	}{{"true", Bool}, {"false", Bool}, {"null", Null}} {
		if strings.HasPrefix(p.text[p.at:], known.text) {
			p.at += len(known.text)
			return known.kind, known.text, nil
		}
	}
	if p.at == len(p.text) {
		return Null, "", p.fault("the text ends where a value is due")
	}
	return Null, "", p.fault("it is not a JSON value")
}

func (p *parser) object(n *Node, depth int) error {
	p.at++
	if p.take('}') {
		return nil
	}
	seen := map[string]bool{}
	for {
		if err := p.member(n, depth, seen); err != nil {
			return err
		}
		if p.take('}') {
			return nil
		}
		if !p.take(',') {
			return p.fault("a comma or the end of the object is due")
		}
	}
}

func (p *parser) member(n *Node, depth int, seen map[string]bool) error {
	if p.next() != '"' {
		return p.fault("the name of a member is due, in quotes")
	}
	key := words.Word{Line: p.line, Column: p.at - p.start + 1}
	name, err := p.quoted()
	if err != nil {
		return err
	}
	key.Text = name
	if seen[name] {
		return n.MemberFault(&Member{Name: name, Key: key}, "it is there twice")
	}
	seen[name] = true
	if !p.take(':') {
		return p.fault("a colon is due")
	}
	value, err := p.value(n, depth+1)
	if err != nil {
		return err
	}
	value.name = name
	n.Members = append(n.Members, Member{name, key, value})
	return nil
}

func (p *parser) list(n *Node, depth int) error {
	p.at++
	if p.take(']') {
		return nil
	}
	for {
		item, err := p.value(n, depth+1)
		if err != nil {
			return err
		}
		item.index = len(n.Items)
		n.Items = append(n.Items, item)
		if p.take(']') {
			return nil
		}
		if !p.take(',') {
			return p.fault("a comma or the end of the list is due")
		}
	}
}

// number reads a number, whose notation RFC 8259 describes.
func (p *parser) number() (string, error) {
	from := p.at
	digits := func() bool {
		start := p.at
		for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
			p.at++
		}
		return p.at > start
	}
	one := func(set string) bool {
		ok := p.at < len(p.text) && strings.IndexByte(set, p.text[p.at]) >= 0
		if ok {
			p.at++
		}
		return ok
	}
	one("-")
	ok := one("0") || digits()
	if ok && one(".") {
		ok = digits()
	}
	if ok && one("eE") {
		one("+-")
		ok = digits()
	}
	if !ok {
		return "", p.fault("the number is not complete")
	}
	return p.text[from:p.at], nil
}

// quoted reads a string.
func (p *parser) quoted() (string, error) {
	p.at++
	from := p.at
	for p.at < len(p.text) && p.text[p.at] != '"' && p.text[p.at] != '\\' && p.text[p.at] >= ' ' {
		p.at++
	}
	if p.at < len(p.text) && p.text[p.at] == '"' {
		text := p.text[from:p.at]
		p.at++
		return p.valid(text)
	}
	var b strings.Builder
	b.WriteString(p.text[from:p.at])
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return p.valid(b.String())
		case c < ' ':
			return "", p.fault("a control character in a string takes an escape")
		case c == '\\':
			if err := p.escape(&b); err != nil {
				return "", err
			}
		default:
			b.WriteByte(c)
			p.at++
		}
	}
	return "", p.fault("the string is not closed")
}

func (p *parser) valid(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", p.fault("the string is not valid UTF-8")
	}
	return text, nil
}

// escapes are the letters after a backslash and the bytes that they stand for.
const escapes, escaped = `"\/bfnrt`, "\"\\/\b\f\n\r\t"

func (p *parser) escape(b *strings.Builder) error {
	if p.at+1 >= len(p.text) {
		return p.fault("the string is not closed")
	}
	c := p.text[p.at+1]
	if i := strings.IndexByte(escapes, c); i >= 0 {
		b.WriteByte(escaped[i])
		p.at += 2
		return nil
	}
	r, ok := p.unit()
	if c != 'u' || !ok {
		return p.fault("it is not an escape of JSON")
	}
	p.at += 6
	switch low, more := p.unit(); {
	case r < 0xd800 || r > 0xdfff:
		b.WriteRune(r)
	case r > 0xdbff || !more || low < 0xdc00 || low > 0xdfff:
		return p.fault("half of a character is escaped")
	default:
		b.WriteRune((r-0xd800)<<10 + low - 0xdc00 + 0x10000)
		p.at += 6
	}
	return nil
}

// unit returns the number in an escape such as \u00e9.
func (p *parser) unit() (rune, bool) {
	if !strings.HasPrefix(p.text[p.at:], `\u`) || len(p.text) < p.at+6 {
		return 0, false
	}
	v, err := strconv.ParseUint(p.text[p.at+2:p.at+6], 16, 16)
	return rune(v), err == nil
}
