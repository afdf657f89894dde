package team

import (
	"bytes"
	"errors"
	"strings"
)

// Messages consist of lines: a word, the name of a method or the code of an error, and
// arguments or a text. In an argument a line feed is \n, and a backslash is \\.
const (
	wordRequest = "REQUEST"
	wordSuccess = "REPLY_SUCCESS"
	wordError   = "REPLY_ERROR"

	// mostMessage is the maximum length of a request in bytes.
	mostMessage = 1 << 16
)

// parseRequest returns the method and the arguments in a message. Empty lines do not
// count.
func parseRequest(message []byte) (method string, args []string, err error) {
	if len(message) > mostMessage {
		return "", nil, errLong
	}
	if bytes.IndexByte(message, 0) >= 0 {
		return "", nil, errMessage
	}
	lines := strings.FieldsFunc(string(message), func(c rune) bool { return c == '\n' })
	if len(lines) < 2 || lines[0] != wordRequest {
		return "", nil, errMessage
	}
	for _, line := range lines[2:] {
		arg, ok := unescape(line)
		if !ok {
			return "", nil, errArgs
		}
		args = append(args, arg)
	}
	return lines[1], args, nil
}

// unescape returns an argument, and false if it has an unknown escape sequence.
func unescape(line string) (arg string, ok bool) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(line, `\`)
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		switch {
		case strings.HasPrefix(after, "n"):
			b.WriteByte('\n')
		case strings.HasPrefix(after, `\`):
			b.WriteByte('\\')
		default:
			return "", false
		}
		line = after[1:]
	}
}

// replyTo returns the reply with a text, or with an error.
func replyTo(text string, err error) []byte {
	if err == nil {
		return []byte(wordSuccess + "\n" + text)
	}
	e, ok := errors.AsType[*controlError](err)
	if !ok {
		e = &controlError{"Failed", err.Error()}
	}
	return []byte(wordError + "\n" + e.code + "\n" + strings.ReplaceAll(e.text, "\n", " ") + "\n")
}
