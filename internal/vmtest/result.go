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
	"time"

	"github.com/iplink-go/iplink/internal/vmtest/guest"
)

// A result is the data that the guest sent about one job.
type result struct {
	number         int
	started, ended bool
	begun          time.Time
	took           time.Duration
	code           int
	output         []byte // of guests with several jobs
	log            string // the kernel's, only after trouble
	home           packed
}

// A receiver reads the archive that the guest writes while it runs.
type receiver struct {
	all  []result
	done func(*result) // called for each job that has ended
}

func newReceiver(homes []packed, done func(*result)) *receiver {
	r := &receiver{done: done}
	for i, home := range homes {
		r.all = append(r.all, result{number: i, home: home})
	}
	return r
}

// receive reads to the archive's end, and writes the files in it to the paths that the
// host requested.
func (r *receiver) receive(from io.Reader) error {
	archive := tar.NewReader(from)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return r.complete()
		}
		if err != nil {
			return err
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return err
		}
		if err := r.take(header.Name, content); err != nil {
			return err
		}
	}
}

// complete reports a job that has no exit code although the archive has ended.
func (r *receiver) complete() error {
	for _, one := range r.all {
		if !one.ended {
			return fmt.Errorf("job %d has no exit code", one.number)
		}
	}
	return nil
}

func (r *receiver) take(name string, content []byte) error {
	number, rest, _ := strings.Cut(name, "/")
	i, err := strconv.Atoi(number)
	if err != nil || i < 0 || i >= len(r.all) {
		return fmt.Errorf("the result has %q, which nobody asked for", name)
	}
	one := &r.all[i]
	if err := one.take(rest, content); err != nil {
		return err
	}
	if one.ended && r.done != nil {
		r.done(one)
	}
	return nil
}

func (r *result) take(name string, content []byte) (err error) {
	switch name {
	case guest.StartMember:
		r.started, r.begun = true, time.Now()
	case guest.OutputMember:
		r.output = content
	case guest.LogMember:
		r.log = string(content)
	case guest.ExitMember:
		r.code, err = strconv.Atoi(string(content))
		r.ended, r.took = err == nil, time.Since(r.begun)
	default:
		return takeHome(name, content, r.home)
	}
	return err
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
