// Package testutil is for the tests of this module: scratch network
// namespaces, what `ip` says about a link, skips that are accounted for, and a
// check that tests leave nothing behind. It uses nothing of package iplink, so
// that what it says about that package is independent, and in-package tests
// can use it.
package testutil

import (
	"fmt"
	"os"
	"strings"

	"github.com/iplink-go/iplink/internal/rootless"
)

// denied is why the test program could not get the privileges it lacks, nil if
// it has them.
var denied error

// Main is what a TestMain calls, with os.Exit around it; m is its *testing.M.
// If the program lacks privileges it runs once more in a user namespace (see
// package rootless). After the tests have passed, whatever they left behind,
// see [Leftovers], makes them fail. Last it prints the skips.
func Main(m interface{ Run() int }) int {
	reexecuted, code, err := rootless.Reexec()
	if reexecuted {
		return code
	}
	if denied = err; denied != nil {
		skipExamples()
	}
	leftovers := Leftovers()
	if code = m.Run(); code == 0 {
		code = report(leftovers())
	}
	fmt.Fprint(os.Stderr, proofs.summary(), skips.summary())
	return code
}

// report returns the exit code for what was left behind.
func report(left []string) (code int) {
	if len(left) == 0 {
		return 0
	}
	fmt.Fprintf(os.Stderr, "the tests left behind:\n%s\n", strings.Join(left, "\n"))
	return 1
}
