package attr

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/iplink-go/iplink/internal/words"
)

// A WordReader is a Payload that reads the words that AppendWords writes. word is the one
// that begins the value: the name of the row, or one of Begins.
type WordReader interface {
	Payload
	ReadWords(word string, args *words.Args) error
}

// A Beginner is a WordReader of a row without a name: the words that can begin its value.
type Beginner interface {
	WordReader
	Begins() []string
}

// A Reader reads settings in the words of iproute2 into the values of a table.
type Reader struct {
	entries []entry
	fields  []Field
	set     *Set
	refs    *[]Ref
}

// An entry is a word that begins a setting.
type entry struct {
	word, rest string // "ttl inherit" has the rest "inherit"
	field      int
	how        meaning
}

// meaning is the meaning of a word.
type meaning uint8

const (
	named   meaning = iota // the name of a row, with a value
	negated                // the name of a row without a value, after "no"
	noLink                 // the word for no link
	valued                 // the value of a row without a name
)

// A Scope selects rows of a table for a Reader.
type Scope struct {
	Without Set    // rows that are not read
	Prefix  string // of the names that are read; it is left out
	Bare    bool   // with rows that `ip` has no word for, and other programs have
}

// NewReader returns a reader of the settings in t, which adds the members that it reads to
// set and refs.
func NewReader(set *Set, refs *[]Ref, t Table, scope Scope) *Reader {
	r := &Reader{set: set, refs: refs}
	new(Codec).Fields(t, func(row *Field) {
		f := *row
		name, ok := strings.CutPrefix(f.Name, scope.Prefix)
		if !ok || scope.Without.Has(f.Type) || f.props.are(wordless) && !scope.Bare {
			return
		}
		f.Name = name
		r.fields = append(r.fields, f)
		r.enter(len(r.fields) - 1)
	})
	return r
}

// enter adds the words that begin a setting.
func (r *Reader) enter(i int) {
	f := &r.fields[i]
	add := func(how meaning, all ...string) {
		for _, name := range all {
			word, rest, _ := strings.Cut(name, " ")
			r.entries = append(r.entries, entry{word, rest, i, how})
		}
	}
	if f.props.are(unnamed) {
		add(valued, f.begins()...)
		return
	}
	add(named, f.Name)
	_, rest, _ := strings.Cut(f.Name, " ")
	for _, other := range f.synonyms() {
		add(named, strings.TrimSpace(other+" "+rest))
	}
	switch state := !strings.Contains(f.Name, " ") && !f.props.are(writeOnly); {
	case f.form == asBool || f.form == asFlag && state:
		add(negated, "no"+f.Name)
	case f.form == asIndex && f.none != "":
		add(noLink, f.none)
	}
}

// begins returns the words that begin the value of a row without a name.
func (f *Field) begins() []string {
	if b, ok := f.payload.(Beginner); ok {
		return b.Begins()
	}
	if f.words != nil {
		return strings.Split(f.words.list(), ", ")
	}
	return nil
}

// synonyms returns the other names of the row.
func (f *Field) synonyms() []string {
	return slices.DeleteFunc(strings.Fields(f.takes), func(word string) bool { return strings.Contains(word, "=") })
}

// valueOf returns the number that a word stands for.
func (f *Field) valueOf(word string) (uint64, bool) {
	for _, pair := range strings.Fields(f.takes) {
		if name, number, ok := strings.Cut(pair, "="); ok && name == word {
			return words.Number(number, 64)
		}
	}
	return 0, false
}

// Words returns the words that can begin a setting.
func (r *Reader) Words() (all []string) {
	for _, e := range r.entries {
		all = append(all, e.word)
	}
	return all
}

// Knows reports whether a setting begins with a word, which is not abbreviated.
func (r *Reader) Knows(word string) bool {
	return slices.ContainsFunc(r.entries, func(e entry) bool { return e.word == word })
}

// Read reads the setting that the last word begins, and returns its member. It reports
// false if the word begins no setting.
func (r *Reader) Read(word string, args *words.Args) (member uint16, known bool, err error) {
	full, ok := r.match(word)
	if !ok {
		return 0, false, nil
	}
	e, err := r.choose(full, args)
	if err != nil {
		return 0, true, err
	}
	f := &r.fields[e.field]
	*r.refs = DropRef(*r.refs, f.Type)
	r.set.Add(f.Type)
	return f.Type, true, r.readEntry(f, e, args)
}

