package vmtest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/iplink-go/iplink/internal/vmtest/guest"
)

// KernelVariable is set in a guest to the kernel's name in the matrix.
const KernelVariable = "IPLINK_VMTEST_KERNEL"

// FailoverVariable is set in a guest with a net_failover device.
const FailoverVariable = "IPLINK_VMTEST_FAILOVER"

// A payload is the part of the initial RAM file system that one guest adds to the
// image.
type payload struct {
	Options
	image     *Image
	jobs      []Job
	libraries map[string]bool // names in the guest of those that were added
}

// packed lists the host's paths of the files and directories that the guest sends for
// a job.
type packed struct{ files, dirs []string }

// write writes the second half of the initial RAM file system.
func (p *payload) write(w io.Writer) ([]packed, error) {
	out := bufio.NewWriter(w)
	existing := append(slices.Collect(maps.Keys(mergedUsr())), "tmp", "usr", "usr/bin", "usr/sbin", "usr/lib", guestLibraries)
	c := newCPIO(out, existing...)
	if err := addInit(c); err != nil {
		return nil, err
	}
	spec := &guest.Spec{Parallel: max(p.Parallel, 1), Env: p.environment(), UID: p.UID, Coldplug: p.Failover}
	var homes []packed
	for i := range p.jobs {
		home, err := p.addJob(c, spec, &p.jobs[i])
		if err != nil {
			return nil, err
		}
		homes = append(homes, home)
	}
	b, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	c.File(guest.SpecPath, 0o644, b)
	if err := c.Close(); err != nil {
		return nil, err
	}
	return homes, out.Flush()
}

// addJob adds what a job needs, and the job to the specification. Directories that the
// test writes to are writable by any user.
func (p *payload) addJob(c *cpioWriter, spec *guest.Spec, job *Job) (packed, error) {
	flags := readTestFlags(job.Command[1:], job.Dir)
	home := packed{files: flags.files, dirs: flags.dirs}
	if dir := os.Getenv("GOCOVERDIR"); dir != "" {
		home.dirs = append(home.dirs, absolute(job.Dir, dir))
	}
	program, err := p.addProgram(c, len(spec.Jobs), job.Command[0])
	if err != nil {
		return home, err
	}
	for _, file := range home.files {
		c.Dir(filepath.Dir(file), 0o777)
	}
	for _, dir := range home.dirs {
		c.Dir(dir, 0o777)
	}
	c.Dir(job.Dir, 0o755)
	spec.Jobs = append(spec.Jobs, guest.Job{
		Args: append([]string{program}, job.Command[1:]...), Dir: job.Dir, Files: home.files, Dirs: home.dirs, Alone: job.Alone,
	})
	for _, name := range append([]string{"testdata"}, job.Pack...) {
		if err := addTree(c, absolute(job.Dir, name)); err != nil {
			return home, err
		}
	}
	return home, nil
}

// addProgram adds the test binary and returns its name in the guest. As in a shell,
// a name without a slash is a command of the guest; `go test` always passes a path.
func (p *payload) addProgram(c *cpioWriter, number int, file string) (string, error) {
	if !strings.Contains(file, "/") {
		return file, nil
	}
	name := filepath.Join("/vmtest", strconv.Itoa(number), filepath.Base(file))
	c.CopyFile(name, file, 0o755)
	return name, p.addLibraries(c, file)
}

// addInit adds this program. It must be static, because it runs first in the guest,
// where it cannot use a dynamic linker.
func addInit(c *cpioWriter) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if p, err := readProgram(self); err != nil || p.interpreter != "" {
		return fmt.Errorf("%s is not a static program: build it with CGO_ENABLED=0 (%v)", self, err)
	}
	c.CopyFile("init", self, 0o755)
	return nil
}

// environment returns the guest's own environment and the host's variables for the
// Go runtime, for this project's tests, and those named by -env.
func (p *payload) environment() []string {
	env := []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root", "USER=root", "SHELL=/bin/sh", "TERM=dumb", "TMPDIR=/tmp",
		KernelVariable + "=" + p.image.Kernel,
	}
	if p.Failover {
		env = append(env, FailoverVariable+"=1")
	}
	through := append([]string{"GODEBUG", "GOTRACEBACK", "GOMAXPROCS", "GOGC", "GOMEMLIMIT", "GORACE", "GOCOVERDIR"}, p.Env...)
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if name != KernelVariable && name != FailoverVariable && (slices.Contains(through, name) || strings.HasPrefix(name, "IPLINK_")) {
			env = append(env, e)
		}
	}
	return env
}

// addLibraries adds the libraries of a dynamic binary. It adds the whole C library
// of the host if that is newer than the guest's, since it also works for the guest's
// programs, and otherwise no part of it.
func (p *payload) addLibraries(c *cpioWriter, file string) error {
	prog, err := readProgram(file)
	if err != nil || prog.interpreter == "" {
		return err
	}
	found, err := libraries("/", file)
	if err != nil {
		return err
	}
	newer := true // a C library other than GNU's is added beside the guest's
	if libc := found["libc.so.6"]; libc != "" {
		if newer, err = newerLibC(libc, p.image.LibC); err != nil {
			return err
		}
		for name := range found {
			if partOfLibC(name) {
				delete(found, name)
			}
		}
		if newer {
			addLibC(found, filepath.Dir(libc))
		}
	}
	for name, lib := range found {
		if p.isNew(name) {
			c.CopyFile(filepath.Join(guestLibraries, name), lib, 0o755)
		}
	}
	if !strings.HasPrefix(prog.interpreter, "/lib64/") && p.isNew(prog.interpreter) {
		c.Symlink(prog.interpreter, filepath.Join("/", guestLibraries, filepath.Base(prog.interpreter)))
	}
	return nil
}

// isNew reports whether no binary before this one needed the library.
func (p *payload) isNew(library string) bool {
	if p.libraries == nil {
		p.libraries = map[string]bool{}
	}
	known := p.libraries[library]
	p.libraries[library] = true
	return !known
}

// addLibC adds all files of the C library in a directory.
func addLibC(found map[string]string, dir string) {
	entries, _ := os.ReadDir(dir) // a library has just been found in it
	for _, e := range entries {
		if partOfLibC(e.Name()) && strings.Contains(e.Name(), ".so.") {
			found[e.Name()] = filepath.Join(dir, e.Name())
		}
	}
}

func newerLibC(host, guest string) (bool, error) {
	h, err := libCVersion(host)
	if err != nil {
		return false, err
	}
	g, err := libCVersion(guest)
	return h > g, err
}

// addTree adds a file or a directory of the host under the same name. testdata need
// not exist.
func addTree(c *cpioWriter, name string) error {
	if _, err := os.Stat(name); err != nil && filepath.Base(name) == "testdata" {
		return nil
	}
	return filepath.WalkDir(name, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("pack %s: %w", name, err)
		}
		switch {
		case d.IsDir():
			c.Dir(file, 0o755)
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(file)
			c.Symlink(file, target)
			return err
		case d.Type().IsRegular():
			info, err := d.Info()
			if err != nil {
				return err
			}
			c.CopyFile(file, file, int(info.Mode().Perm()))
		}
		return nil
	})
}
