package vmtest

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// fixtures builds the kernel modules that no package has: fakeib, which is this
// project's, and drivers that Debian's kernels are built without. Everything else works
// on a machine without a compiler, so a failure is only reported, unless ctx ended.
func (c *Cache) fixtures(ctx context.Context, k Kernel, root, release string) []string {
	headers := filepath.Join(root, "usr/src/linux-headers-"+release)
	if err := relocate(root, headers); err != nil {
		c.log("kernel %s has no fakeib module, and none of %s: %v", k.Name, strings.Join(builtDrivers(), ", "), err)
		return nil
	}
	var modules []string
	module, err := buildFakeIB(ctx, root, headers)
	if err != nil {
		c.log("kernel %s has no fakeib module, and so no ipoib links: %v", k.Name, err)
	} else {
		modules = append(modules, module)
	}
	if !k.Drivers {
		return modules
	}
	drivers, err := c.buildDrivers(ctx, k, root, headers)
	if err != nil {
		c.log("kernel %s has no links of the kinds %s: %v", k.Name, strings.Join(builtDrivers(), ", "), err)
	}
	return append(modules, drivers...)
}

// buildFakeIB builds fakeib.ko beside root, where the packages are extracted.
func buildFakeIB(ctx context.Context, root, headers string) (string, error) {
	dir := filepath.Join(filepath.Dir(root), "fakeib")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, name := range []string{"fakeib.c", "Makefile"} {
		source, err := recipe.ReadFile("fakeib/" + name)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, name), source, 0o644); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "fakeib.ko"), buildModules(ctx, dir, headers)
}

// buildModules builds the modules of a directory with a Makefile. The guest lives for
// seconds: they are built without BTF, which needs the kernel's own file, and with the
// compiler of this machine.
func buildModules(ctx context.Context, dir, headers string) error {
	_, err := command(ctx, dir, "make", "-s", "-j4", "-C", headers, "M="+dir, "CC=gcc", "CONFIG_DEBUG_INFO=", "CONFIG_DEBUG_INFO_BTF_MODULES=",
		"CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=", "modules")
	return err
}

// relocate makes the headers and the build tools work below root.
func relocate(root, headers string) error {
	if err := relocateHeaders(root, headers); err != nil {
		return err
	}
	return relocateTools(root)
}

// relocateHeaders makes the headers' makefile look below root for the other half of
// the headers, which it names by an absolute path.
func relocateHeaders(root, headers string) error {
	file := filepath.Join(headers, "Makefile")
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	moved := strings.ReplaceAll(string(b), "/usr/src/", filepath.Join(root, "usr/src")+"/")
	return os.WriteFile(file, []byte(moved), 0o644)
}

// relocateTools makes the kernel's build tools run with the C library of their own
// suite, for which they were linked. Each tool is replaced by a script that starts
// it through the suite's dynamic linker.
func relocateTools(root string) error {
	kbuild, err := filepath.Glob(filepath.Join(root, "usr/lib/linux-kbuild-*"))
	if err != nil || len(kbuild) != 1 {
		return fmt.Errorf("%d sets of kernel build tools (%v)", len(kbuild), err)
	}
	linker, err := findLibrary(root, "ld-linux-x86-64.so.2")
	if err != nil {
		return err
	}
	var path []string
	for _, dir := range libraryDirs() {
		path = append(path, filepath.Join(root, dir))
	}
	start := fmt.Sprintf("#!/bin/sh\nexec '%s' --library-path '%s'", linker, strings.Join(path, ":"))
	return filepath.WalkDir(kbuild[0], func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.Contains(file, ".real-") {
			return err
		}
		return relocateTool(file, start)
	})
}

// relocateTool replaces a program by a script. Some tools are Debian launchers that
// choose a variant for the target, which is always amd64 here.
func relocateTool(file, start string) error {
	if p, err := readProgram(file); err != nil || p.interpreter == "" {
		return nil // a script or a makefile
	}
	program := file + ".elf"
	if err := os.Rename(file, program); err != nil {
		return err
	}
	for _, variant := range []string{".real-lsb-64", ".real-x86"} {
		if _, err := os.Stat(file + variant); err == nil {
			program = file + variant
		}
	}
	return os.WriteFile(file, fmt.Appendf(nil, "%s '%s' \"$@\"\n", start, program), 0o755)
}
