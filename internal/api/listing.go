package api

import (
	"cmp"
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// Listing returns the exported names of a package, one per line, sorted:
//
//	const KindVXLAN untyped string = "vxlan"
//	field Link.MTU uint32
//	method (*VXLAN) VNI(id uint32) *VXLAN
//	type VXLAN struct embeds builder[VXLAN]
//
// The methods of an unexported type that exported ones embed are listed once, with
// that type.
func Listing(p *types.Package) []string {
	l := &listing{pkg: p, done: map[*types.TypeName]bool{}}
	for _, name := range p.Scope().Names() {
		if o := p.Scope().Lookup(name); o.Exported() {
			l.object(o)
		}
	}
	slices.SortFunc(l.lines, func(a, b string) int { return cmp.Compare(a, b) })
	return l.lines
}

type listing struct {
	pkg   *types.Package
	lines []string
	done  map[*types.TypeName]bool
}

func (l *listing) addf(format string, args ...any) {
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

// text formats a type as in the source of the package.
func (l *listing) text(t types.Type) string {
	return types.TypeString(t, l.qualify)
}

func (l *listing) qualify(p *types.Package) string {
	if p == l.pkg {
		return ""
	}
	return p.Name()
}

func (l *listing) object(o types.Object) {
	switch o := o.(type) {
	case *types.Const:
		l.addf("const %s %s = %s", o.Name(), l.text(o.Type()), o.Val().ExactString())
	case *types.Var:
		l.addf("var %s %s", o.Name(), l.text(o.Type()))
	case *types.Func:
		l.addf("func %s%s", o.Name(), l.signature(o))
	case *types.TypeName:
		l.typeName(o)
	}
}

// signature formats the parameters and results of a function.
func (l *listing) signature(f *types.Func) string {
	return strings.TrimPrefix(l.text(f.Type()), "func")
}

func (l *listing) typeName(o *types.TypeName) {
	if l.done[o] {
		return
	}
	l.done[o] = true
	named, ok := o.Type().(*types.Named)
	if !ok || o.IsAlias() {
		l.addf("type %s = %s", o.Name(), l.text(types.Unalias(o.Type())))
		return
	}
	name := l.text(named)
	switch u := named.Underlying().(type) {
	case *types.Struct:
		l.structure(o.Name(), name, u)
	case *types.Interface:
		l.contract(o.Name(), u)
	default:
		l.addf("type %s %s", name, l.text(u))
	}
	for i := range named.NumMethods() {
		if m := named.Method(i); m.Exported() {
			l.addf("method (%s) %s%s", l.receiver(m), m.Name(), l.signature(m))
		}
	}
}

func (l *listing) receiver(m *types.Func) string {
	return l.text(m.Signature().Recv().Type())
}

// structure lists a struct, its fields, and its embedded types.
func (l *listing) structure(short, name string, s *types.Struct) {
	var embedded []string
	for i := range s.NumFields() {
		switch f := s.Field(i); {
		case f.Embedded():
			embedded = append(embedded, l.text(f.Type()))
			l.embedded(f)
		case f.Exported():
			l.addf("field %s.%s %s", short, f.Name(), l.text(f.Type()))
		}
	}
	line := "type " + name + " struct"
	if len(embedded) > 0 {
		line += " embeds " + strings.Join(embedded, ", ")
	}
	l.addf("%s", line)
}

// embedded lists an unexported type of the package that an exported one embeds.
func (l *listing) embedded(f *types.Var) {
	t := f.Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if named, ok := t.(*types.Named); ok && !named.Obj().Exported() && named.Obj().Pkg() == l.pkg {
		l.typeName(named.Origin().Obj())
	}
}

// contract lists an interface and its methods. An interface with unexported methods
// is sealed: other packages cannot implement it.
func (l *listing) contract(name string, t *types.Interface) {
	sealed := ""
	for i := range t.NumExplicitMethods() {
		if m := t.ExplicitMethod(i); m.Exported() {
			l.addf("method %s.%s%s", name, m.Name(), l.signature(m))
		} else {
			sealed = ", sealed"
		}
	}
	var embedded []string
	for i := range t.NumEmbeddeds() {
		embedded = append(embedded, l.text(t.EmbeddedType(i)))
	}
	line := "type " + name + " interface" + sealed
	if len(embedded) > 0 {
		line += " embeds " + strings.Join(embedded, ", ")
	}
	l.addf("%s", line)
}
