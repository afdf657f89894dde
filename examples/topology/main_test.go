//go:build linux

package main

import (
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/examples/internal/labtest"
	"github.com/iplink-go/iplink/internal/testutil"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "topology") }

// TestTopology has the program draw a bridge that only it can have found.
func TestTopology(t *testing.T) {
	name := testutil.Name(t)
	ns, err := iplink.CreateNetNS(name)
	if err != nil {
		t.Fatal(err)
	}
	defer iplink.DeleteNetNS(name)
	defer ns.Close()
	if _, err := bridge.New("br-drawn").NetNS(ns).Up().Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	for format, want := range map[string]string{
		"tree":    name + "\n└─ br-drawn: bridge\n",
		"mermaid": `["br-drawn: bridge"]`,
		"dot":     `[label="br-drawn: bridge"]`,
		"svg":     ">br-drawn: bridge</text>",
	} {
		out, status := labtest.Program(t, "topology -format "+format)
		if status != 0 || !strings.Contains(out, want) {
			t.Errorf("%s: exit status %d, %s", format, status, out)
		}
	}
	if out, status := labtest.Program(t, "topology -format crayon"); status != 2 || !strings.Contains(out, "Usage") {
		t.Errorf("exit status %d, %s", status, out)
	}
}
