package testutil

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// snapshot is the state of the process at one time: goroutines by number, and all
// other resources by description and count.
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

// Leftovers returns a function that describes the resources that the process has
// acquired since the call of Leftovers: file descriptors, goroutines, threads in
// another network namespace, child processes, and namespace names returned by
// [Name]. The function waits a while for resources that are just being released.
// Meanwhile the garbage collector is off, since it would close files that the tests
// forgot to close.
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

// left describes the resources that exist now but not in s.
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

// goroutines returns the stacks by goroutine number, except for the goroutine of
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
