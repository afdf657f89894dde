package testutil

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// An IPServer is an `ip -d -j`, or a `bridge -j`, that runs until the test ends and executes one command
// after the other. A process for each command takes an emulated processor some 30 ms, most
// of them to load libraries. It remembers the names and indexes of links that it has seen,
// as is seen after another program has renamed the link that a link refers to, and prints
// more with `address` after a `link`.
type IPServer struct {
	t        testing.TB
	name     string // of the command
	in       io.WriteCloser
	out      *bufio.Reader
	commands int
}

// NewIPServer starts `ip -d -j` in a network namespace.
func NewIPServer(t testing.TB, ns *os.File) *IPServer {
	t.Helper()
	return newServer(t, ns, "ip", "-d", "-j")
}

// NewBridgeServer starts `bridge -j` in a network namespace. It remembers the link of
// `vlan show dev` for later commands without dev.
func NewBridgeServer(t testing.TB, ns *os.File) *IPServer {
	t.Helper()
	return newServer(t, ns, "bridge", "-j")
}

func newServer(t testing.TB, ns *os.File, name string, options ...string) *IPServer {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, "this system has no %s command (iproute2)", name)
	}
	cmd := exec.Command(path, append(options, "-force", "-batch", "-")...)
	in, err := cmd.StdinPipe()
	Must(t, err)
	out, write, err := os.Pipe()
	Must(t, err)
	defer write.Close()
	cmd.Stdout, cmd.Stderr = write, write // in one pipe, so that they keep their order
	In(t, ns, func() { err = cmd.Start() })
	Must(t, err)
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait() // -force has it end with an error
		out.Close()
	})
	return &IPServer{t: t, name: name, in: in, out: bufio.NewReader(out)}
}

// nonsense is not a command. The error message about it ends the output of the one before.
const nonsense = "nonsense"

// Do executes a command and returns its output. If the command fails, so does the test.
func (s *IPServer) Do(command string) string {
	s.t.Helper()
	answer, failed := s.Try(command)
	if failed {
		s.t.Fatalf("%s %s: %s", s.name, command, answer)
	}
	return answer
}

// Try executes a command that may fail, and returns its output, with messages.
func (s *IPServer) Try(command string) (answer string, failed bool) {
	s.t.Helper()
	_, err := fmt.Fprintf(s.in, "%s\n%s\n", command, nonsense)
	Must(s.t, err)
	s.commands += 2
	end := fmt.Sprintf("Command failed -:%d\n", s.commands)
	var text strings.Builder
	for !strings.HasSuffix(text.String(), end) {
		line, err := s.out.ReadString('\n')
		if err != nil {
			s.t.Fatalf("%s %s: %v after %q", s.name, command, err, &text)
		}
		text.WriteString(line)
	}
	answer, _, _ = strings.Cut(text.String(), `Object "`+nonsense+`"`)
	return answer, strings.Contains(answer, fmt.Sprintf("Command failed -:%d\n", s.commands-1))
}

// Decode executes a command and decodes its output.
func (s *IPServer) Decode(v any, command string) {
	s.t.Helper()
	text := s.Do(command)
	if err := json.Unmarshal([]byte(text), v); err != nil {
		s.t.Fatalf("%s %s: %v in %s", s.name, command, err, text)
	}
}

// Link returns the report of `ip -d -j link show` about a link.
func (s *IPServer) Link(name string) map[string]any {
	s.t.Helper()
	var links []map[string]any
	if s.Decode(&links, "link show dev "+name); len(links) != 1 {
		s.t.Fatalf("%d links %s", len(links), name)
	}
	return links[0]
}
