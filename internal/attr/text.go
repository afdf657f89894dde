package attr

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"github.com/iplink-go/iplink/internal/wire"
)

// Text is a row for a string of at most limit bytes, sent with a final NUL.
func Text(c *Codec, typ uint16, name string, v *string, limit int) {
	if c.due[typ] {
		c.text(typ, name, v, limit, wire.AppendString)
	}
}

// Bytes is a row for a string of at most limit bytes, sent without a NUL.
func Bytes(c *Codec, typ uint16, name string, v *string, limit int) {
	if c.due[typ] {
		c.text(typ, name, v, limit, wire.AppendText)
	}
}

func (c *Codec) text(typ uint16, name string, v *string, limit int, encode func([]byte, uint16, string) []byte) {
	if !c.row(typ, 0, name, "string") {
		return
	}
	switch c.mode {
	case decoding:
		if data, ok := c.payload(typ); ok {
			*v = wire.CString(data)
		}
	case checking:
		c.checkText(name, *v, limit)
	case printing:
		c.buf = append(c.word(name), Quote(*v)...)
	case reading:
		c.give(asText, unsafe.Pointer(v), limit)
	case surveying:
		c.note(typ, unsafe.Pointer(v), text, 0, nil)
	default:
		c.buf = encode(c.buf, typ, *v)
		c.mark(typ, name)
	}
}

func (c *Codec) checkText(name, v string, limit int) {
	if len(v) > limit {
		c.outOfRange(name, "%d bytes, where at most %d fit", len(v), limit)
	}
	if strings.IndexByte(v, 0) >= 0 {
		c.fail(name, "a NUL byte cannot be told to the kernel")
	}
}

// Printable returns s with non-printing characters escaped as in Go strings. The
// kernel allows any bytes in names except slashes, colons and white space; none may
// reach a terminal as a control sequence.
func Printable(s string) string {
	if !hidden(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if unicode.IsPrint(r) && r != utf8.RuneError {
			b.WriteRune(r)
		} else {
			quoted := strconv.QuoteToASCII(s[:size])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		s = s[size:]
	}
	return b.String()
}

// hidden reports whether s contains a non-printing character.
func hidden(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) })
}

