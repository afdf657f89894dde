package testutil

import (
	"flag"
	"os"
	"slices"
	"testing"
)

func TestSkipExamples(t *testing.T) {
	had, skip := denied, flag.Lookup("test.skip").Value
	pattern := skip.String()
	t.Cleanup(func() {
		denied = had
		skip.Set(pattern)
		delete(skips.tests, "permission denied")
	})
	denied = os.ErrPermission
	skipExamples()
	if got := skip.String(); got != "^Example" {
		t.Errorf("-test.skip=%s", got)
	}
	if tests := skips.tests["permission denied"]; !slices.Equal(tests, []string{"Example…"}) {
		t.Errorf("the summary has %q", tests)
	}
}
