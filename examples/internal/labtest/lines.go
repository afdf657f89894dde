package labtest

import (
	"strings"
	"testing"
	"time"
)

// Lines passes on the lines that an example prints while it runs.
type Lines chan string

// Write is part of io.Writer.
func (c Lines) Write(b []byte) (int, error) {
	c <- string(b)
	return len(b), nil
}

// Await waits for a line with a text.
func (c Lines) Await(t *testing.T, text string) {
	t.Helper()
	for patience := time.After(30 * time.Second); ; {
		select {
		case line := <-c:
			if strings.Contains(line, text) {
				return
			}
			t.Logf("%s", line)
		case <-patience:
			t.Fatalf("there is no line with %q", text)
		}
	}
}
