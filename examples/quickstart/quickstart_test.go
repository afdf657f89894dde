//go:build linux

package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

func TestMain(m *testing.M) {
	os.Exit(testutil.Main(m))
}

// newTestLab returns a lab that nothing else uses, and what it tells.
func newTestLab(t *testing.T) (*lab, *strings.Builder) {
	t.Helper()
	testutil.Need(t, "vxlan")
	if !hasIPv6() {
		testutil.Skipf(t, "this kernel was started without IPv6")
	}
	var told strings.Builder
	l := newLab(testutil.Name(t)+"-", narrator{&told})
	t.Cleanup(func() {
		if err := l.cleanUp(); err != nil {
			t.Error(err)
		}
		deleteAll(t, l.prefix)
	})
	return l, &told
}

func buildTestLab(t *testing.T) *lab {
	t.Helper()
	l, _ := newTestLab(t)
	if err := l.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

// names returns the named namespaces with a prefix.
func names(t *testing.T, prefix string) []string {
	t.Helper()
	all, err := iplink.ListNetNS()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(name string) bool { return !strings.HasPrefix(name, prefix) })
}

func TestQuickstart(t *testing.T) {
	l, _ := newTestLab(t)
	var told strings.Builder
	if err := run(t.Context(), &told, options{prefix: l.prefix}); err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(told.String(), l.prefix, "")
	if !strings.Contains(text, wantTree) {
		t.Error("the tree is not as it should be")
	}
	for _, ping := range []string{"web1 to web2, 10.20.0.21", "web1 to db2, 10.20.0.22", "db1 to web2, 10.20.0.21",
		"db1 to db2, 10.20.0.22", "web1 to web2, 2001:db8:20::21", "web1 to db2, 2001:db8:20::22",
		"db1 to web2, 2001:db8:20::21", "db1 to db2, 2001:db8:20::22"} {
		if !regexp.MustCompile(`\n  ` + regexp.QuoteMeta(ping) + ` +\d+\.\d\d ms\n`).MatchString(text) {
			t.Errorf("no %q", ping)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
	if left := names(t, l.prefix); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func deleteAll(t *testing.T, prefix string) {
	for _, name := range names(t, prefix) {
		if err := iplink.DeleteNetNS(name); err != nil {
			t.Error(err)
		}
	}
}
