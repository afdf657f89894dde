package nlmon

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

// ExportWrite writes a file with packets and statistics, for tests elsewhere.
func ExportWrite(name string, stats Stats, packets ...Packet) []byte {
	var b bytes.Buffer
	w := &writer{w: &b}
	w.begin(name)
	for _, p := range packets {
		w.packet(&p)
	}
	w.end(stats)
	return b.Bytes()
}

// short is a writer that takes less than there is and says nothing.
type short struct{ calls int }

func (s *short) Write(b []byte) (int, error) {
	s.calls++
	return len(b) - 1, nil
}

// TestShortWrite has a writer break its promise: nothing more is written.
func TestShortWrite(t *testing.T) {
	s := &short{}
	w := &writer{w: s}
	w.begin("nlmon0")
	w.packet(&Packet{Time: time.Unix(1, 0)})
	if s.calls != 1 || w.err == nil || errors.Unwrap(w.err) != nil {
		t.Errorf("%d calls, error %v", s.calls, w.err)
	}
}
