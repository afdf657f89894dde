package testutil

import "flag"

// skipExamples leaves out the examples, which have no way to skip themselves,
// where the system gives no privileges. What the command line says about
// skipping comes later and overrides it.
func skipExamples() {
	if err := flag.Set("test.skip", "^Example"); err == nil {
		skips.add(denied.Error(), "Example…")
	}
}
