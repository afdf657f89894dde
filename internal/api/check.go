package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
)

// Check type-checks a file of Go that uses the module's packages, or what they
// import.
func (s *Surface) Check(name, source string) error {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, source, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	_, err = (&types.Config{Importer: s}).Check("snippet", fset, []*ast.File{file}, nil)
	return err
}
