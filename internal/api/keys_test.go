package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// TestKeysAreWarnedOf reads the documents of what captures: each warns of keys.
func TestKeysAreWarnedOf(t *testing.T) {
	docs := map[string]string{}
	for _, path := range []string{"nlmon/nlmon.go", "nlmon/capture.go", "nlmon/packet.go", "nlmon/builder.go"} {
		readDocs(t, "../../"+path, docs)
	}
	for _, name := range []string{"package nlmon", "Capture", "Packets", "Packet", "Builder", "New"} {
		if !strings.Contains(docs[name], " keys") {
			t.Errorf("the document of %s does not warn of keys: %q", name, docs[name])
		}
	}
	for _, path := range []string{"README.md", "SECURITY.md"} {
		text, err := os.ReadFile("../../" + path)
		if err != nil {
			t.Fatal(err)
		}
		if line := lineWith(string(text), "nlmon.Capture`"); !strings.Contains(line, "keys") {
			t.Errorf("%s does not warn of keys: %q", path, line)
		}
	}
}

// readDocs adds the comments of a file's package, functions and types to docs.
func readDocs(t *testing.T, path string, docs map[string]string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
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
