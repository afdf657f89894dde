package api_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFactsOfKinds demands that each fact of a kind stands in the kind's own files:
// no other file of package iplink may name a kind, its struct or its attributes.
func TestFactsOfKinds(t *testing.T) {
	list, err := os.ReadFile("../../kinds.go")
	if err != nil {
		t.Fatal(err)
	}
	var owners, names []string
	for _, m := range regexp.MustCompile(`(?m)^\tKind(\w+)\s+= "(\w+)"`).FindAllStringSubmatch(string(list), -1) {
		names, owners = append(names, m[1]), append(owners, m[2])
	}
	own := regexp.MustCompile(`^(` + strings.Join(owners, "|") + `)(_apply|_key|_pdp|_port|_rules|_sa|_timing|_words)?\.go$`)
	kind := regexp.MustCompile(`\bKind(` + strings.Join(names, "|") + `)\b` +
		`|\b\w*(` + strings.Join(names, "|") + `)(Port)?Info\b` +
		`|\bIFLA_(BR|BRPORT|` + strings.ToUpper(strings.Join(names, "|")) + `)_\w+`)
	files, err := filepath.Glob("../../*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, path := range files {
		file := filepath.Base(path)
		if strings.HasSuffix(file, "_test.go") || file == "kinds.go" {
			continue
		}
		if own.MatchString(file) {
			seen++
			continue
		}
		code, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(code), "\n") {
			line, _, _ = strings.Cut(line, "//")
			if found := kind.FindString(line); found != "" {
				t.Errorf("%s:%d: %s is a fact of a kind", file, i+1, found)
			}
		}
	}
	if seen < len(owners)-3 { // ipvtap, vcan and vxcan share the files of others
		t.Errorf("only %d files of kinds", seen)
	}
}
