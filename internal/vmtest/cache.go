package vmtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// cacheVariable overrides the location of the cache.
const cacheVariable = "IPLINK_VMTEST_CACHE"

// recipe is the source code that determines the contents and the layout of a base
// image. When any of it changes, earlier images are no longer used.
//
//go:embed base.go contents.go cpio.go libraries.go modinfo.go modules.go vmlinux.go fixture.go drivers.go fakeib guest/index.go
var recipe embed.FS

// A Cache holds the fetched packages and the images built from them for every
// kernel. Several processes may use it at once.
type Cache struct {
	dir string
	log func(format string, args ...any)
}

// An Image is a kernel ready to boot.
type Image struct {
	Kernel   string // name in the matrix
	Release  string // the kernel's release, "6.12.117+deb13-amd64"
	Boot     string // file: the kernel
	Base     string // file: the initial RAM file system without init
	Packages string // file: names, versions and SHA-256 of the packages
	LibC     string // file: the guest's C library, to compare with the host's
}

// OpenCache returns the cache, which need not exist yet. Progress is reported to
// log.
func OpenCache(log func(format string, args ...any)) (*Cache, error) {
	dir := os.Getenv(cacheVariable)
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("no place for a cache (set %s): %w", cacheVariable, err)
		}
		dir = filepath.Join(user, "iplink-vmtest")
	}
	dir, err := filepath.Abs(dir)
	return &Cache{dir: dir, log: log}, err
}

// Image returns the kernel's image, and fetches and builds missing parts of it. If
// refresh is true, everything is fetched again.
func (c *Cache) Image(ctx context.Context, k Kernel, refresh bool) (*Image, error) {
	if !refresh {
		if image, ok := c.ready(k); ok {
			return image, nil
		}
	}
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return nil, err
	}
	unlock, err := lock(ctx, filepath.Join(c.dir, k.Name+".lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	if image, ok := c.ready(k); ok && !refresh { // another process was faster
		return image, nil
	}
	return c.build(ctx, k, refresh)
}

func (c *Cache) kernelDir(k Kernel) string { return filepath.Join(c.dir, k.Name) }

// ready returns the image that fits the current recipe, if there is one.
func (c *Cache) ready(k Kernel) (*Image, bool) {
	list, err := os.ReadFile(filepath.Join(c.kernelDir(k), "packages.txt"))
	if err != nil {
		return nil, false
	}
	image := c.describe(k, list)
	for _, file := range []string{image.Boot, image.Base, image.LibC} {
		if _, err := os.Stat(file); err != nil {
			return nil, false
		}
	}
	return image, true
}

// describe names the image's files. Their directory's name contains a hash of the
// packages and the recipe, so an existing file is always current.
func (c *Cache) describe(k Kernel, packageList []byte) *Image {
	dir := filepath.Join(c.kernelDir(k), "image-"+imageHash(packageList))
	release := regexp.MustCompile(`(?m)^linux-(?:image|binary)-(\S+)`).FindSubmatch(packageList)
	image := &Image{
		Kernel:   k.Name,
		Boot:     filepath.Join(dir, "vmlinux"),
		Base:     filepath.Join(dir, "base.cpio"),
		LibC:     filepath.Join(dir, "libc.so.6"),
		Packages: filepath.Join(c.kernelDir(k), "packages.txt"),
	}
	if release != nil {
		image.Release = strings.TrimSuffix(string(release[1]), "-unsigned")
	}
	return image
}

