package testutil

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// Requests reads requests that a command was seen to send, from lines of the
// command, after "# ", and the bytes in hexadecimal, the sequence number 0. It
// returns them by command.
func Requests(t testing.TB, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	requests, command := map[string]string{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "# "); ok {
			command = rest
		} else if line != "" {
			requests[command] = line
		}
	}
	return requests
}

// Request returns a request as the lines that Requests reads have it.
func Request(request []byte) string {
	b := append([]byte(nil), request...)
	clear(b[8:12])
	return hex.EncodeToString(b)
}
