package testutil

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// netNSDir is the directory where `ip netns` keeps the named network namespaces.
const netNSDir = "/run/netns"

// namePrefix makes names unique to this process, since other processes may create
// and delete namespaces at the same time.
var namePrefix = fmt.Sprintf("iplink-test-%d-", os.Getpid())

func resources() map[string]int {
	found := map[string]int{}
	for what, links := range map[string]string{
		"file descriptor of": "/proc/self/fd/*",
		"thread in":          "/proc/self/task/*/ns/net",
	} {
		for _, target := range readLinks(links) {
			found[what+" "+target]++
		}
	}
	// Threads come and go, so the number of threads in a namespace is irrelevant.
	for what, n := range found {
		if strings.HasPrefix(what, "thread in ") {
			found[what] = min(n, 1)
		}
	}
	for _, process := range children() {
		found["child process "+process]++
	}
	names, _ := filepath.Glob(filepath.Join(netNSDir, namePrefix+"*"))
	for _, name := range names {
		found["named network namespace "+name]++
	}
	return found
}

// readLinks skips links that disappear before they are read, such as the descriptor
// that listed them.
func readLinks(pattern string) (targets []string) {
	links, _ := filepath.Glob(pattern)
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil {
			targets = append(targets, target)
		}
	}
	return targets
}

// children lists the child processes, including zombies, by pid and name: fields 1
// and 2 of proc_pid_stat(5). The parent is field 4.
func children() (list []string) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		name := strings.LastIndexByte(string(stat), ')') + 1
		if err != nil || name == 0 {
			continue
		}
		if rest := strings.Fields(string(stat[name:])); len(rest) > 1 && rest[1] == fmt.Sprint(os.Getpid()) {
			list = append(list, string(stat[:name]))
		}
	}
	return list
}
