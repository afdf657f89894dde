package lab

import (
	"cmp"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// Layer3 is the report of `ip` about a link above the link layer. Lifetimes are as
// they were given up to a few seconds.
type Layer3 struct {
	Addrs, Routes, Neighs []map[string]any
}

// Layer3Of returns the report of `ip` about a link above the link layer.
func Layer3Of(t testing.TB, file *os.File, name string) Layer3 {
	t.Helper()
	ns := &testutil.Lab{TB: t, File: file}
	var links []struct {
		Info []map[string]any `json:"addr_info"`
	}
	ns.Decode(&links, "-d", "-j", "address", "show", "dev", name)
	var said Layer3
	for _, a := range links[0].Info {
		if local, _ := a["local"].(string); !strings.HasPrefix(local, "fe80:") {
			said.Addrs = append(said.Addrs, a)
		}
	}
	for _, family := range []string{"-4", "-6"} {
		var routes []map[string]any
		ns.Decode(&routes, family, "-d", "-j", "route", "show", "table", "all", "dev", name)
		for _, r := range routes {
			if dst, _ := r["dst"].(string); r["type"] == "unicast" && !strings.HasPrefix(dst, "fe80:") {
				said.Routes = append(said.Routes, r)
			}
		}
	}
	out := strings.TrimSpace(ns.IP("-j", "neigh", "show", "nud", "all", "dev", name))
	if err := json.Unmarshal([]byte(cmp.Or(out, "[]")), &said.Neighs); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	said.Neighs = slices.DeleteFunc(said.Neighs, func(n map[string]any) bool { // neighbours that are groups
		dst, _ := n["dst"].(string)
		return strings.HasPrefix(dst, "ff0") || strings.HasPrefix(dst, "224.")
	})
	said.steady()
	return said
}

// steady rounds remaining lifetimes to hundreds of seconds, and leaves out entries that come and go.
func (said *Layer3) steady() {
	for _, a := range said.Addrs {
		delete(a, "tentative")
		for _, key := range []string{"valid_life_time", "preferred_life_time"} {
			if left, _ := a[key].(float64); left != 4294967295 {
				a[key] = float64(int(left+99) / 100)
			}
		}
	}
	for _, r := range said.Routes {
		delete(r, "flags")
		delete(r, "expires")
	}
	for _, n := range said.Neighs {
		delete(n, "used")
	}
	byText := func(a, b map[string]any) int { return strings.Compare(asJSON(a), asJSON(b)) }
	slices.SortFunc(said.Neighs, byText)
	slices.SortFunc(said.Routes, byText)
	slices.SortFunc(said.Addrs, byText)
}

func asJSON(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// Mended has Ensure make a number of differences right.
func Mended(t *testing.T, c *iplink.Conn, s iplink.Spec, differences int, why any) {
	t.Helper()
	changes, err := c.Ensure(t.Context(), s)
	if err != nil {
		t.Fatalf("after %v: %v", why, err)
	}
	if got := changes[0].Differences; len(got) != differences {
		t.Errorf("after %v: %d differences, want %d: %v", why, len(got), differences, got)
	}
}
