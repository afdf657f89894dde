package testutil

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// snapshot is what the process has at a time: goroutines by number, everything
// else by a description and how many there are.
type snapshot struct {
	goroutines map[string]bool
	resources  map[string]int
}

func take() snapshot {
	s := snapshot{map[string]bool{}, resources()}
	for id := range goroutines() {
		s.goroutines[id] = true
	}
	return s
}

// Leftovers returns a function that describes what the process has by then and
// did not have at the call of Leftovers: file descriptors, goroutines, threads
// in another network namespace, child processes, names of namespaces that
// [Name] gave. It waits a while for what is just ending. Meanwhile nothing is
// collected: that would close a file which somebody forgot to close.
func Leftovers() func() []string {
	return take().settled
}

func (s snapshot) settled() []string {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	left := s.left()
	for deadline := time.Now().Add(3 * time.Second); len(left) > 0 && time.Now().Before(deadline); left = s.left() {
		time.Sleep(10 * time.Millisecond)
	}
	return left
}

// left describes what exists now and did not exist then.
func (s snapshot) left() (left []string) {
	for what, n := range resources() {
		if more := n - s.resources[what]; more > 0 {
			left = append(left, fmt.Sprintf("%s (%d more)", what, more))
		}
	}
	for id, stack := range goroutines() {
		if !s.goroutines[id] {
			left = append(left, stack)
		}
	}
	return left
}

// goroutines returns the stacks by the goroutines' numbers, without that of
// package os/signal, which never ends.
func goroutines() map[string]string {
	stacks := map[string]string{}
	for stack := range strings.SplitSeq(allStacks(), "\n\n") {
		id, _, _ := strings.Cut(strings.TrimPrefix(stack, "goroutine "), " ")
		if !strings.Contains(stack, "os/signal.loop") {
			stacks[id] = stack
		}
	}
	return stacks
}

func allStacks() string {
	for size := 1 << 16; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size {
			return string(buf[:n])
		}
	}
}