// escaped returns s as one word of any POSIX shell, with an octal escape for each
// byte that is not a printable ASCII character. Trailing newlines follow the command
// substitution, because a shell strips them from a command's output.
func escaped(s string) string {
	var b strings.Builder
	body := strings.TrimRight(s, "\n")
	b.WriteString(`"$(printf '`)
	for i := range len(body) {
		switch c := body[i]; {
		case c == '%':
			b.WriteString("%%")
		case c == '\'' || c == '\\' || c < ' ' || c > '~':
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteString(`')"`)
	if end := s[len(body):]; end != "" {
		b.WriteString("'" + end + "'")
	}
	return b.String()
}

// Quote returns s as one shell word.
func Quote(s string) string {
	safe := func(r rune) bool {
		return r < 0x80 && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' ||
			strings.ContainsRune("@%+=:,./-_", r))
	}
	if s != "" && strings.TrimFunc(s, safe) == "" {
		return s
	}
	if hidden(s) {
		return escaped(s)
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Words are the words of an enumeration, indexed by value. A value without a word
// has an empty string.
type Words []string

// Word returns the word for v, or its number if it has none.
func Word[T ~uint8 | ~uint16 | ~uint32](words Words, v T) string {
	if word, ok := words.of(uint64(v)); ok {
		return word
	}
	return strconv.FormatUint(uint64(v), 10)
}

func (w Words) of(v uint64) (string, bool) {
	if v >= uint64(len(w)) || w[v] == "" {
		return "", false
	}
	return w[v], true
}

// vocabulary is the set of words of an enumeration.
type vocabulary interface {
	of(v uint64) (string, bool)
	list() string // separated by commas
	find(word string) (uint64, bool)
}

// sparseWords are words for values that are too sparse for a slice.
type sparseWords[T ~uint16] map[T]string

func (w sparseWords[T]) of(v uint64) (string, bool) {
	word, ok := w[T(v)]
	return word, ok
}

func (w sparseWords[T]) list() string {
	return strings.Join(slices.Sorted(maps.Values(w)), ", ")
}

func (w Words) list() string {
	var all []string
	for _, word := range w {
		if word != "" {
			all = append(all, word)
		}
	}
	return strings.Join(all, ", ")
}

// Enum is a row for a number with words. Check rejects values without a word. The
// width is the width of the field.
func Enum[T ~uint8 | ~uint16 | ~uint32](c *Codec, typ uint16, name string, v *T, words Words) {
	if c.due[typ] {
		enum(c, integer(unsafe.Sizeof(*v)), typ, name, v, words)
	}
}

// EnumBE16 is Enum for two bytes in network byte order, with values that are too
// sparse for a slice.
func EnumBE16[T ~uint16](c *Codec, typ uint16, name string, v *T, words map[T]string) {
	if c.due[typ] {
		enum(c, &be16, typ, name, v, sparseWords[T](words))
	}
}

func integer(size uintptr) *format {
	switch size {
	case 1:
		return &u8
	case 2:
		return &u16
	}
	return &u32
}

// enum is one for a number with words.
func enum[T number, W vocabulary](c *Codec, f *format, typ uint16, name string, v *T, words W) {
	if c.mode != checking && c.mode != printing && c.mode != reading {
		one(c, f, typ, name, v, nil)
		return
	}
	if !c.row(typ, 0, name, f.name) {
		return
	}
	if c.mode == reading {
		c.giveEnum(f, unsafe.Pointer(v), words)
		return
	}
	word, ok := words.of(uint64(*v))
	switch {
	case c.mode == printing:
		c.printEnum(name, uint64(*v), word)
	case !ok:
		c.refuse(f.unknown(), name, "%d is not one of %s", *v, words.list())
	}
}

// unknown returns the errno with which kernels reject an unknown number. Numbers in
// network byte order are protocols.
func (f *format) unknown() syscall.Errno {
	if f.big {
		return syscall.EPROTONOSUPPORT
	}
	return syscall.ERANGE
}

func (c *Codec) printEnum(name string, v uint64, word string) {
	if word == "" || c.props.are(numeric) {
		word = strconv.FormatUint(v, 10)
	}
	c.buf = append(c.word(name), word...)
}

// BitWords returns the words for the bits of v; bits without a word are given in
// base 16.
func BitWords(v uint32, words []string, separator string) string {
	var all []string
	for i, word := range words {
		if v>>i&1 != 0 {
			all = append(all, word)
			v &^= 1 << i
		}
	}
	if v != 0 {
		all = append(all, "0x"+strconv.FormatUint(uint64(v), 16))
	}
	return strings.Join(all, separator)
}

// ReadWord stores the value of a word, or of a number as Word returns it. The error names
// the sort of value and matches fs.ErrInvalid.
func ReadWord[T ~uint8 | ~uint16 | ~uint32](words Words, sort string, text []byte, v *T) error {
	if i := slices.Index(words, string(text)); i >= 0 && len(text) > 0 {
		*v = T(i)
		return nil
	}
	n, err := strconv.ParseUint(string(text), 10, int(unsafe.Sizeof(*v))*8)
	if err != nil {
		return fmt.Errorf("%q is not a %s, one of %s, or a number: %w", text, sort, words.list(), fs.ErrInvalid)
	}
	*v = T(n)
	return nil
}

// ReadBitWords stores the bits of words as BitWords returns them, separated by ",", "|" or
// spaces. The error names the sort of value and matches fs.ErrInvalid; a comma needs a word
// on either side.
func ReadBitWords[T ~uint8 | ~uint16 | ~uint32](words []string, sort string, text []byte, v *T) error {
	var all T
	for _, word := range bitWords(string(text)) {
		if i := slices.Index(words, word); word != "" && i >= 0 && i < 8*int(unsafe.Sizeof(*v)) {
			all |= 1 << i
			continue
		}
		n, err := strconv.ParseUint(word, 0, 8*int(unsafe.Sizeof(*v)))
		if err != nil {
			return fmt.Errorf("%q is not a %s, one of %s, or a number: %w", word, sort, Words(words).list(), fs.ErrInvalid)
		}
		all |= T(n)
	}
	*v = all
	return nil
}

// bitWords splits the text of ReadBitWords. A comma without a word on either side yields an
// empty word.
func bitWords(text string) (all []string) {
	if text == "" {
		return nil
	}
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "|", ","), ",") {
		words := strings.Fields(part)
		if len(words) == 0 {
			words = []string{""}
		}
		all = append(all, words...)
	}
	return all
}
