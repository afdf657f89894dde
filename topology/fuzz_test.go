package topology

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// named returns a topology in which all that comes from elsewhere is text.
func named(text string) *Topology {
	id := "net:[1]" + text
	return &Topology{NetNS: []NetNS{
		{ID: id, Names: []string{text}, Err: text, Links: []Link{
			{Index: 1, Name: text, Kind: text, Detail: text, Peer: Ref{"net:[2]", 2}, Tunnel: Ref{text, 3}, Dev: Ref{id, 9}},
		}},
		{ID: "net:[2]", PID: 18, Command: text, Links: []Link{{Index: 2, Name: text, Kind: "veth", Peer: Ref{id, 1}}}},
	}}
}

// FuzzEscape has any text stay inside the label that it is in: the pictures
// keep their lines and their structure, and no control character gets out.
func FuzzEscape(f *testing.F) {
	for _, text := range []string{"eth0", `"`, `\`, `\"`, "]", "#quot;", "<b>&amp;", "\x1b[31m", "\n\r\t", "\xff\xfe", "%%{init}%%", "end", "--> x", "\u202e\u2028", "é☃", "a]]>b", "\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plainly, tricky := named("x"), named(text)
		for end, draw := range pictures {
			got, want := draw(tricky), draw(plainly)
			if strings.Count(got, "\n") != strings.Count(want, "\n") {
				t.Errorf("%s has other lines:\n%s", end, got)
			}
			if i := strings.IndexFunc(got, unprintable); i >= 0 || !utf8.ValidString(got) {
				t.Errorf("%s has an unprintable character at %d: %q", end, i, got)
			}
		}
		if got := shape(mermaidLabel, tricky.Mermaid()); got != shape(mermaidLabel, plainly.Mermaid()) {
			t.Errorf("Mermaid reads\n%s", got)
		}
		if got := shape(dotLabel, tricky.DOT()); got != shape(dotLabel, plainly.DOT()) {
			t.Errorf("DOT reads\n%s", got)
		}
		checkXML(t, tricky.SVG(), text)
	})
}

func unprintable(r rune) bool {
	return r != '\n' && r != '\t' && !unicode.IsPrint(r)
}

// What a quoted text is, to a reader of the language.
var (
	mermaidLabel = regexp.MustCompile(`"(?:[^"#<>;]|#\d+;|<br/>)*"`)
	dotLabel     = regexp.MustCompile(`"(?:[^"\\]|\\["\\n])*"`)
)

// shape returns what is left without the labels.
func shape(label *regexp.Regexp, picture string) string {
	return label.ReplaceAllString(picture, `""`)
}

// checkXML reads the image, and looks for the name of the second link, whose
// text is that and no more.
func checkXML(t *testing.T, image, text string) {
	t.Helper()
	var texts []string
	for d := xml.NewDecoder(strings.NewReader(image)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in %s", err, image)
		}
		if data, ok := token.(xml.CharData); ok {
			texts = append(texts, string(data))
		}
	}
	if want := "\n" + plain(text) + ": veth (down)\n"; !strings.Contains("\n"+strings.Join(texts, "\n")+"\n", want) {
		t.Errorf("no text %q in %q", want, texts)
	}
}
