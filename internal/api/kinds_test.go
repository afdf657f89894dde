package api_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFactsOfKinds demands that each fact of a kind stands in the kind's own files:
// no other file of package iplink may name a kind, its struct or its attributes. A small
// kind may share plain_kinds.go, an IP tunnel tunnel_kinds.go, and a tunnel in UDP
// udp_kinds.go.
func TestFactsOfKinds(t *testing.T) {
	list, err := os.ReadFile("../../kinds.go")
	if err != nil {
		t.Fatal(err)
	}
	var owners, names []string
	for _, m := range regexp.MustCompile(`(?m)^\tKind(\w+)\s+= "(\w+)"`).FindAllStringSubmatch(string(list), -1) {
		names, owners = append(names, m[1]), append(owners, m[2])
	}
	own := regexp.MustCompile(`^((` + strings.Join(owners, "|") + `)(_key|_port|_rules|_sa|_timing|_words)?|plain_kinds|tunnel_kinds|udp_kinds)\.go$`)
	kind := regexp.MustCompile(`\bKind(` + strings.Join(names, "|") + `)\b` +
		`|\b\w*(` + strings.Join(names, "|") + `)(Port)?Info\b` +
		`|\bIFLA_(BR|BRPORT|` + strings.ToUpper(strings.Join(names, "|")) + `)_\w+`)
	files, err := filepath.Glob("../../*.go")
	if err != nil {
		t.Fatal(err)
	}
	var owned strings.Builder
	for _, path := range files {
		file := filepath.Base(path)
		if strings.HasSuffix(file, "_test.go") || file == "kinds.go" {
			continue
		}
		code, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if own.MatchString(file) {
			owned.Write(code)
			continue
		}
		for i, line := range strings.Split(string(code), "\n") {
			line, _, _ = strings.Cut(line, "//")
			if found := kind.FindString(line); found != "" {
				t.Errorf("%s:%d: %s is a fact of a kind", file, i+1, found)
			}
		}
	}
	facts := regexp.MustCompile(`(?m)^\tKind\w+:\s+&(\w+),`).FindAllStringSubmatch(string(list), -1)
	if len(facts) != len(owners) {
		t.Errorf("%d of %d kinds have facts", len(facts), len(owners))
	}
	for _, m := range facts {
		if !regexp.MustCompile(`(?m)^(\t|var )` + m[1] + `\s+= kind\{`).MatchString(owned.String()) {
			t.Errorf("no file of a kind has %s", m[1])
		}
	}
}
