package uapi

import (
	"go/ast"
	"go/build"
	"go/constant"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

// numbers returns the constants in the files of a directory that are given as
// a number, by name.
func numbers(t *testing.T, pattern string) map[string]uint64 {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, error %v", pattern, len(files), err)
	}
	found := map[string]uint64{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if d, ok := d.(*ast.GenDecl); ok && d.Tok == token.CONST {
				addNumbers(found, d.Specs)
			}
		}
	}
	return found
}

func addNumbers(found map[string]uint64, specs []ast.Spec) {
	for _, s := range specs {
		consts := s.(*ast.ValueSpec)
		for i, v := range consts.Values {
			if literal, ok := v.(*ast.BasicLit); ok && literal.Kind == token.INT {
				found[consts.Names[i].Name], _ = constant.Uint64Val(constant.MakeFromLiteral(literal.Value, token.INT, 0))
			}
		}
	}
}

// TestAgainstUnix compares with package golang.org/x/sys/unix the numbers that
// both have.
func TestAgainstUnix(t *testing.T) {
	if _, err := os.Stat("doc.go"); err != nil {
		testutil.Skipf(t, "the source of this package is not here")
	}
	mine := numbers(t, "*.go")
	unix, err := build.Import("golang.org/x/sys/unix", ".", build.FindOnly)
	if err != nil {
		testutil.Skipf(t, "the source of golang.org/x/sys is not here: %v", err)
	}
	theirs := numbers(t, filepath.Join(unix.Dir, "z*_linux.go"))
	both := 0
	for name, number := range mine {
		if other, ok := theirs[name]; ok {
			both++
			if number != other {
				t.Errorf("%s is %d, and %d in package unix", name, number, other)
			}
		}
	}
	t.Logf("%d of %d numbers are in both", both, len(mine))
	if both < 300 {
		t.Errorf("only %d of %d numbers are in both", both, len(mine))
	}
}
