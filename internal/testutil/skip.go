package testutil

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// registry holds the names of the skipped tests by reason.
type registry struct {
	mu    sync.Mutex
	tests map[string][]string
}

var skips registry

// Skipf skips the test and records the reason for the summary that [Main] prints.
func Skipf(t testing.TB, format string, args ...any) {
	t.Helper()
	reason := fmt.Sprintf(format, args...)
	skips.add(reason, t.Name())
	t.Skip(reason)
}

func (r *registry) add(reason, test string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tests == nil {
		r.tests = map[string][]string{}
	}
	r.tests[reason] = append(r.tests[reason], test)
}

// summary returns an empty string if no test was skipped.
func (r *registry) summary() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	if len(r.tests) > 0 {
		b.WriteString("skipped:\n")
	}
	for _, reason := range slices.Sorted(maps.Keys(r.tests)) {
		fmt.Fprintf(&b, "  %s: %s\n", reason, strings.Join(r.tests[reason], ", "))
	}
	return b.String()
}
