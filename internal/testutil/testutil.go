// Package testutil is for the tests of this module. It has scratch network
// namespaces, the output of `ip` for a link, skips that are accounted for, and a
// check that tests leave nothing behind. It does not use package iplink, so that its
// results are independent of that package and in-package tests can use it.
package testutil

import (
	"fmt"
	"os"
	"strings"

	"github.com/iplink-go/iplink/internal/rootless"
)

// denied is the reason why the test program could not get the privileges it lacks,
// or nil if it has them.
var denied error

// Main is called by a TestMain, with os.Exit around it; m is its *testing.M. If the
// program lacks privileges, it runs once more in a user namespace (see package
// rootless). If the tests pass but leave anything behind (see [Leftovers]), they
// fail. At the end, Main prints the skips.
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

// report returns the exit code for the given leftovers.
func report(left []string) (code int) {
	if len(left) == 0 {
		return 0
	}
	fmt.Fprintf(os.Stderr, "the tests left behind:\n%s\n", strings.Join(left, "\n"))
	return 1
}
