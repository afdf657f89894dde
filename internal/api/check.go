package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
)

// Check type-checks a Go file that uses the module's packages or their imports.
func (s *Surface) Check(name, source string) error {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, source, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	_, err = (&types.Config{Importer: s}).Check("snippet", fset, []*ast.File{file}, nil)
	return err
}
