// Package words reads commands word by word, as a shell splits them.
package words

import (
	"fmt"
	"slices"
	"strings"
)

// A Word is a word of a command, without quotes, and its place in the text: a line and a
// column in bytes, both from 1.
type Word struct {
	Text         string
	Line, Column int
}

// Args are the words of a command that are not read yet.
type Args struct {
	words  []Word
	at     int
	end    Word // the place after the last word
	hidden bool // the words may be keys
}

// NewArgs returns the words of a command. end is the place after it.
func NewArgs(all []Word, end Word) *Args {
	return &Args{words: all, end: end}
}

// More reports whether there is another word.
func (a *Args) More() bool {
	return a.at < len(a.words)
}

// Peek returns the next word without reading it, or an empty string at the end.
func (a *Args) Peek() string {
	return a.PeekAt(0)
}

// PeekAt returns the word that n others precede, or an empty string.
func (a *Args) PeekAt(n int) string {
	if a.at+n >= len(a.words) {
		return ""
	}
	return a.words[a.at+n].Text
}

// Next reads a word. It returns an empty one at the end.
func (a *Args) Next() string {
	if !a.More() {
		return ""
	}
	a.at++
	return a.words[a.at-1].Text
}

// Take reads the next word if it is the given one.
func (a *Args) Take(word string) bool {
	if !a.More() || a.Peek() != word {
		return false
	}
	a.at++
	return true
}

// Back makes the last word the next one again.
func (a *Args) Back() {
	a.at--
}

// Value reads the value of the last word.
func (a *Args) Value() (string, error) {
	if !a.More() {
		return "", &Fault{Word: a.end, Text: "the command ends after " + quote(a.last().Text) + ", where a word is missing"}
	}
	return a.Next(), nil
}

// last returns the word that was read last, or the end of the command.
func (a *Args) last() Word {
	if a.at == 0 || a.at > len(a.words) {
		return a.Here()
	}
	return a.words[a.at-1]
}

// Here returns the next word, or the end of the command.
func (a *Args) Here() Word {
	if a.More() {
		return a.words[a.at]
	}
	return a.end
}

// First returns the first word of the command.
func (a *Args) First() Word {
	if len(a.words) == 0 {
		return a.end
	}
	return a.words[0]
}

// Hide keeps the words that follow out of faults: they may be keys.
func (a *Args) Hide(hidden bool) {
	a.hidden = hidden
}

// A Fault is an error at a word of a command.
type Fault struct {
	Word    Word
	Text    string
	Nearest string   // the known word that is most like it, or empty
	Allowed []string // the words that may stand there
	Path    string   // the place inside a JSON value, or empty
}

// Error returns the text.
func (f *Fault) Error() string { return f.Text }

// Fault returns an error about the last word.
func (a *Args) Fault(text string) error {
	w := a.last()
	if a.hidden {
		w.Text = ""
	}
	return &Fault{Word: w, Text: text}
}

// Faultf is Fault with a format.
func (a *Args) Faultf(format string, args ...any) error {
	return a.Fault(fmt.Sprintf(format, args...))
}

// Missing returns an error about the end of the command.
func (a *Args) Missing(thing string) error {
	return &Fault{Word: a.end, Text: "the command lacks " + thing}
}

// Unknown returns an error about the last word, which is not one of those that may stand
// there.
func (a *Args) Unknown(allowed []string) error {
	if a.hidden {
		return a.Fault("this word is not known here")
	}
	return UnknownText(a.last(), allowed)
}

// UnknownText returns an error about a word that is not one of those that may stand there.
func UnknownText(w Word, allowed []string) *Fault {
	allowed = slices.Compact(slices.Sorted(slices.Values(allowed)))
	f := &Fault{Word: w, Allowed: allowed}
	f.Suggest(Nearest(w.Text, allowed))
	return f
}

// Suggest makes the fault about a word that is not known, and asks for another one unless
// that is empty.
func (f *Fault) Suggest(nearest string) {
	f.Nearest, f.Text = nearest, quote(f.Word.Text)+" is not known here"
	if nearest != "" {
		f.Text += ": is it " + quote(nearest) + "?"
	}
}

func quote(word string) string {
	return fmt.Sprintf("%q", word)
}

// Match returns the word of list that word stands for: the same word, or else the first one
// that begins with it.
func Match(word string, list []string) (string, bool) {
	if slices.Contains(list, word) {
		return word, true
	}
	i := slices.IndexFunc(list, func(known string) bool { return word != "" && strings.HasPrefix(known, word) })
	if i < 0 {
		return "", false
	}
	return list[i], true
}

// longest is the length up to which words are compared by their letters.
const longest = 40

// Nearest returns the word of list that is most like word, or an empty string if none is.
func Nearest(word string, list []string) (nearest string) {
	if len(word) > longest {
		return ""
	}
	most := max(1, len(word)/3)
	best := 2*most + 2
	for _, known := range list {
		if len(known) > longest || abs(len(known)-len(word)) > most {
			continue
		}
		score := 2 * distance(word, known)
		if len(known) != len(word) {
			score++
		}
		if score < best {
			best, nearest = score, known
		}
	}
	return nearest
}

func abs(n int) int {
	return max(n, -n)
}

// distance returns the number of letters to insert, to remove, to replace or to exchange
// with the next one to make a of b.
func distance(a, b string) int {
	var rows [3][longest + 1]int
	two, one, now := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		one[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			now[j] = min(one[j]+1, now[j-1]+1, one[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], two[j-2]+1)
			}
		}
		two, one, now = one, now, two
	}
	return one[len(b)]
}

// Has reports whether a word that is not read yet is among the arguments.
func (a *Args) Has(word string) bool {
	return a.More() && slices.ContainsFunc(a.words[a.at:], func(w Word) bool { return w.Text == word })
}

// Cut removes the first occurrence of a word that is not read yet, and returns whether
// there was one.
func (a *Args) Cut(word string) bool {
	_, found := a.cut(word, 1)
	return found
}

// CutValue removes the first occurrence of a word that is not read yet with the word behind
// it, and returns the latter.
func (a *Args) CutValue(word string) (string, error) {
	value, found := a.cut(word, 2)
	if found && value == "" {
		return "", a.Missing("a value of " + quote(word))
	}
	return value, nil
}

// CutAfter removes the first word behind one or more of these, and returns it. It is
// empty if the next word is another.
func (a *Args) CutAfter(these ...string) string {
	rest := a.words[a.at:]
	i := slices.IndexFunc(rest, func(w Word) bool { return !slices.Contains(these, w.Text) })
	if i <= 0 {
		return ""
	}
	word := rest[i].Text
	a.words = slices.Delete(slices.Clone(a.words), a.at+i, a.at+i+1)
	return word
}

func (a *Args) cut(word string, n int) (last string, found bool) {
	i := slices.IndexFunc(a.words[a.at:], func(w Word) bool { return w.Text == word })
	if i < 0 {
		return "", false
	}
	i += a.at
	end := min(i+n, len(a.words))
	if end == i+n {
		last = a.words[end-1].Text
	}
	a.words = slices.Delete(slices.Clone(a.words), i, end)
	return last, true
}
