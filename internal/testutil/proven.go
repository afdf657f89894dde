package testutil

import (
	"strings"
	"sync"
)

// record holds the results that tests have proven, in order.
type record struct {
	mu     sync.Mutex
	kernel string
	lines  []string
}

var proofs record

func (r *record) add(kernel, line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kernel = kernel
	r.lines = append(r.lines, line)
}

// summary returns an empty string if nothing is recorded.
func (r *record) summary() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lines) == 0 {
		return ""
	}
	return "settable attributes proven on Linux " + r.kernel + ":\n" + strings.Join(r.lines, "\n") + "\n"
}
