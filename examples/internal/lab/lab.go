// Package lab is shared by the examples: it provides temporary namespaces, which are
// deleted when the program ends, and output for the steps of the program.
package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/topology"
)

// A Lab holds the namespaces of one example and its output.
type Lab struct {
	Out    io.Writer
	Prefix string // of the names of all namespaces
	Image  string // the file that Show writes an image to, if not empty

	all []*iplink.NetNS // the existing namespaces
}

// NetNS creates named namespaces, which Close deletes.
func (l *Lab) NetNS(names ...string) ([]*iplink.NetNS, error) {
	var made []*iplink.NetNS
	for _, name := range names {
		ns, err := iplink.CreateNetNS(l.Prefix + name)
		if errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("%w: delete it with `ip netns del %s`, or choose another -prefix", err, l.Prefix+name)
		}
		if err != nil {
			return nil, err
		}
		made, l.all = append(made, ns), append(l.all, ns)
	}
	return made, nil
}

// Close deletes the namespaces and with them their links.
func (l *Lab) Close() (err error) {
	for _, ns := range slices.Backward(l.all) {
		err = errors.Join(err, iplink.DeleteNetNS(ns.Name()), ns.Close())
	}
	l.all = nil
	return err
}

// Say prints a line.
func (l *Lab) Say(format string, args ...any) {
	fmt.Fprintf(l.Out, format+"\n", args...)
}

// Create makes links in a namespace, all or none, and prints the equivalent `ip`
// commands.
func (l *Lab) Create(ctx context.Context, ns *iplink.NetNS, links ...iplink.Spec) ([]*iplink.Link, error) {
	conn, err := ns.Dial()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	for _, link := range links {
		l.Say("%s$ %s", ns, link)
	}
	return conn.Create(ctx, links...)
}

// Update changes links in a namespace, all or none, and prints the equivalent
// commands.
func (l *Lab) Update(ctx context.Context, ns *iplink.NetNS, links ...iplink.Spec) error {
	conn, err := ns.Dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, link := range links {
		// A builder's String is the command to make the link; the same arguments
		// change it.
		l.Say("%s$ %s", ns, strings.Replace(link.String(), "ip link add ", "ip link set dev ", 1))
	}
	_, err = conn.Update(ctx, links...)
	return err
}

// Get returns a link of a namespace.
func Get(ctx context.Context, ns *iplink.NetNS, name string) (*iplink.Link, error) {
	conn, err := ns.Dial()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.Get(ctx, name)
}

// Dial opens a Conn in the namespace of a name, or in the program's own.
func Dial(name string, options ...iplink.DialOption) (*iplink.Conn, error) {
	if name == "" {
		return iplink.Dial(options...)
	}
	ns, err := iplink.OpenNetNS(name)
	if err != nil {
		return nil, err
	}
	defer ns.Close()
	return ns.Dial(options...)
}

// Show prints the existing links, and draws them if an image was requested.
func (l *Lab) Show(ctx context.Context) error {
	t, err := topology.ReadNetNS(ctx, l.all...)
	if err != nil {
		return err
	}
	l.Say("\nWhat there is now, read back:\n\n%s", t.Tree())
	if l.Image == "" {
		return nil
	}
	for _, ns := range t.NetNS {
		ns.Names[0] = strings.TrimPrefix(ns.Names[0], l.Prefix)
	}
	return os.WriteFile(l.Image, []byte(t.SVG()), 0o644)
}