// match returns the word that an abbreviation stands for. Older words come first: `ip` takes
// no abbreviations of newer ones.
func (r *Reader) match(word string) (string, bool) {
	if r.Knows(word) {
		return word, true
	}
	var older, newer []string
	for _, e := range r.entries {
		if r.fields[e.field].props.since == (Version{}) {
			older = append(older, e.word)
		} else {
			newer = append(newer, e.word)
		}
	}
	return words.Match(word, append(older, newer...))
}

// choose returns the entry for a word and, if it has one, its second word.
func (r *Reader) choose(word string, args *words.Args) (entry, error) {
	var rests []string
	first := -1
	for i, e := range r.entries {
		switch {
		case e.word != word:
		case e.rest != "" && args.Take(e.rest):
			return e, nil
		case e.rest != "":
			rests = append(rests, e.rest)
		case first < 0:
			first = i
		}
	}
	if first >= 0 {
		return r.entries[first], nil
	}
	if _, err := args.Value(); err != nil {
		return entry{}, err
	}
	return entry{}, args.Unknown(rests)
}

func (r *Reader) readEntry(f *Field, e entry, args *words.Args) error {
	switch {
	case e.how == noLink:
		*(*int)(f.at) = 0
		return nil
	case e.how == negated && f.form == asFlag:
		r.set.Remove(f.Type)
		*(*bool)(f.at) = false
		return nil
	case f.form == asBool, f.form == asFlag, f.form == asUnless:
		*(*bool)(f.at) = e.how != negated && f.form != asUnless
		return nil
	case f.form == asIndex:
		return r.readIndex(f, args)
	case f.form == asPayload:
		return f.readPayload(e.word, args)
	case e.how == valued:
		args.Back()
	}
	return f.read(args)
}

// readIndex reads the name of a link, or "if7" for the one with index 7.
func (r *Reader) readIndex(f *Field, args *words.Args) error {
	name, err := args.Value()
	if err != nil {
		return err
	}
	if v, ok := f.valueOf(name); ok {
		*(*int)(f.at) = int(v)
		return nil
	}
	if index, ok := LinkIndex(name); ok {
		*(*int)(f.at) = index
		return nil
	}
	*r.refs = SetRef(*r.refs, f.Type, name)
	return nil
}

// LinkIndex returns the index in a word such as "if7", which `ip` takes for a link.
func LinkIndex(word string) (int, bool) {
	number, ok := strings.CutPrefix(word, "if")
	if !ok || number == "" || number[0] == '0' {
		return 0, false
	}
	v, err := strconv.ParseUint(number, 10, 31)
	return int(v), err == nil
}

func (f *Field) readPayload(word string, args *words.Args) error {
	p, ok := f.payload.(WordReader)
	if !ok {
		return args.Fault("it cannot be given in words")
	}
	return p.ReadWords(word, args)
}

// read reads a value of one word, or a list of addresses.
func (f *Field) read(args *words.Args) error {
	switch f.form {
	case asNumber, asTime:
		return f.readNumber(args)
	case asEnum:
		return f.readEnum(args)
	case asSwitch:
		if v, ok := f.valueOf(args.Peek()); ok {
			args.Next()
			*(*bool)(f.at) = v != 0
			return nil
		}
		on, err := ReadSwitch(args)
		*(*bool)(f.at) = on
		return err
	case asText:
		return f.readText(args)
	case asHardware:
		return f.readHardware(args)
	case asAddr:
		return f.readAddr(args)
	}
	return f.readMACs(args)
}

// ReadSwitch reads "on" or "off", or a number.
func ReadSwitch(args *words.Args) (bool, error) {
	word, err := args.Value()
	if err != nil {
		return false, err
	}
	switch word {
	case "on", "1":
		return true, nil
	case "off", "0":
		return false, nil
	}
	return false, args.Unknown([]string{"on", "off"})
}

