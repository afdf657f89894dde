package attr_test

import (
	"os/exec"
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
	if got := attr.Printable("a\xffb"); got == "a\xffb" {
		t.Errorf("%q is printed as it is", got)
	}
}

// TestQuoteInShell has a shell read each name back.
func TestQuoteInShell(t *testing.T) {
	shell, err := exec.LookPath("bash")
	if err != nil {
		testutil.Skipf(t, "bash is missing")
	}
	for name := range oddNames {
		word := attr.Quote(name)
		if attr.Printable(word) != word {
			t.Errorf("%q does not print", word)
		}
		out, err := exec.Command(shell, "-c", "printf %s "+word).Output()
		if err != nil || string(out) != name {
			t.Errorf("%s is %q to a shell, want %q: %v", word, out, name, err)
		}
	}
}
