package vmtest

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// libraryDirs returns the directories of shared libraries in systems like Debian,
// Fedora or Arch.
func libraryDirs() []string {
	return []string{
		"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64",
		"/lib", "/usr/lib", "/usr/local/lib",
	}
}

// A program lists the files that an ELF file needs to run.
type program struct {
	interpreter string // empty for a static program
	libraries   []string
}

func readProgram(file string) (program, error) {
	f, err := elf.Open(file)
	if err != nil {
		return program{}, fmt.Errorf("%s: %w", file, err)
	}
	defer f.Close()
	if f.Machine != elf.EM_X86_64 {
		return program{}, fmt.Errorf("%s is a program for %v: the guests run amd64 only", file, f.Machine)
	}
	var p program
	for _, segment := range f.Progs {
		if segment.Type == elf.PT_INTERP {
			b := make([]byte, segment.Filesz)
			if _, err := segment.ReadAt(b, 0); err != nil {
				return p, fmt.Errorf("%s: %w", file, err)
			}
			p.interpreter = strings.TrimRight(string(b), "\x00")
		}
	}
	p.libraries, err = f.ImportedLibraries()
	if p.interpreter == "" && err != nil { // a static program has no list
		err = nil
	}
	return p, err
}

// libraries returns the shared libraries that the files need, including the
// interpreter, as a map from soname to file below root.
func libraries(root string, files ...string) (map[string]string, error) {
	found := map[string]string{}
	for queue := files; len(queue) > 0; queue = queue[1:] {
		p, err := readProgram(queue[0])
		if err != nil {
			return nil, err
		}
		if p.interpreter != "" {
			p.libraries = append(p.libraries, filepath.Base(p.interpreter))
		}
		for _, name := range p.libraries {
			if found[name] != "" {
				continue
			}
			if found[name], err = findLibrary(root, name); err != nil {
				return nil, fmt.Errorf("%s: %w", filepath.Base(queue[0]), err)
			}
			queue = append(queue, found[name])
		}
	}
	return found, nil
}

func findLibrary(root, name string) (string, error) {
	for _, dir := range libraryDirs() {
		file := filepath.Join(root, dir, name)
		if _, err := os.Stat(file); err == nil {
			return file, nil
		}
	}
	return "", fmt.Errorf("library %s not found below %s", name, root)
}

// partOfLibC reports whether a file is part of the C library. Those files must all
// have the same version, or programs do not run.
func partOfLibC(name string) bool {
	return slices.ContainsFunc(strings.Fields("ld-linux-x86-64.so libc.so libm.so libpthread.so libdl.so librt.so libresolv.so libutil.so libanl.so"),
		func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// libCVersion returns the N of the newest GLIBC_2.N that a C library provides. A
// program linked against an older version runs with it, so the newer of two
// libraries works for the programs of both.
func libCVersion(file string) (int, error) {
	f, err := elf.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	versions, err := f.DynamicVersions()
	newest := -1
	for _, v := range versions {
		if n, ok := strings.CutPrefix(v.Name, "GLIBC_2."); ok {
			minor, _, _ := strings.Cut(n, ".")
			number, err := strconv.Atoi(minor)
			if err == nil {
				newest = max(newest, number)
			}
		}
	}
	if newest < 0 {
		err = errors.Join(err, fmt.Errorf("%s is not the GNU C library", file))
	}
	return newest, err
}
