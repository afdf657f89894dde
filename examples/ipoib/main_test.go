//go:build linux

package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/examples/internal/labtest"
	"github.com/iplink-go/iplink/internal/testutil"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "ipoib") }

// TestIPoIB needs the fake InfiniBand device of the kernels of the matrix, which
// has no network behind it: no packet can go out.
func TestIPoIB(t *testing.T) {
	testutil.NetNS(t) // skips without privileges
	if !testutil.Matrix() {
		testutil.Skipf(t, "needs the fake InfiniBand device of the kernels of the matrix")
	}
	if out, err := exec.Command("modprobe", "fakeib").CombinedOutput(); err != nil {
		if strings.Contains(string(out), "no such module") {
			testutil.Skipf(t, "this guest has no fakeib module: the host could not build it")
		}
		t.Fatalf("modprobe fakeib: %v: %s", err, out)
	}
	o := options{parent: "ib0", pkey: 0x9234, addr: "10.0.0.1/24"}
	labtest.Run(t, o.run, nil,
		`^ipoib0 is in partition 0x9234, mode datagram, MTU \d+, address [0-9a-f:]{59}$`,
		`^└─ ipoib0: ipoib 0x9234(, on link \d+)?, 10\.0\.0\.1/24$`,
		`^no packet was sent: name an address with -ping$`)
}

func TestNoAdapter(t *testing.T) {
	l, _ := labtest.New(t)
	o := options{parent: "nosuch0", addr: "10.0.0.1/24"}
	err := o.run(t.Context(), l)
	if err == nil || !strings.Contains(err.Error(), "no InfiniBand link nosuch0: name one with -parent") {
		t.Error(err)
	}
}

// TestStatus has the program itself say so.
func TestStatus(t *testing.T) {
	labtest.New(t) // skips without privileges
	out, status := labtest.Program(t, "ipoib -parent nosuch0")
	if status != 1 || !strings.HasPrefix(out, "ipoib: this machine, or this user, has no InfiniBand link") {
		t.Errorf("exit status %d, %s", status, out)
	}
}
