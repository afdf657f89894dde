package vmtest

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/internal/vmtest/guest"
)

// A moduleTree is the modules of one kernel in its package.
type moduleTree struct {
	dir   string            // holds kernel/drivers/…
	files map[string]string // by module name; compressed or not
}

// findModules finds the tree below the directory where the kernel's package was
// extracted.
func findModules(root, release string) (*moduleTree, error) {
	t := &moduleTree{files: map[string]string{}}
	for _, lib := range []string{"usr/lib/modules", "lib/modules"} {
		dir := filepath.Join(root, lib, release)
		err := filepath.WalkDir(filepath.Join(dir, "kernel"), func(file string, d fs.DirEntry, err error) error {
			if name, ok := moduleOfFile(filepath.Base(file)); ok && err == nil {
				t.dir, t.files[name] = dir, file
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if t.dir == "" {
		return nil, fmt.Errorf("no modules of %s in the kernel's package", release)
	}
	return t, nil
}

func moduleOfFile(base string) (string, bool) {
	m := regexp.MustCompile(`^(.+)\.ko(\.xz|\.zst|\.gz)?$`).FindStringSubmatch(base)
	if m == nil {
		return "", false
	}
	return guest.ModuleName(m[1]), true
}

// closure returns those of the named modules that the kernel has, with all their
// dependencies, decompressed in place. It works in rounds so that one run of the
// decompressor handles many modules.
func (t *moduleTree) closure(ctx context.Context, names []string) ([]guest.Module, error) {
	done := map[string]guest.Module{}
	for next := names; len(next) > 0; {
		var round []string
		for _, name := range next {
			name = guest.ModuleName(name)
			if _, seen := done[name]; !seen && t.files[name] != "" && !slices.Contains(round, name) {
				round = append(round, name)
			}
		}
		if err := t.decompress(ctx, round); err != nil {
			return nil, err
		}
		next = nil
		for _, name := range round {
			m, err := t.read(name)
			if err != nil {
				return nil, err
			}
			done[name] = m
			next = slices.Concat(next, m.Needs, m.Pre, m.Post)
		}
	}
	var modules []guest.Module
	for _, m := range done {
		modules = append(modules, m)
	}
	return modules, nil
}

func (t *moduleTree) read(name string) (guest.Module, error) {
	m, err := readModinfo(t.files[name])
	if err != nil {
		return m, err
	}
	m.Path, err = filepath.Rel(t.dir, t.files[name])
	m.Options = moduleOptions(name)
	return m, err
}

func (t *moduleTree) decompress(ctx context.Context, names []string) error {
	byTool := map[string][]string{}
	for _, name := range names {
		file := t.files[name]
		extension := filepath.Ext(file)
		tool := map[string]string{".xz": "xz", ".zst": "zstd", ".gz": "gzip"}[extension]
		if tool != "" {
			byTool[tool] = append(byTool[tool], file)
			t.files[name] = strings.TrimSuffix(file, extension)
		}
	}
	for tool, files := range byTool {
		if _, err := command(ctx, t.dir, tool, append([]string{"-d", "-q", "-f"}, files...)...); err != nil {
			return err
		}
	}
	return nil
}
