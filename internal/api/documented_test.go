package api_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/internal/api"
)

// TestDocumented demands comments on all that users see.
func TestDocumented(t *testing.T) {
	for _, p := range load(t).Packages {
		gaps, err := api.Undocumented(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, gap := range gaps {
			t.Errorf("%s: %s", p.ImportPath, gap)
		}
	}
}

// gaps is a package that lacks comments.
const gaps = `package gaps

import "fmt"

const A = 1

// Numbers.
const (
	B = 2
	C = 3
)

type T struct {
	// F and G are fields.
	F int
	G int

	H int
	I int // is one
	j fmt.Stringer
	inner
}

// U is a type without a period
type U interface {
	M()
	m()
}

// V has one field.
type V struct{ N int }

// Is not how it begins.
func W() {}

type inner struct{ K int }

func (inner) X() {}
func (inner) y() {}

type other struct{ L int }

func (other) Z() {}
`

// TestUndocumented has each kind of gap, and what looks like one.
func TestUndocumented(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "gaps.go"), []byte(gaps), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := api.Undocumented(api.Package{Name: "gaps", Dir: dir, GoFiles: []string{"gaps.go"}})
	want := `package gaps has no comment
gaps.go:5: A has no comment
gaps.go:13: T has no comment
gaps.go:18: T.H has no comment
gaps.go:25: the comment of U does not end in a period
gaps.go:26: M has no comment
gaps.go:34: the comment of W does not begin with its name
gaps.go:36: inner.K has no comment
gaps.go:38: X has no comment`
	if diff := cmp.Diff(strings.Split(want, "\n"), got); diff != "" || err != nil {
		t.Errorf("error %v\n%s", err, diff)
	}
}
