// Package testutil is for the tests of this module: scratch network
// namespaces, what `ip` says about a link, skips that are accounted for, and a
// check that tests leave nothing behind. It uses nothing of package iplink, so
// that what it says about that package is independent, and in-package tests
// can use it.
package testutil

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/iplink-go/iplink/internal/rootless"
)

// denied is why the test program could not get the privileges it lacks, nil if
// it has them.
var denied error

// Main is what a TestMain calls, with os.Exit around it; m is its *testing.M.
// If the program lacks privileges it runs once more in a user namespace (see
// package rootless). After the tests have passed, whatever they left behind
// makes them fail: file descriptors, goroutines, threads in another network
// namespace, child processes, names of namespaces that [Name] gave. Last it
// prints the skips.
func Main(m interface{ Run() int }) int {
	reexecuted, code, err := rootless.Reexec()
	if reexecuted {
		return code
	}
	if denied = err; denied != nil {
		skipExamples()
	}
	before := take()
	if code = m.Run(); code == 0 {
		code = report(before)
	}
	fmt.Fprint(os.Stderr, proofs.summary(), skips.summary())
	return code
}

// report waits a while for what is just ending. Meanwhile nothing is
// collected: that would close a file which the tests forgot to close.
func report(before snapshot) (code int) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	left := before.left()
	for deadline := time.Now().Add(3 * time.Second); len(left) > 0 && time.Now().Before(deadline); left = before.left() {
		time.Sleep(10 * time.Millisecond)
	}
	if len(left) == 0 {
		return 0
	}
	fmt.Fprintf(os.Stderr, "the tests left behind:\n%s\n", strings.Join(left, "\n"))
	return 1
}
