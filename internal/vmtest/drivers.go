package vmtest

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// The package of a kernel's source is large and only a few files of it are needed: they
// are kept beside the packages, and the package is not.

// sourceDir returns the directory of the kept files.
func (c *Cache) sourceDir(k Kernel) string {
	return filepath.Join(c.kernelDir(k), "source")
}

// sourceFiles returns the wanted files of a kernel's source.
func sourceFiles() []string {
	var files []string
	for _, name := range builtDrivers() {
		files = append(files, driverSources()[name]...)
	}
	return files
}

// sourcesList names the list of the files that were wanted when the source was fetched.
const sourcesList = "wanted.txt"

// hasSources reports whether the source was fetched by the present recipe.
func (c *Cache) hasSources(k Kernel) bool {
	if !k.Drivers {
		return true
	}
	list, err := os.ReadFile(filepath.Join(c.sourceDir(k), sourcesList))
	return err == nil && string(list) == strings.Join(sourceFiles(), "\n")
}

// fetchSources fetches the source of the kernel whose build tools are in the plan, keeps
// the wanted files, and returns the package's line for the list. A kernel can be used
// without.
func (c *Cache) fetchSources(ctx context.Context, a apt, plan []debPackage) (line []byte, err error) {
	p, err := sourcePackage(plan)
	if err != nil {
		return nil, err
	}
	debs := a.path("source.deb")
	defer os.RemoveAll(debs)
	if err := os.MkdirAll(debs, 0o755); err != nil {
		return nil, err
	}
	if err := a.download(ctx, debs, []debPackage{p}); err != nil {
		return nil, err
	}
	if line, err = listPackages(debs, []debPackage{p}); err != nil {
		return nil, err
	}
	dir := c.sourceDir(a.kernel)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	deb := filepath.Join(debs, strings.Fields(string(line))[3])
	if err := extractSources(ctx, deb, dir); err != nil {
		return nil, err
	}
	return line, writeFile(filepath.Join(dir, sourcesList), []byte(strings.Join(sourceFiles(), "\n")))
}

// sourcePackage returns the package of the source that belongs to the build tools of a
// plan, linux-kbuild-6.12.118+deb13 for example.
func sourcePackage(plan []debPackage) (debPackage, error) {
	for _, p := range plan {
		if m := regexp.MustCompile(`^linux-kbuild-(\d+\.\d+)`).FindStringSubmatch(p.Name); m != nil {
			return debPackage{"linux-source-" + m[1], p.Version}, nil
		}
	}
	return debPackage{}, errors.New("without the kernel's headers it is of no use")
}

// extractSources extracts the wanted files of a package of a kernel's source, which
// holds one compressed archive, into a directory without subdirectories. It reads no
// further than the directory of the drivers.
func extractSources(ctx context.Context, deb, dir string) error {
	ctx, stop := context.WithCancel(ctx)
	outer := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", deb)
	inner := exec.CommandContext(ctx, "xz", "-d", "-c", "-T0")
	defer func() { // ends programs whose output nothing reads any more
		stop()
		_ = outer.Wait()
		_ = inner.Wait()
	}()
	packed, err := startPiped(outer)
	if err != nil {
		return err
	}
	if inner.Stdin, err = entry(tar.NewReader(packed), ".tar.xz"); err != nil {
		return err
	}
	unpacked, err := startPiped(inner)
	if err != nil {
		return err
	}
	return extractFiles(tar.NewReader(unpacked), dir)
}

// startPiped starts a program and returns its output.
func startPiped(cmd *exec.Cmd) (io.Reader, error) {
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	return out, err
}

// entry returns the contents of the first file of an archive whose name ends like that.
func entry(archive *tar.Reader, ending string) (io.Reader, error) {
	for {
		header, err := archive.Next()
		if err != nil {
			return nil, fmt.Errorf("no file *%s in the package: %w", ending, err)
		}
		if strings.HasSuffix(header.Name, ending) {
			return archive, nil
		}
	}
}

// extractFiles extracts the wanted files of a kernel's source. All names begin with the
// same directory, and are sorted.
func extractFiles(archive *tar.Reader, dir string) error {
	wanted := sourceFiles()
	last := slices.MaxFunc(wanted, comparePaths)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		_, name, _ := strings.Cut(header.Name, "/")
		switch {
		case comparePaths(name, last) > 0:
			return nil
		case !slices.Contains(wanted, name):
			continue
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, path.Base(name)), content, 0o644); err != nil {
			return err
		}
	}
}

// comparePaths compares names in the order of an archive of directories.
func comparePaths(a, b string) int {
	return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/"))
}

// buildDrivers builds the drivers whose source was fetched, all with one run of make.
func (c *Cache) buildDrivers(ctx context.Context, k Kernel, root, headers string) ([]string, error) {
	dir := filepath.Join(filepath.Dir(root), "drivers")
	if err := os.CopyFS(dir, os.DirFS(c.sourceDir(k))); err != nil {
		return nil, err
	}
	var makefile strings.Builder
	var modules []string
	for _, name := range builtDrivers() {
		if objects, ok := objectsOf(dir, name); ok {
			fmt.Fprintf(&makefile, "obj-m += %s.o\n%s", name, objects)
			modules = append(modules, filepath.Join(dir, name+".ko"))
		}
	}
	if len(modules) == 0 {
		return nil, fs.ErrNotExist
	}
	if err := os.WriteFile(filepath.Join(dir, "Makefile"), []byte(makefile.String()), 0o644); err != nil {
		return nil, err
	}
	if err := buildModules(ctx, dir, headers); err != nil {
		return nil, err
	}
	return modules, nil
}

// objectsOf returns the line of a makefile for a driver of several files, and false if a
// file is missing in the directory.
func objectsOf(dir, driver string) (line string, ok bool) {
	for _, file := range driverSources()[driver] {
		base := path.Base(file)
		if _, err := os.Stat(filepath.Join(dir, base)); err != nil {
			return "", false
		}
		if object, is := strings.CutSuffix(base, ".c"); is && object != driver {
			line += fmt.Sprintf("%s-y += %s.o\n", driver, object)
		}
	}
	return line, true
}
