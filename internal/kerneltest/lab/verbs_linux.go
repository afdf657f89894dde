package lab

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
)

// A Verb is a method of a Conn such as Create or Update.
type Verb = func(*iplink.Conn, context.Context, ...iplink.Spec) ([]*iplink.Link, error)

// MustDo makes or changes links and fails the test if that fails.
func MustDo(t *testing.T, ns *os.File, verb Verb, specs ...iplink.Spec) []*iplink.Link {
	t.Helper()
	links, err := InNetNS(t, ns, func(c *iplink.Conn) ([]*iplink.Link, error) { return verb(c, t.Context(), specs...) })
	if err != nil {
		t.Fatal(err)
	}
	return links
}

// Refused demands that a request was refused before it was sent, naming the
// setting.
func Refused(t *testing.T, err error, attr, text string) {
	t.Helper()
	named, ok := errors.AsType[*iplink.Error](err)
	if !ok || !errors.Is(err, fs.ErrInvalid) || named.Attr != attr || !strings.Contains(named.Message, text) {
		t.Errorf("error %v, want a refusal of %s: %s", err, attr, text)
	}
}

// Updated changes a link and fails the test if that fails.
func Updated(t *testing.T, c *iplink.Conn, s iplink.Spec) *iplink.Link {
	t.Helper()
	links, err := c.Update(t.Context(), s)
	if err != nil {
		t.Fatalf("%v: %v", s, err)
	}
	return links[0]
}

// MustCreate makes links and fails the test if that fails.
func MustCreate(t *testing.T, c *iplink.Conn, specs ...iplink.Spec) []*iplink.Link {
	t.Helper()
	links, err := c.Create(t.Context(), specs...)
	if err != nil {
		t.Fatal(err)
	}
	return links
}

// Ensured runs Ensure and fails the test unless it reports the expected changes.
func Ensured(t *testing.T, c *iplink.Conn, spec iplink.Spec, created bool, attrs ...string) *iplink.Change {
	t.Helper()
	all, err := c.Ensure(t.Context(), spec)
	if err != nil {
		t.Fatalf("%v\n%v", err, spec)
	}
	if got := all[0]; got.Created != created || !slices.Equal(names(got.Differences), attrs) {
		t.Fatalf("created %v, differences %v; want %v, %v", got.Created, got.Differences, created, attrs)
	}
	return all[0]
}

// names returns the attributes that differ.
func names(diffs []iplink.Difference) []string {
	var all []string
	for _, d := range diffs {
		all = append(all, d.Attr)
	}
	return all
}

// Creating returns an operation that makes links.
func Creating(specs ...iplink.Spec) func(context.Context, *iplink.Conn) error {
	return func(ctx context.Context, c *iplink.Conn) error {
		_, err := c.Create(ctx, specs...)
		return err
	}
}

// CreatingBy returns an operation of one Conn that makes links.
func CreatingBy(c *iplink.Conn, specs []iplink.Spec) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := c.Create(ctx, specs...)
		return err
	}
}

// Updating returns an operation that changes a link.
func Updating(spec iplink.Spec) func(context.Context, *iplink.Conn) error {
	return func(ctx context.Context, c *iplink.Conn) error {
		_, err := c.Update(ctx, spec)
		return err
	}
}

// ErrorLinks are there before each operation that fails.
var ErrorLinks = []string{
	"link add br0 type bridge", "link add under type veth peer name under1",
	"link add vx0 type vxlan id 7 dstport 4789", "link property add dev vx0 altname tunnel",
}