func imageHash(packageList []byte) string {
	h := sha256.New()
	h.Write(packageList)
	err := fs.WalkDir(recipe, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := recipe.ReadFile(name)
		h.Write(b)
		return err
	})
	if err != nil { // an embedded file system does not fail
		panic(err)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// build builds the missing parts of an image. The caller holds the kernel's lock.
func (c *Cache) build(ctx context.Context, k Kernel, refresh bool) (*Image, error) {
	list, err := os.ReadFile(filepath.Join(c.kernelDir(k), "packages.txt"))
	if err != nil || refresh || !listsAll(list, wantedPackages()) || !c.hasSources(k) {
		if list, err = c.fetch(ctx, k); err != nil {
			return nil, fmt.Errorf("fetch kernel %s: %w", k.Name, err)
		}
	}
	image := c.describe(k, list)
	if !strings.HasPrefix(image.Release, k.Name+".") {
		c.log("kernel %s of the matrix is now Debian's %s", k.Name, image.Release)
	}
	if err := c.buildImage(ctx, k, image); err != nil {
		return nil, fmt.Errorf("build the guest for kernel %s: %w", k.Name, err)
	}
	return image, c.prune(k, image)
}

// listsAll reports whether a list has all packages. An older recipe wanted fewer.
func listsAll(list []byte, packages []string) bool {
	for _, name := range packages {
		if !bytes.Contains(append([]byte("\n"), list...), []byte("\n"+name+" ")) {
			return false
		}
	}
	return true
}

// prune removes images of other recipes that are more than a day old, so that no
// process still uses them.
func (c *Cache) prune(k Kernel, keep *Image) error {
	images, err := filepath.Glob(filepath.Join(c.kernelDir(k), "image-*"))
	for _, dir := range images {
		info, statErr := os.Stat(dir)
		if statErr == nil && dir != filepath.Dir(keep.Boot) && time.Since(info.ModTime()) > 24*time.Hour {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}
	return err
}

// fetch downloads the packages and then writes their list, so the list exists only
// if all packages do.
func (c *Cache) fetch(ctx context.Context, k Kernel) ([]byte, error) {
	dir := c.kernelDir(k)
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	a := apt{dir: dir, kernel: k}
	if err := a.update(ctx); err != nil {
		return nil, err
	}
	names := append([]string{"linux-image-amd64"}, wantedPackages()...)
	plan, err := a.plan(ctx, regexp.MustCompile(keptPackages), names...)
	if err != nil {
		return nil, err
	}
	headers, err := a.plan(ctx, regexp.MustCompile(keptHeaders), "linux-headers-amd64")
	if err != nil {
		c.log("no headers of kernel %s: %v", k.Name, err)
	}
	plan = append(plan, headers...)
	c.log("fetching %d packages for kernel %s", len(plan), k.Name)
	if err := a.download(ctx, a.path("debs"), plan); err != nil {
		return nil, err
	}
	list, err := listPackages(a.path("debs"), plan)
	if err != nil {
		return nil, err
	}
	if k.Drivers {
		line, err := c.fetchSources(ctx, a, plan)
		if err != nil {
			c.log("no source of kernel %s: %v", k.Name, err)
		}
		list = append(list, line...)
	}
	if err := errors.Join(os.RemoveAll(a.path("cache")), os.RemoveAll(a.path("state"))); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "packages.txt")
	c.log("packages of kernel %s, with versions and checksums: %s", k.Name, file)
	return list, writeFile(file, list)
}

// listPackages returns lines of name, version, SHA-256 and file.
func listPackages(dir string, plan []debPackage) ([]byte, error) {
	var lines []string
	for _, p := range plan {
		files, err := filepath.Glob(filepath.Join(dir, p.Name+"_*.deb"))
		if err != nil || len(files) != 1 {
			return nil, fmt.Errorf("%s: %d files fetched for it", p.Name, len(files))
		}
		sum, err := fileSum(files[0])
		if err != nil {
			return nil, err
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s\n", p.Name, p.Version, sum, filepath.Base(files[0])))
	}
	slices.Sort(lines)
	return []byte(strings.Join(lines, "")), nil
}

func fileSum(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

// writeFile writes a file atomically.
func writeFile(name string, content []byte) error {
	partial := name + ".partial"
	if err := os.WriteFile(partial, content, 0o644); err != nil {
		return err
	}
	return os.Rename(partial, name)
}
