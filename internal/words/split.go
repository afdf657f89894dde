package words

import "strings"

// Split splits a text into commands, which "&&", ";" and the ends of lines separate, and
// these into words. It knows quotes, backslashes, comments, and the escapes that the
// commands of this library contain; the other expansions of a shell are faults.
func Split(text string) ([]*Args, error) {
	s := splitter{text: text, line: 1}
	for s.at < len(s.text) {
		if err := s.step(); err != nil {
			return nil, err
		}
	}
	s.finish()
	return s.commands, nil
}

// A splitter reads a text byte by byte.
type splitter struct {
	text        string
	at          int
	line, start int // the line, and the offset of its first byte

	commands []*Args
	words    []Word
	word     strings.Builder
	open     bool // a word has begun
	from     Word // where it began
}

func (s *splitter) place() Word {
	return Word{Line: s.line, Column: s.at - s.start + 1}
}

// begin begins a word, unless one has begun.
func (s *splitter) begin() {
	if !s.open {
		s.open, s.from = true, s.place()
	}
}

func (s *splitter) add(c byte) {
	s.begin()
	s.word.WriteByte(c)
}

// endWord ends the word that has begun.
func (s *splitter) endWord() {
	if !s.open {
		return
	}
	s.from.Text = s.word.String()
	s.words = append(s.words, s.from)
	s.word.Reset()
	s.open = false
}

// finish ends a command.
func (s *splitter) finish() {
	end := s.place()
	s.endWord()
	if len(s.words) > 0 {
		s.commands = append(s.commands, NewArgs(s.words, end))
		s.words = nil
	}
}

func (s *splitter) newLine() {
	s.line, s.start = s.line+1, s.at
}

func (s *splitter) fault(text string) error {
	return &Fault{Word: s.place(), Text: text}
}

const noShell = "it takes a shell: the text is read without one"

// step reads a byte outside quotes, or a word in quotes.
func (s *splitter) step() error {
	c := s.text[s.at]
	switch {
	case c == '\n':
		s.finish()
		s.at++
		s.newLine()
		return nil
	case c == ' ' || c == '\t' || c == '\r':
		s.endWord()
	case c == '#' && !s.open:
		s.skipLine()
		return nil
	case c == ';':
		s.finish()
	case strings.HasPrefix(s.text[s.at:], "&&"):
		s.finish()
		s.at++
	case c == '\'':
		return s.single()
	case c == '"':
		return s.double()
	case c == '\\':
		return s.escape()
	case strings.IndexByte("$`|&<>()", c) >= 0:
		return s.fault(string(c) + ": " + noShell)
	default:
		s.add(c)
	}
	s.at++
	return nil
}

func (s *splitter) skipLine() {
	if n := strings.IndexByte(s.text[s.at:], '\n'); n >= 0 {
		s.at += n
	} else {
		s.at = len(s.text)
	}
}

// escape reads a backslash: the next byte stands for itself, and a line goes on.
func (s *splitter) escape() error {
	if s.at+1 == len(s.text) {
		return s.fault("a backslash ends the text")
	}
	s.at++
	if c := s.text[s.at]; c != '\n' {
		s.add(c)
		s.at++
		return nil
	}
	s.endWord()
	s.at++
	s.newLine()
	return nil
}

// single reads a text in single quotes.
func (s *splitter) single() error {
	s.begin()
	n := strings.IndexByte(s.text[s.at+1:], '\'')
	if n < 0 {
		return s.fault("a single quote is not closed")
	}
	inside := s.text[s.at+1:][:n]
	s.word.WriteString(inside)
	s.at += n + 2
	s.count(inside)
	return nil
}

// count counts the lines of a quoted text that ends one byte before the present one.
func (s *splitter) count(inside string) {
	if n := strings.Count(inside, "\n"); n > 0 {
		s.line += n
		s.start = s.at - 1 - (len(inside) - 1 - strings.LastIndexByte(inside, '\n'))
	}
}

// printed are the ends of a command substitution with the escapes of a name.
const printedBegin, printedEnd = "$(printf '", "')"

// double reads a text in double quotes.
func (s *splitter) double() error {
	s.begin()
	from := s.at + 1
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			s.count(s.text[from : s.at-1])
			return nil
		case strings.HasPrefix(s.text[s.at:], printedBegin):
			if err := s.printed(); err != nil {
				return err
			}
		case c == '$' || c == '`':
			return s.fault(string(c) + ": " + noShell)
		case c == '\\' && s.at+1 < len(s.text) && strings.IndexByte("\\\"$`", s.text[s.at+1]) >= 0:
			s.at++
			s.word.WriteByte(s.text[s.at])
		default:
			s.word.WriteByte(c)
		}
	}
	return s.fault("a double quote is not closed")
}

// printed reads a command substitution that prints octal escapes.
func (s *splitter) printed() error {
	rest := s.text[s.at+len(printedBegin):]
	n := strings.Index(rest, printedEnd)
	if n < 0 {
		return s.fault(noShell)
	}
	text, ok := unescape(rest[:n])
	if !ok {
		return s.fault("these escapes are not read: octal ones are")
	}
	s.word.WriteString(strings.TrimRight(text, "\n"))
	s.at += len(printedBegin) + n + len(printedEnd) - 1
	return nil
}

// unescape replaces octal escapes and doubled percent signs.
func unescape(text string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '%' && i+1 < len(text) && text[i+1] == '%':
			i++
			b.WriteByte(c)
		case c == '%' || c == '\'':
			return "", false
		case c != '\\':
			b.WriteByte(c)
		case i+3 < len(text) && isOctal(text[i+1:i+4]):
			b.WriteByte((text[i+1]-'0')<<6 | (text[i+2]-'0')<<3 | (text[i+3] - '0'))
			i += 3
		default:
			return "", false
		}
	}
	return b.String(), true
}

func isOctal(digits string) bool {
	return digits[0] <= '3' && strings.Trim(digits, "01234567") == ""
}
