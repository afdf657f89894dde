// Package api examines the public API of this module: it lists the API, for review
// and as a record, finds undocumented parts of it, and type-checks code that uses
// it. It obtains the packages from the go command.
package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"strings"
)

// Module is the path of this module.
const Module = "github.com/iplink-go/iplink"

// A Package is a package that users can import.
type Package struct {
	ImportPath string
	Name       string
	Dir        string
	GoFiles    []string // for this system, in Dir
}

// A Surface is all packages of the module and their imports.
type Surface struct {
	Packages []Package // the public ones, by path
	exports  map[string]string
	importer types.Importer
}

// listed is the go command's description of a package.
type listed struct {
	Package
	Export string // file with its types
}

// Load obtains all packages from the go command.
func Load() (*Surface, error) {
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Name,Dir,GoFiles,Export", Module+"/...")
	cmd.Stderr = new(bytes.Buffer)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%v: %w: %s", cmd, err, cmd.Stderr)
	}
	s := &Surface{exports: map[string]string{}}
	s.importer = importer.ForCompiler(token.NewFileSet(), "gc", s.open)
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return s, nil
		} else if err != nil {
			return nil, err
		}
		s.exports[p.ImportPath] = p.Export
		if p.public() {
			s.Packages = append(s.Packages, p.Package)
		}
	}
}

// open opens the file with the types of a package.
func (s *Surface) open(importPath string) (io.ReadCloser, error) {
	return os.Open(s.exports[importPath])
}

// Import returns the types of a package by its path.
func (s *Surface) Import(importPath string) (*types.Package, error) {
	return s.importer.Import(importPath)
}

// public reports whether users can import the package.
func (p *Package) public() bool {
	ours := p.ImportPath == Module || strings.HasPrefix(p.ImportPath, Module+"/")
	return ours && p.Name != "main" && !strings.Contains(p.ImportPath+"/", "/internal/")
}

// File returns the file name of the package's list: bridge.txt, or iplink.txt for
// the root.
func (p *Package) File() string {
	return strings.ReplaceAll(strings.TrimPrefix(p.ImportPath, path.Dir(Module)+"/"), "iplink/", "") + ".txt"
}
