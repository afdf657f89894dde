package topology

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/iplink-go/iplink/internal/attr"
)

// plain returns s with the backslash, and characters that are not printable, escaped
// as in Go strings.
func plain(s string) string {
	return attr.Printable(strings.ReplaceAll(s, `\`, `\\`))
}

// mermaidText returns s for a quoted Mermaid label. There # introduces the number of
// a character, and most other punctuation may have a meaning.
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

// dotText returns s for a quoted label of the DOT language, which uses the backslash
// for escapes.
var dotText = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace

// xmlText returns s for XML, for text and for quoted attributes.
var xmlText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace
