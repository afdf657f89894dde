package vmtest

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// File types in a cpio member's mode, as in stat(2).
const (
	modeFile    = 0o100000
	modeDir     = 0o040000
	modeSymlink = 0o120000
	modeChar    = 0o020000
)

// A cpioWriter writes an archive in the "newc" format, which the kernel unpacks at
// boot (Documentation/driver-api/early-userspace). Several archives may be
// concatenated. The first error is kept for Close.
type cpioWriter struct {
	w     io.Writer
	inode int
	size  int64
	have  map[string]bool // directories that already exist
	err   error
}

// newCPIO returns a writer. The existing directories are in an archive before this
// one: if such a directory is a link, the kernel would replace it by a directory if
// it occurred again.
func newCPIO(w io.Writer, existing ...string) *cpioWriter {
	c := &cpioWriter{w: w, have: map[string]bool{"": true, ".": true}}
	for _, dir := range existing {
		c.have[dir] = true
	}
	return c
}

// Dir adds a directory and its parents.
func (c *cpioWriter) Dir(name string, permissions int) {
	name = clean(name)
	if c.have[name] {
		return
	}
	c.parents(name)
	c.have[name] = true
	c.member(name, modeDir|permissions, 0, nil)
}

// File adds a regular file.
func (c *cpioWriter) File(name string, permissions int, content []byte) {
	c.parents(name)
	c.member(clean(name), modeFile|permissions, 0, content)
}

// Symlink adds a symbolic link.
func (c *cpioWriter) Symlink(name, target string) {
	c.parents(name)
	c.member(clean(name), modeSymlink|0o777, 0, []byte(target))
}

// Char adds a character device.
func (c *cpioWriter) Char(name string, permissions, major, minor int) {
	c.parents(name)
	c.member(clean(name), modeChar|permissions, major<<16|minor, nil)
}

// CopyFile adds a file of the host under the given name.
func (c *cpioWriter) CopyFile(name, from string, permissions int) {
	b, err := os.ReadFile(from)
	if err != nil && c.err == nil {
		c.err = err
	}
	c.File(name, permissions, b)
}

// Close ends the archive and returns the first error.
func (c *cpioWriter) Close() error {
	c.member("TRAILER!!!", 0, 0, nil)
	c.pad(512)
	return c.err
}

func (c *cpioWriter) parents(name string) {
	if dir := path.Dir(clean(name)); !c.have[dir] {
		c.Dir(dir, 0o755)
	}
}

func (c *cpioWriter) member(name string, mode, device int, content []byte) {
	c.inode++
	const links, uid, gid, mtime = 1, 0, 0, 0
	c.write(fmt.Appendf(nil, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00",
		c.inode, mode, uid, gid, links, mtime, len(content), 0, 0, device>>16, device&0xffff, len(name)+1, 0, name))
	c.pad(4)
	c.write(content)
	c.pad(4)
}

func (c *cpioWriter) pad(to int64) {
	if over := c.size % to; over != 0 {
		c.write(bytes.Repeat([]byte{0}, int(to-over)))
	}
}

func (c *cpioWriter) write(b []byte) {
	if c.err != nil {
		return
	}
	var n int
	n, c.err = c.w.Write(b)
	c.size += int64(n)
}

// clean returns a name relative to the archive's root.
func clean(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }
