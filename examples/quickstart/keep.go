package main

import (
	"context"
	"os"
	"strings"
)

// keep prints commands for looking around, and waits for ctx to end.
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

// inUserNamespace reports whether the program has its own user namespace, and with
// it its own names of network namespaces. The map of the initial user namespace has
// all 2³²-1 users.
func inUserNamespace() bool {
	users, err := os.ReadFile("/proc/self/uid_map")
	return err == nil && !strings.Contains(string(users), "4294967295")
}
