package topology

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain returns s with all that does not print, and the backslash, as Go
// writes them in strings. The kernel allows any bytes in names but for slashes,
// colons and white space; none must reach a terminal as a control sequence.
func plain(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r == '\\' || !unicode.IsPrint(r):
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
		s = s[size:]
	}
	return b.String()
}

// mermaidText returns s for a quoted label of Mermaid, in which # begins the
// number of a character, and most else may have a meaning.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" -_.,:/()[]+@%", r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}

// dotText returns s for a quoted label of the DOT language, in which the
// backslash begins an escape.
var dotText = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace

// xmlText returns s for XML, in text and in quoted attributes.
var xmlText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace
