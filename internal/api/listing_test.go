package api_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/internal/api"
)

var update = flag.Bool("update", false, "write the lists anew")

// lists is where they are.
const lists = "../../api"

// load looks into each directory, so that the go command knows what the result
// depends on, and does not repeat an old one when a file was added.
func load(t *testing.T) *api.Surface {
	t.Helper()
	s, err := api.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range s.Packages {
		if _, err := os.ReadDir(p.Dir); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// TestListing fails when the public surface is not as it is on record. With
// -update it puts it on record.
func TestListing(t *testing.T) {
	s := load(t)
	known := map[string]bool{}
	for _, p := range s.Packages {
		types, err := s.Import(p.ImportPath)
		if err != nil {
			t.Fatal(err)
		}
		known[p.File()] = true
		compare(t, filepath.Join(lists, p.File()), strings.Join(api.Listing(types), "\n")+"\n")
	}
	files, err := filepath.Glob(lists + "/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d lists, error %v", len(files), err)
	}
	for _, file := range files {
		if !known[filepath.Base(file)] {
			t.Errorf("%s is about no package", file)
		}
	}
}

// compare compares a file with what it is to hold, or writes that.
func compare(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(strings.Split(string(have), "\n"), strings.Split(want, "\n")); diff != "" {
		t.Errorf("%s: go test ./internal/api -update writes it; - on record, + as it is:\n%s", file, diff)
	}
}
