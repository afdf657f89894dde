package golden

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// StraceArgs are the arguments with which strace writes the bytes of each sent
// message, as Requests expects.
var StraceArgs = []string{"-f", "-qq", "-e", "trace=sendmsg", "-e", "write=all"}

// Requests returns the messages that were sent, from the output of strace.
func Requests(strace io.Reader) (requests [][]byte, err error) {
	lines := bufio.NewScanner(strace)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.Contains(line, "sendmsg("):
			requests = append(requests, nil)
		case len(requests) > 0 && strings.HasPrefix(line, " | "):
			if requests[len(requests)-1], err = appendDump(requests[len(requests)-1], line); err != nil {
				return nil, err
			}
		}
	}
	return requests, lines.Err()
}

// appendDump appends the bytes of a line such as
//
//	| 00000  64 00 00 00 10 00 05 06  2e 1c 23 67 00 00 00 00  d.........#g.... |
func appendDump(b []byte, line string) ([]byte, error) {
	const from, digits = 10, 3*16 + 1
	if len(line) < from+digits {
		return nil, fmt.Errorf("strace wrote %q", line)
	}
	more, err := hex.DecodeString(strings.ReplaceAll(line[from:from+digits], " ", ""))
	return append(b, more...), err
}
