package api_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"regexp"
	"strings"
	"testing"
)

const module = "github.com/iplink-go/iplink"

// TestArchitecture holds the imports of all packages against the list in
// ARCHITECTURE.md: a package imports only packages of lines below its own.
func TestArchitecture(t *testing.T) {
	layers := drawn(t)
	seen := make([]bool, len(layers))
	for pkg, imports := range importsOf(t) {
		from := layerOf(layers, pkg)
		if from < 0 {
			t.Errorf("ARCHITECTURE.md has no line for %s", pkg)
			continue
		}
		seen[from] = true
		for _, other := range imports {
			to := layerOf(layers, other)
			within := from == to && path.Dir(pkg) == path.Dir(other) && strings.Contains(pkg, "/internal/")
			if to <= from && !within {
				t.Errorf("%s imports %s, which ARCHITECTURE.md does not have below it", pkg, other)
			}
		}
	}
	for i, used := range seen {
		if !used {
			t.Errorf("ARCHITECTURE.md has a line for %v, and there is no such package", layers[i])
		}
	}
}

// drawn returns the patterns of each line of the list, from the top.
func drawn(t *testing.T) (layers [][]string) {
	t.Helper()
	text, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```imports\n(.*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatal("ARCHITECTURE.md has no list of imports")
	}
	for line := range strings.Lines(string(block[1])) {
		names, _, _ := strings.Cut(strings.TrimRight(line, "\n"), "  ")
		if fields := strings.Fields(names); len(fields) > 0 {
			layers = append(layers, fields)
		}
	}
	return layers
}

// layerOf returns the number of the line that has the name of a package, or else of
// the first one that has a pattern for it, and -1 without any.
func layerOf(layers [][]string, pkg string) int {
	found := -1
	for i, patterns := range layers {
		for _, p := range patterns {
			if p == pkg {
				return i
			}
			if ok, err := path.Match(p, pkg); ok && err == nil && found < 0 {
				found = i
			}
		}
	}
	return found
}

// importsOf returns the packages of the module that each of them imports, tests left
// out. The root is ".".
func importsOf(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "GOOS=linux")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	short := func(name string) string {
		if name == module {
			return "."
		}
		return strings.TrimPrefix(name, module+"/")
	}
	all := map[string][]string{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[short(p.ImportPath)] = nil
		for _, other := range p.Imports {
			if other == module || strings.HasPrefix(other, module+"/") {
				all[short(p.ImportPath)] = append(all[short(p.ImportPath)], short(other))
			}
		}
	}
}
