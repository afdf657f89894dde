package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
)

// A lab is the environment of a workload: a thread in its own namespace, home, and
// another namespace, away.
type lab struct {
	all  int // number of links in the workload
	n    int // number of links for the current entrant
	dir  string
	home *iplink.NetNS
	away *iplink.NetNS

	homeFD, awayFD int // of the namespaces
	raw, rawAway   *rawConn
	closers        []func() error
}

// inLab runs f in a new lab.
func inLab(n int, f func(*lab) error) (err error) {
	l := &lab{all: n, n: n, homeFD: -1, awayFD: -1}
	defer func() { err = errors.Join(err, l.close()) }()
	if l.dir, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	if l.home, err = iplink.NewNetNS(); err != nil {
		return err
	}
	if l.away, err = iplink.NewNetNS(); err != nil {
		return err
	}
	if err := l.away.Do(func() error { return l.enter(&l.awayFD, &l.rawAway) }); err != nil {
		return err
	}
	return l.home.Do(func() error {
		if err := l.enter(&l.homeFD, &l.raw); err != nil {
			return err
		}
		return f(l)
	})
}

// enter opens the descriptor and the socket of the thread's namespace.
func (l *lab) enter(fd *int, raw **rawConn) (err error) {
	*fd, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	*raw, err = dialRaw()
	return err
}

func (l *lab) close() error {
	var errs []error
	for i := len(l.closers) - 1; i >= 0; i-- {
		errs = append(errs, l.closers[i]())
	}
	for _, c := range []*rawConn{l.raw, l.rawAway} {
		if c != nil { // the kernel deletes remaining links of a closed namespace later, during the next workload
			errs = append(errs, c.clear(), c.close())
		}
	}
	for _, fd := range []int{l.homeFD, l.awayFD} {
		if fd >= 0 {
			errs = append(errs, unix.Close(fd))
		}
	}
	for _, ns := range []*iplink.NetNS{l.home, l.away} {
		if ns != nil {
			errs = append(errs, ns.Close())
		}
	}
	return errors.Join(append(errs, os.RemoveAll(l.dir))...)
}

// onClose registers f to be called at the end of the workload.
func (l *lab) onClose(f func() error) {
	l.closers = append(l.closers, f)
}

func (l *lab) call(f func(*lab) error) error {
	if f == nil {
		return nil
	}
	return f(l)
}

// batch writes a file for `ip -batch` and returns a function that runs it in the
// thread's namespace. Its output goes to /dev/null.
func (l *lab) batch(name string, lines []string, flags ...string) (func() error, error) {
	path := filepath.Join(l.dir, name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return nil, err
	}
	return func() error {
		var stderr strings.Builder
		cmd := exec.Command("ip", append(flags, "-batch", path)...)
		cmd.Stderr = &stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("ip -batch: %w: %s", err, stderr.String())
		}
		return nil
	}, nil
}

// names returns the names of n links.
func names(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return all
}

// lines formats one line for each of n links.
func lines(n int, format func(i int) string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = format(i)
	}
	return all
}
