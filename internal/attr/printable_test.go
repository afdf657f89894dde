package attr_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/testutil"
)

// oddNames are names that the kernel takes, with what is printed of them.
var oddNames = map[string]string{
	"eth0":          "eth0",
	"grün":          "grün",
	"a\x1b[31mb":    `a\x1b[31mb`,
	"tab\x7f":       `tab\x7f`,
	"back\\slash":   `back\slash`,
	"bell\a'quote'": `bell\a'quote'`,
	"\u202egpj":     `\u202egpj`,
}

func TestPrintable(t *testing.T) {
	for name, want := range oddNames {
		if got := attr.Printable(name); got != want {
			t.Errorf("%q is printed as %q, want %q", name, got, want)
		}
	}
	if a, b := attr.Printable("a\xff"), attr.Printable("a\xfe"); a != `a\xff` || b != `a\xfe` {
		t.Errorf("invalid bytes are printed as %q and %q", a, b)
	}
}

// TestQuoteInShell has shells read each name back: sh, which is one of POSIX only on
// many systems, and bash where there is one.
func TestQuoteInShell(t *testing.T) {
	for _, name := range []string{"sh", "bash"} {
		shell, err := exec.LookPath(name)
		if err != nil && name == "sh" {
			testutil.Skipf(t, "sh is missing")
		}
		if err == nil {
			quoteInShell(t, shell)
		}
	}
}

func quoteInShell(t *testing.T, shell string) {
	t.Helper()
	texts := []string{"100%d\x1b", "a\xff\xfeb", "ends in\x1b\n\n", "$(reboot)\x1b`reboot`"}
	for name := range oddNames {
		texts = append(texts, name)
	}
	for _, text := range texts {
		word := attr.Quote(text)
		if plain := strings.TrimRight(word, "'\n"); attr.Printable(plain) != plain {
			t.Errorf("%q does not print", word)
		}
		out, err := exec.Command(shell, "-c", "printf %s "+word).Output()
		if err != nil || string(out) != text {
			t.Errorf("%s is %q to %s, want %q: %v", word, out, shell, text, err)
		}
	}
}
