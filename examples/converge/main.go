// Converge keeps a topology in place: it says what is to be, watches the links,
// and puts right what is changed. Break it from another terminal, with `ip`.
//
//	sudo go run ./examples/converge
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/veth"
)

const about = `Converge keeps a topology in place: it says what is to be, watches the links, and
puts right what is changed. Break it from another terminal, with ip, and end it
with Ctrl-C.`

func main() { lab.Main(about, run) }

// wanted is what is to be.
func wanted() []iplink.Spec {
	return []iplink.Spec{
		bridge.New("br0").MTU(1400).STP(false).Up(),
		veth.New("port1").Master("br0").MTU(1400).Up().Peer(veth.New("host1").MTU(1400).Up()),
		veth.New("port2").Master("br0").MTU(1400).Up().Peer(veth.New("host2").MTU(1400).Up()),
	}
}

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("net")
	if err != nil {
		return err
	}
	conn, err := all[0].Dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := ensure(ctx, l, conn, "at first"); err != nil {
		return err
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	l.Say("Type in another terminal, for example:\n")
	if enter := nsenter(); enter != "" {
		l.Say("  %s", enter)
	}
	for _, words := range []string{"link del port1", "link set port2 nomaster", "link set br0 mtu 1500", "link set host2 down"} {
		l.Say("  ip -n %s %s", all[0], words)
	}
	l.Say("")
	return keep(ctx, l, conn)
}

// keep looks after each change whether all is as wanted, and puts it right,
// until ctx ends. The watch begins with the links as they are, so that nothing
// is missed before.
func keep(ctx context.Context, l *lab.Lab, conn *iplink.Conn) error {
	for event, err := range conn.Watch(ctx) {
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ensure(ctx, l, conn, event.String()); err != nil && ctx.Err() == nil {
			// The links may be changed at this moment; the next event is about that.
			l.Say("%s: not yet put right: %v", event, err)
			time.Sleep(100 * time.Millisecond)
		}
	}
	return nil
}

// ensure makes what is missing, changes what differs, and tells why and what.
func ensure(ctx context.Context, l *lab.Lab, conn *iplink.Conn, why string) error {
	changes, err := conn.Ensure(ctx, wanted()...)
	if err != nil {
		return err
	}
	for _, c := range changes {
		switch {
		case c.Created:
			l.Say("%s: made %s", why, c.Link.Name)
		case c.Changed():
			l.Say("%s: put right %s: %v", why, c.Link.Name, c.Differences)
		}
	}
	return nil
}

// nsenter returns the command that a terminal needs first if the program was
// started without root, and has a user namespace of its own.
func nsenter() string {
	users, err := os.ReadFile("/proc/self/uid_map")
	if err != nil || strings.Contains(string(users), "4294967295") {
		return ""
	}
	return fmt.Sprintf("nsenter --target %d --user --mount --net --preserve-credentials", os.Getpid())
}
