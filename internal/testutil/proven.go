package testutil

import (
	"strings"
	"sync"
)

// record holds what tests have proven, in their order.
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

// summary is empty if nothing is on record.
func (r *record) summary() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lines) == 0 {
		return ""
	}
	return "settable attributes proven on Linux " + r.kernel + ":\n" + strings.Join(r.lines, "\n") + "\n"
}
