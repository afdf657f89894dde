package api

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Undocumented returns the exported identifiers of a package whose documentation is
// missing or malformed, one per line with the position. The rules are:
//
//   - A package, function, method, type and interface method has a comment whose
//     first paragraph ends like a sentence. Except for packages, the comment begins
//     with the name.
//   - A constant, variable and field has a comment or shares one. It may share the
//     comment above its group; for a field also the comment above its block of
//     lines, if that names the field, or the comment of a struct whose fields have
//     none.
func Undocumented(p Package) ([]string, error) {
	r := &reader{fset: token.NewFileSet(), embedded: map[string]bool{}}
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(r.fset, filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		r.files = append(r.files, file)
	}
	r.packageComment(p)
	r.walk(func(d ast.Decl) { r.findEmbedded(d) })
	r.walk(func(d ast.Decl) { r.decl(d) })
	return r.gaps, nil
}

// reader reads the comments of a package.
type reader struct {
	fset     *token.FileSet
	files    []*ast.File
	embedded map[string]bool // unexported types that exported ones embed
	gaps     []string
}

func (r *reader) walk(f func(ast.Decl)) {
	for _, file := range r.files {
		for _, d := range file.Decls {
			f(d)
		}
	}
}

func (r *reader) gap(at token.Pos, format string, args ...any) {
	where := r.fset.Position(at)
	r.gaps = append(r.gaps, fmt.Sprintf("%s:%d: %s", filepath.Base(where.Filename), where.Line, fmt.Sprintf(format, args...)))
}

func (r *reader) packageComment(p Package) {
	for _, file := range r.files {
		if file.Doc != nil {
			r.sentences(file.Package, "package "+p.Name, file.Doc)
			return
		}
	}
	r.gaps = append(r.gaps, "package "+p.Name+" has no comment")
}

func (r *reader) decl(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && (d.Recv == nil || r.visible(baseName(d.Recv.List[0].Type))) {
			r.comment(d.Pos(), d.Name.Name, d.Doc)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			r.spec(d, spec)
		}
	}
}

func (r *reader) spec(d *ast.GenDecl, s ast.Spec) {
	switch s := s.(type) {
	case *ast.TypeSpec:
		if r.visible(s.Name.Name) {
			if s.Name.IsExported() {
				r.comment(s.Pos(), s.Name.Name, either(s.Doc, d.Doc))
			}
			r.members(s, either(s.Doc, d.Doc))
		}
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if name.IsExported() && either(s.Doc, s.Comment, d.Doc) == nil {
				r.gap(name.Pos(), "%s has no comment", name.Name)
			}
		}
	}
}

// members checks the fields of a struct or the methods of an interface.
func (r *reader) members(s *ast.TypeSpec, doc *ast.CommentGroup) {
	switch t := s.Type.(type) {
	case *ast.StructType:
		r.fields(s.Name.Name, t.Fields.List, doc)
	case *ast.InterfaceType:
		for _, m := range t.Methods.List {
			for _, name := range m.Names {
				if name.IsExported() {
					r.comment(m.Pos(), name.Name, m.Doc)
				}
			}
		}
	}
}

func (r *reader) fields(owner string, list []*ast.Field, doc *ast.CommentGroup) {
	if doc != nil && !slices.ContainsFunc(list, func(f *ast.Field) bool { return either(f.Doc, f.Comment) != nil }) {
		return
	}
	var above *ast.CommentGroup // above the field's block of lines
	last := 0
	for _, f := range list {
		line := r.fset.Position(f.Pos()).Line
		if f.Doc != nil {
			above = f.Doc
		} else if line != last+1 {
			above = nil
		}
		last = r.fset.Position(f.End()).Line
		for _, name := range f.Names {
			if name.IsExported() && either(f.Doc, f.Comment) == nil && !names(above, name.Name) {
				r.gap(f.Pos(), "%s.%s has no comment", owner, name.Name)
			}
		}
	}
}

// comment requires a comment that begins with the name of its subject.
func (r *reader) comment(at token.Pos, name string, doc *ast.CommentGroup) {
	switch {
	case doc == nil:
		r.gap(at, "%s has no comment", name)
	case !beginsWith(doc.Text(), name):
		r.gap(at, "the comment of %s does not begin with its name", name)
	default:
		r.sentences(at, name, doc)
	}
}

// beginsWith reports whether a text begins with a name, or with an article and the
// name.
func beginsWith(text, name string) bool {
	return regexp.MustCompile(`^((An?|The) )?` + name + `\b`).MatchString(text)
}

// sentences requires that the first paragraph ends with a full stop, or with a colon
// before a list or code.
func (r *reader) sentences(at token.Pos, name string, doc *ast.CommentGroup) {
	first, _, more := strings.Cut(strings.TrimSpace(doc.Text()), "\n\n")
	if !strings.HasSuffix(first, ".") && !(more && strings.HasSuffix(first, ":")) {
		r.gap(at, "the comment of %s does not end in a period", name)
	}
}

// findEmbedded records the unexported types that exported structs embed.
func (r *reader) findEmbedded(d ast.Decl) {
	g, ok := d.(*ast.GenDecl)
	if !ok {
		return
	}
	for _, spec := range g.Specs {
		s, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		if t, ok := s.Type.(*ast.StructType); ok {
			for _, f := range t.Fields.List {
				if len(f.Names) == 0 {
					r.embedded[baseName(f.Type)] = true
				}
			}
		}
	}
}

// visible reports whether users see the methods of a type.
func (r *reader) visible(name string) bool {
	return ast.IsExported(name) || r.embedded[name]
}

// baseName returns the name of a type without pointers and type parameters.
func baseName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return baseName(e.X)
	case *ast.IndexExpr:
		return baseName(e.X)
	case *ast.IndexListExpr:
		return baseName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// either returns the first comment that is not nil.
func either(all ...*ast.CommentGroup) *ast.CommentGroup {
	for _, c := range all {
		if c != nil {
			return c
		}
	}
	return nil
}

// names reports whether a comment contains the name as a word.
func names(c *ast.CommentGroup, name string) bool {
	return c != nil && regexp.MustCompile(`\b`+name+`\b`).MatchString(c.Text())
}
