package guest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Modprobe is the guest's /sbin/modprobe, called by the kernel's
// request_module as `modprobe -q -- ALIAS`, and by tests as `modprobe NAME
// [PARAMETER=VALUE…]` and `modprobe -r NAME`. It returns the exit status.
func Modprobe(args []string) int {
	isOption := func(a string) bool { return strings.HasPrefix(a, "-") }
	quiet := slices.ContainsFunc(args, func(a string) bool { return a == "-q" || a == "-qa" })
	remove := slices.Contains(args, "-r")
	args = slices.DeleteFunc(slices.Clone(args), isOption)
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: modprobe [-q] [-r] NAME [PARAMETER=VALUE...]")
		return 2
	}
	err := modprobe(args[0], strings.Join(args[1:], " "), remove)
	if err == nil {
		return 0
	}
	if !quiet {
		fmt.Fprintf(os.Stderr, "modprobe: %s: %v\n", args[0], err)
	}
	return 1
}

func modprobe(name, parameters string, remove bool) error {
	if remove {
		return unix.DeleteModule(ModuleName(name), unix.O_NONBLOCK)
	}
	dir, err := modulesDir()
	if err != nil {
		return err
	}
	index, err := openIndex(dir)
	if err != nil {
		return err
	}
	order, ok := index.Resolve(name)
	if !ok {
		return errors.New("no such module in this guest")
	}
	return load(dir, order, ModuleName(name), parameters)
}

// load inserts the modules in order. Only the module requested by its own name gets
// the caller's parameters. They follow its default parameters, so that the caller's
// take precedence.
func load(dir string, order []Module, requested, parameters string) error {
	for _, m := range order {
		options := m.Options
		if m.Name == requested {
			options = strings.TrimSpace(options + " " + parameters)
		}
		if err := insert(filepath.Join(dir, m.Path), options); err != nil {
			return fmt.Errorf("insert %s: %w", m.Name, err)
		}
	}
	return nil
}

func insert(path, options string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	err = unix.FinitModule(int(f.Fd()), options, 0)
	if errors.Is(err, unix.EEXIST) { // already loaded, or loaded by a concurrent request
		return nil
	}
	return err
}

func openIndex(dir string) (*Index, error) {
	f, err := os.Open(filepath.Join(dir, IndexName))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadIndex(f)
}

func modulesDir() (string, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "", err
	}
	return filepath.Join(ModulesDir, unix.ByteSliceToString(u.Release[:])), nil
}
