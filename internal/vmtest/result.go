package vmtest

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/iplink-go/iplink/internal/vmtest/guest"
)

// A result is the data that the guest sent at its end.
type result struct {
	code int
	log  string // the kernel's, only after trouble
}

// readResult reads the archive that the guest wrote, and writes the files in it to
// the paths that the host requested.
func readResult(file string, home packed) (result, error) {
	r := result{code: -1}
	f, err := os.Open(file)
	if err != nil {
		return r, err
	}
	defer f.Close()
	archive := tar.NewReader(f)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return r, fmt.Errorf("incomplete result: %w", err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return r, fmt.Errorf("incomplete result: %w", err)
		}
		if err := r.take(header.Name, content, home); err != nil {
			return r, err
		}
	}
	if r.code < 0 {
		return r, errors.New("the result has no exit code")
	}
	return r, nil
}

func (r *result) take(name string, content []byte, home packed) error {
	switch name {
	case guest.LogMember:
		r.log = string(content)
		return nil
	case guest.ExitMember:
		code, err := strconv.Atoi(string(content))
		r.code = code
		return err
	}
	return takeHome(name, content, home)
}

// takeHome writes a member file/N or dir/N/name. It writes nothing else, regardless
// of the archive's contents; below a directory, os.Root ensures that.
func takeHome(name string, content []byte, home packed) error {
	kind, rest, _ := strings.Cut(name, "/")
	number, rel, _ := strings.Cut(rest, "/")
	i, err := strconv.Atoi(number)
	switch {
	case err != nil || i < 0:
	case kind == guest.FileMember && i < len(home.files):
		return os.WriteFile(home.files[i], content, 0o644)
	case kind == guest.DirMember && i < len(home.dirs):
		return writeBelow(home.dirs[i], rel, content)
	}
	return fmt.Errorf("the result has %q, which nobody asked for", name)
}

// writeBelow creates the directory if necessary: the test creates the directory of
// artifacts itself.
func writeBelow(dir, name string, content []byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return root.WriteFile(name, content, 0o644)
}
