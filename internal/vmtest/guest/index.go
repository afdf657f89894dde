package guest

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
)

// A Module is one kernel module as described by its .modinfo section.
type Module struct {
	Name    string   // with underscores, as in /proc/modules
	Path    string   // of the .ko file, below the release's module directory
	Options string   // parameters with which it is always loaded
	Needs   []string // modules that must be loaded first
	Pre     []string // modules to try first (softdep pre)
	Post    []string // modules to try afterwards (softdep post)
	Aliases []string // patterns that request it, such as rtnl-link-bond
}

// An Index finds modules by name and by alias, as modules.dep and modules.alias do
// for the real modprobe.
type Index struct {
	modules map[string]Module
}

// NewIndex returns an index of the modules.
func NewIndex(modules []Module) *Index {
	x := &Index{modules: make(map[string]Module, len(modules))}
	for _, m := range modules {
		x.modules[m.Name] = m
	}
	return x
}

// ModuleName returns name with underscores, as in the kernel's own names: a module
// may be requested with dashes or underscores.
func ModuleName(name string) string { return strings.ReplaceAll(name, "-", "_") }

// Resolve returns the modules to load for a request, in order, and false if no
// module matches. A request is a module's name or an alias.
func (x *Index) Resolve(request string) ([]Module, bool) {
	var order []Module
	seen := map[string]bool{}
	for _, name := range x.matches(request) {
		order = x.visit(order, seen, name)
	}
	return order, len(order) > 0
}

func (x *Index) matches(request string) []string {
	name := ModuleName(request)
	if _, ok := x.modules[name]; ok {
		return []string{name}
	}
	var found []string
	for _, m := range x.modules {
		if slices.ContainsFunc(m.Aliases, func(a string) bool { return aliasMatches(a, name) }) {
			found = append(found, m.Name)
		}
	}
	slices.Sort(found)
	return found
}

// aliasMatches compares as modprobe does: an alias is a shell pattern, and dashes
// are equivalent to underscores.
func aliasMatches(alias, name string) bool {
	ok, err := path.Match(ModuleName(alias), name)
	return ok && err == nil
}

// visit appends a module after its dependencies. Soft dependencies that are not in
// the index are ignored.
func (x *Index) visit(order []Module, seen map[string]bool, name string) []Module {
	name = ModuleName(name)
	m, ok := x.modules[name]
	if !ok || seen[name] {
		return order
	}
	seen[name] = true
	for _, first := range slices.Concat(m.Needs, m.Pre) {
		order = x.visit(order, seen, first)
	}
	order = append(order, m)
	for _, after := range m.Post {
		order = x.visit(order, seen, after)
	}
	return order
}

// Write writes the index as lines of a keyword and its fields.
func (x *Index) Write(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, m := range slices.SortedFunc(maps.Values(x.modules), func(a, b Module) int { return cmp.Compare(a.Name, b.Name) }) {
		fmt.Fprintf(b, "module %s %s\n", m.Name, m.Path)
		writeList(b, "options", strings.Fields(m.Options))
		writeList(b, "needs", m.Needs)
		writeList(b, "pre", m.Pre)
		writeList(b, "post", m.Post)
		writeList(b, "alias", m.Aliases)
	}
	return b.Flush()
}

func writeList(w io.Writer, keyword string, list []string) {
	if len(list) > 0 {
		fmt.Fprintln(w, keyword, strings.Join(list, " "))
	}
}

// ReadIndex reads the output of Write.
func ReadIndex(r io.Reader) (*Index, error) {
	var modules []Module
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20) // a PCI driver's line of aliases is long
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		switch {
		case len(f) == 3 && f[0] == "module":
			modules = append(modules, Module{Name: f[1], Path: f[2]})
		case len(f) < 2 || len(modules) == 0:
			return nil, fmt.Errorf("module index: bad line %q", lines.Text())
		case !modules[len(modules)-1].set(f[0], f[1:]):
			return nil, fmt.Errorf("module index: unknown keyword %q", f[0])
		}
	}
	return NewIndex(modules), lines.Err()
}

func (m *Module) set(keyword string, fields []string) bool {
	switch keyword {
	case "options":
		m.Options = strings.Join(fields, " ")
	case "needs":
		m.Needs = fields
	case "pre":
		m.Pre = fields
	case "post":
		m.Post = fields
	case "alias":
		m.Aliases = fields
	default:
		return false
	}
	return true
}
