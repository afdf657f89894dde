package iplink

import (
	"fmt"
	"os"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
)

// word returns what `ip` is to be told after the word netns: the name, or a
// path. A namespace without either is reached through this process, as long as
// it has it open; and so is one whose path is another file for each process.
func (ns *NetNS) word() string {
	const self, threadSelf = "/proc/self/", "/proc/thread-self/"
	own := strings.HasPrefix(ns.label, self) || strings.HasPrefix(ns.label, threadSelf)
	if ns.name != "" || strings.HasPrefix(ns.label, "/") && !own {
		return attr.Quote(ns.label)
	}
	path := "closed"
	_ = ns.use(func(fd int) error {
		path = fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd)
		return nil
	})
	return path
}

// ownNetNS returns what word returns for the namespace of this process.
func ownNetNS() string {
	return fmt.Sprintf("/proc/%d/ns/net", os.Getpid())
}

// command returns the command that runs `ip` in the namespace; nil is the
// caller's.
func (ns *NetNS) command() string {
	switch {
	case ns == nil:
		return "ip"
	case ns.name != "":
		return "ip -n " + attr.Quote(ns.name)
	}
	return "nsenter --net=" + ns.word() + " ip"
}
