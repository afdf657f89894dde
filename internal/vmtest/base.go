package vmtest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/iplink-go/iplink/internal/vmtest/guest"
)

// guestLibraries is the guest's only directory of shared libraries; the other usual
// names are links to it.
const guestLibraries = "usr/lib/x86_64-linux-gnu"

// buildImage builds the image's directory from the fetched packages: it extracts
// them beside it, takes the files that the guest needs, and removes the rest.
func (c *Cache) buildImage(ctx context.Context, k Kernel, image *Image) error {
	dir := filepath.Dir(image.Boot)
	partial := dir + ".partial"
	root := filepath.Join(partial, "root")
	if err := os.RemoveAll(partial); err != nil {
		return err
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	defer os.RemoveAll(partial)
	if err := extract(ctx, filepath.Join(c.kernelDir(k), "debs"), root); err != nil {
		return err
	}
	kernel, err := findKernel(root, image.Release)
	if err != nil {
		return err
	}
	if err := unpackKernel(ctx, kernel, filepath.Join(partial, "vmlinux")); err != nil {
		return err
	}
	base := baseBuilder{root: root, release: image.Release, fixtures: c.fixtures(ctx, k, root, image.Release)}
	if ctx.Err() != nil { // or the image would stay without them
		return ctx.Err()
	}
	if err := base.write(ctx, filepath.Join(partial, "base.cpio"), filepath.Join(partial, "libc.so.6")); err != nil {
		return err
	}
	if err := os.RemoveAll(root); err != nil {
		return err
	}
	return os.Rename(partial, dir)
}

// findKernel returns the kernel's file, which 7.x keeps beside its modules.
func findKernel(root, release string) (string, error) {
	for _, name := range []string{"boot/vmlinuz-" + release, "usr/lib/modules/" + release + "/vmlinuz"} {
		file := filepath.Join(root, name)
		if _, err := os.Stat(file); err == nil {
			return file, nil
		}
	}
	return "", fmt.Errorf("no package has the kernel %s", release)
}

// extract unpacks all packages of a directory.
func extract(ctx context.Context, debs, root string) error {
	files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if _, err := command(ctx, debs, "dpkg-deb", "-x", file, root); err != nil {
			return err
		}
	}
	return nil
}

// A baseBuilder writes the part of the initial RAM file system that is the same for
// every run: programs, libraries and modules.
type baseBuilder struct {
	root     string // the extracted packages
	release  string
	fixtures []string // .ko files built here
	cpio     *cpioWriter
}

func (b *baseBuilder) write(ctx context.Context, archive, libc string) error {
	f, err := os.Create(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	out := bufio.NewWriter(f)
	b.cpio = newCPIO(out)
	b.skeleton()
	if err := b.programs(libc); err != nil {
		return err
	}
	if err := b.data(); err != nil {
		return err
	}
	if err := b.modules(ctx); err != nil {
		return err
	}
	if err := b.cpio.Close(); err != nil {
		return err
	}
	return out.Flush()
}

// skeleton adds the directories, and the few files that programs expect on any
// system. tcpdump switches to the user of its own name.
func (b *baseBuilder) skeleton() {
	for _, dir := range []string{"proc", "sys", "dev", "run", "root", "etc", "var", "mnt", "usr/bin", "usr/sbin", guestLibraries} {
		b.cpio.Dir(dir, 0o755)
	}
	b.cpio.Dir("tmp", 0o1777)
	for name, target := range mergedUsr() {
		b.cpio.Symlink(name, target)
	}
	b.cpio.Symlink("usr/lib64", "lib/x86_64-linux-gnu")
	b.cpio.Symlink("var/run", "/run")
	b.cpio.Symlink("usr/bin/sh", "dash")
	b.cpio.Symlink(guest.ModprobePath, "/init")
	b.cpio.Char("dev/console", 0o600, 5, 1)
	for name, content := range map[string]string{
		"etc/passwd":        "root:x:0:0:root:/root:/bin/sh\ntcpdump:x:100:100::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n",
		"etc/group":         "root:x:0:\ntcpdump:x:100:\nnogroup:x:65534:\n",
		"etc/hosts":         "127.0.0.1 localhost\n::1 localhost\n",
		"etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
	} {
		b.cpio.File(name, 0o644, []byte(content))
	}
}

// mergedUsr returns the links that merge / and /usr.
func mergedUsr() map[string]string {
	return map[string]string{"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64"}
}

// programs adds the programs and their libraries, and copies the C library beside
// the archive.
func (b *baseBuilder) programs(libc string) error {
	var files []string
	for _, name := range wantedPrograms() {
		file, dir, err := b.find(name)
		if err != nil {
			return err
		}
		b.cpio.CopyFile(filepath.Join(dir, name), file, 0o755)
		files = append(files, file)
	}
	found, err := libraries(b.root, files...)
	if err != nil {
		return err
	}
	for name, file := range found {
		b.cpio.CopyFile(filepath.Join(guestLibraries, name), file, 0o755)
	}
	content, err := os.ReadFile(found["libc.so.6"])
	if err != nil {
		return err
	}
	return os.WriteFile(libc, content, 0o644)
}

// find returns a program's file, and its directory in a merged /usr.
func (b *baseBuilder) find(name string) (file, dir string, err error) {
	for _, dir := range []string{"usr/bin", "usr/sbin", "bin", "sbin"} {
		file := filepath.Join(b.root, dir, name)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			return file, filepath.Join("usr", filepath.Base(dir)), nil
		}
	}
	return "", "", fmt.Errorf("no package has the program %s", name)
}

// data adds the tables that the programs read.
func (b *baseBuilder) data() error {
	for _, dir := range wantedData() {
		err := filepath.WalkDir(filepath.Join(b.root, dir), func(file string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || filepath.Ext(file) == ".so" {
				return nil // another suite keeps this table elsewhere
			}
			name, err := filepath.Rel(b.root, file)
			b.cpio.CopyFile(name, file, 0o644)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// modules adds the modules and their index.
func (b *baseBuilder) modules(ctx context.Context) error {
	tree, err := findModules(b.root, b.release)
	if err != nil {
		return err
	}
	names := wantedModules()
	for _, file := range b.fixtures {
		name, _ := moduleOfFile(filepath.Base(file))
		tree.files[name] = file
		names = append(names, name)
	}
	modules, err := tree.closure(ctx, names)
	if err != nil {
		return err
	}
	dir := filepath.Join(guest.ModulesDir, b.release)
	for i, m := range modules {
		file := tree.files[m.Name]
		modules[i].Path = "kernel/" + filepath.Base(file)
		b.cpio.CopyFile(filepath.Join(dir, modules[i].Path), file, 0o644)
	}
	var index bytes.Buffer
	if err := guest.NewIndex(modules).Write(&index); err != nil {
		return err
	}
	b.cpio.File(filepath.Join(dir, guest.IndexName), 0o644, index.Bytes())
	return nil
}
