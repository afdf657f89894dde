package batadv

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// A lab is a namespace where this library makes links, and batctl reports how they are.
type lab struct {
	*testutil.Lab
}

func newLab(t *testing.T) *lab {
	t.Helper()
	return &lab{testutil.NewLab(t, iplink.KindBatadv)}
}

// on calls f with a Conn in the namespace.
func (l *lab) on(f func(*iplink.Conn)) {
	l.Helper()
	l.In(func() {
		c, err := iplink.Dial()
		testutil.Must(l, err)
		defer c.Close()
		f(c)
	})
}

// make makes links.
func (l *lab) make(specs ...iplink.Spec) (links []*iplink.Link) {
	l.Helper()
	l.on(func(c *iplink.Conn) {
		var err error
		links, err = c.Create(l.Context(), specs...)
		testutil.Must(l, err)
	})
	return links
}

// open opens a link, and closes it when the test ends.
func (l *lab) open(name string) *Device {
	l.Helper()
	return testutil.OpenedLink(l.Lab, name, Open)
}

// batctl runs batctl and returns its output.
func (l *lab) batctl(args ...string) string {
	l.Helper()
	out, err := l.Run("batctl", args...)
	if err != nil {
		l.Fatalf("batctl %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(out)
}

// A report is JSON of batctl: an object.
type report = map[string]any

// mesh returns the report of batctl about the settings of a mesh.
func (l *lab) mesh(name string) (r report) {
	l.Helper()
	testutil.Must(l, json.Unmarshal([]byte(l.batctl("meshif", name, "mesh_json")), &r))
	return r
}

// list returns a list of batctl, such as originators_json.
func (l *lab) list(name, what string) (all []report) {
	l.Helper()
	testutil.Must(l, json.Unmarshal([]byte(l.batctl("meshif", name, what)), &all))
	return all
}

// await repeats f until it reports success, for half a minute at most.
func (l *lab) await(what string, f func() bool) {
	l.Helper()
	for end := time.Now().Add(30 * time.Second); !f(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			l.Fatal("waited in vain for " + what)
		}
	}
}
