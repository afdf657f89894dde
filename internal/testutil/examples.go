package testutil

import "flag"

// skipExamples skips the examples, which cannot skip themselves, if the system gives
// no privileges. A -test.skip on the command line is parsed later and overrides it.
func skipExamples() {
	if err := flag.Set("test.skip", "^Example"); err == nil {
		skips.add(denied.Error(), "Example…")
	}
}