func (f *Field) readNumber(args *words.Args) error {
	word, err := args.Value()
	if err != nil {
		return err
	}
	v, ok := f.valueOf(word)
	if !ok {
		v, ok = f.number(word)
	}
	switch {
	case !ok:
		return args.Faultf("%q is not a number of %d bits%s", word, 8*f.format.bytes, f.alternatives())
	case f.bounded && (v < f.limits[0] || v > f.limits[1]):
		return args.Faultf("%s is not in %d…%d", word, f.limits[0], f.limits[1])
	case f.form == asNumber:
		f.store(v)
	case v > uint64(1<<63-1)/uint64(f.unit.of):
		return args.Faultf("%s is too long a time", word)
	default:
		*(*time.Duration)(f.at) = time.Duration(v) * f.unit.of
	}
	return nil
}

// number reads a number in the notation of the row.
func (f *Field) number(word string) (uint64, bool) {
	bits := 8 * f.format.bytes
	switch {
	case f.format.signed:
		v, ok := words.Signed(word, bits)
		return uint64(v), ok
	case f.props.are(base16):
		return words.Hex(word, bits)
	case f.format == &be32:
		v, ok := words.Key(word)
		return uint64(v), ok
	}
	return words.Number(word, bits)
}

// alternatives lists the words that may be in place of a number.
func (f *Field) alternatives() string {
	var all []string
	for _, pair := range strings.Fields(f.takes) {
		if name, _, ok := strings.Cut(pair, "="); ok {
			all = append(all, name)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf(", and not %s", strings.Join(all, ", "))
}

// store stores a number in the field.
func (f *Field) store(v uint64) {
	switch f.format.bytes {
	case 1:
		*(*uint8)(f.at) = uint8(v)
	case 2:
		*(*uint16)(f.at) = uint16(v)
	case 4:
		*(*uint32)(f.at) = uint32(v)
	default:
		*(*uint64)(f.at) = v
	}
}

// readEnum reads a word of the enumeration, or the number of one.
func (f *Field) readEnum(args *words.Args) error {
	word, err := args.Value()
	if err != nil {
		return err
	}
	v, ok := f.valueOf(word)
	if !ok {
		v, ok = f.words.find(word)
	}
	if n, is := words.Number(word, 8*f.format.bytes); !ok && is {
		_, ok = f.words.of(n)
		v = n
	}
	if !ok {
		return args.Unknown(strings.Split(f.words.list(), ", "))
	}
	f.store(v)
	return nil
}

// find returns the value of a word.
func (w Words) find(word string) (uint64, bool) {
	i := slices.IndexFunc(w, func(known string) bool { return strings.EqualFold(known, word) })
	return uint64(max(i, 0)), i >= 0 && word != ""
}

func (w sparseWords[T]) find(word string) (uint64, bool) {
	for v, known := range w {
		if strings.EqualFold(known, word) {
			return uint64(v), true
		}
	}
	return 0, false
}

func (f *Field) readText(args *words.Args) error {
	text, err := args.Value()
	switch {
	case err != nil:
		return err
	case f.size > 0 && len(text) > f.size:
		return args.Faultf("%d bytes, where at most %d fit", len(text), f.size)
	case strings.IndexByte(text, 0) >= 0:
		return args.Fault("a NUL byte does not fit a request")
	}
	*(*string)(f.at) = text
	return nil
}

func (f *Field) readHardware(args *words.Args) error {
	b, err := args.HardwareAddr()
	switch {
	case err != nil:
		return err
	case f.size > 0 && len(b) != f.size:
		return args.Faultf("%d bytes, where the address has %d", len(b), f.size)
	}
	*(*net.HardwareAddr)(f.at) = b
	return nil
}

func (f *Field) readAddr(args *words.Args) error {
	a, err := args.Addr()
	if err != nil {
		return err
	}
	if f.size == 16 && a == netip.IPv4Unspecified() {
		a = netip.IPv6Unspecified()
	}
	if f.size > 0 && a.BitLen() != 8*f.size {
		return args.Faultf("%v is of the other family: the link has addresses of %d bytes", a, f.size)
	}
	*(*netip.Addr)(f.at) = a
	return nil
}

// readMACs reads all addresses that follow.
func (f *Field) readMACs(args *words.Args) error {
	var all []net.HardwareAddr
	for args.More() {
		b, ok := words.HardwareAddr(args.Peek())
		if !ok || len(b) != macLen {
			break
		}
		args.Next()
		all = append(all, b)
	}
	*(*[]net.HardwareAddr)(f.at) = all
	return nil
}
