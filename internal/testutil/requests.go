package testutil

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// Requests reads recorded requests of commands from a file. A line with the command
// after "# " precedes a line with the bytes in hexadecimal, with sequence number 0.
// It returns the requests by command.
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

// Request returns a request in the format of the lines that Requests reads.
func Request(request []byte) string {
	b := append([]byte(nil), request...)
	clear(b[8:12])
	return hex.EncodeToString(b)
}
