package netns

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// UDPOwner describes the process that has a UDP port of a namespace, or returns an
// empty string if it cannot be determined. The kernel's own sockets belong to no
// process. The function enter runs another one in the namespace.
func UDPOwner(enter func(func() error) error, port uint16) string {
	var sockets []string
	_ = enter(func() error { // without the privilege to enter it, the result is empty
		for _, table := range []string{"udp", "udp6"} {
			text, _ := os.ReadFile("/proc/thread-self/net/" + table) // without IPv6 there is only one
			sockets = append(sockets, boundTo(text, port)...)
		}
		return nil
	})
	for _, socket := range sockets {
		if pid := holderOf("socket:[" + socket + "]"); pid != "" {
			name, _ := os.ReadFile("/proc/" + pid + "/comm")
			return fmt.Sprintf("process %s (%q)", pid, bytes.TrimSpace(name))
		}
	}
	return ""
}

// boundTo returns the inodes of the sockets bound to a port, from a table of
// /proc/net.
func boundTo(table []byte, port uint16) []string {
	const local, inode = 1, 9 // the columns, from 0
	suffix := fmt.Appendf(nil, ":%04X", port)
	var all []string
	for line := range bytes.Lines(table) {
		if columns := bytes.Fields(line); len(columns) > inode && bytes.HasSuffix(columns[local], suffix) {
			all = append(all, string(columns[inode]))
		}
	}
	return all
}

// holderOf returns the id of a process that has a file open, or an empty string if
// there is none, or none that may be examined.
func holderOf(target string) string {
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range processes {
		files, _ := os.ReadDir(process + "/fd")
		for _, file := range files {
			if to, err := os.Readlink(process + "/fd/" + file.Name()); err == nil && to == target {
				pid := filepath.Base(process)
				if _, err := strconv.Atoi(pid); err == nil {
					return pid
				}
			}
		}
	}
	return ""
}
