package nlmon_test

import (
	"bytes"
	"encoding/hex"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// TestKeysAreCaptured has `ip` give a MACsec link its keys while a capture is going
// on: the file holds them, as the documents say.
func TestKeysAreCaptured(t *testing.T) {
	testutil.Need(t, iplink.KindMACsec)
	const sent, received = "0123456789abcdef0fedcba987654321", "56781234abcd0123f00dfeedcafe1234"
	ns := monitored(t)
	testutil.IPBatch(t, ns, "link add eth1 type veth peer name eth2", "link add sec0 link eth1 type macsec port 7",
		"macsec add sec0 rx sci 0200000000770077")
	c := begin(t, ns, nil)
	testutil.IPBatch(t, ns, "macsec add sec0 tx sa 1 pn 9 on key 01 "+sent,
		"macsec add sec0 rx sci 0200000000770077 sa 2 pn 9 on key 02 "+received)
	c.end(t)
	for _, key := range []string{sent, received} {
		raw, err := hex.DecodeString(key)
		must(t, err)
		if !bytes.Contains(c.bytes(), raw) {
			t.Errorf("the capture lacks the key %s", key)
		}
	}
}

// TestKeysAreWarnedOf reads the documents of what captures: each warns of keys.
func TestKeysAreWarnedOf(t *testing.T) {
	docs := map[string]string{}
	for _, path := range []string{"nlmon.go", "capture.go", "packet.go", "../nlmon.go"} {
		readDocs(t, path, docs)
	}
	for _, name := range []string{"package nlmon", "Capture", "Packets", "Packet", "Nlmon", "New"} {
		if !strings.Contains(docs[name], " keys") {
			t.Errorf("the document of %s does not warn of keys: %q", name, docs[name])
		}
	}
	for _, path := range []string{"../README.md", "../SECURITY.md"} {
		text, err := os.ReadFile(path)
		must(t, err)
		if line := lineWith(string(text), "nlmon.Capture`"); !strings.Contains(line, "keys") {
			t.Errorf("%s does not warn of keys: %q", path, line)
		}
	}
}

// readDocs adds the comments of a file's package, functions and types to docs.
func readDocs(t *testing.T, path string, docs map[string]string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	must(t, err)
	docs["package "+file.Name.Name] += file.Doc.Text()
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				docs[d.Name.Name] = d.Doc.Text()
			}
		case *ast.GenDecl:
			if s, ok := d.Specs[0].(*ast.TypeSpec); ok {
				docs[s.Name.Name] = d.Doc.Text()
			}
		}
	}
}

// lineWith returns the first line that holds a word, empty if none does.
func lineWith(text, word string) string {
	for line := range strings.SplitSeq(text, "\n") {
		if strings.Contains(line, word) {
			return line
		}
	}
	return ""
}
