package main

import (
	"context"
	"os"
	"strings"
)

// keep says how to look around, and waits for ctx to end.
func (l *lab) keep(ctx context.Context) {
	host1, from, to := l.hosts[0].ns, l.hosts[0].containers[0].ns, l.hosts[1].containers[0].addrs[0].Addr()
	l.heading("All this stays until you press Ctrl-C. To look around, type in another terminal:")
	if inUserNamespace() {
		l.line("nsenter --target %d --user --mount --net --preserve-credentials", os.Getpid())
	}
	l.line("ip -n %s -d link", host1)
	l.line("ip netns exec %s ping %s", from, to)
	<-ctx.Done()
}

// inUserNamespace reports whether the program has a user namespace, and with it
// names of network namespaces, of its own: the system's maps all 2³²-1 users.
func inUserNamespace() bool {
	users, err := os.ReadFile("/proc/self/uid_map")
	return err == nil && !strings.Contains(string(users), "4294967295")
}
