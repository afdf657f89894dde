// Converge maintains a topology: it declares the wanted links, watches the existing
// ones, and corrects every change. Change them from another terminal with `ip`.
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

// wanted returns the wanted links.
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

// keep ensures the wanted links after each change until ctx ends. The watch begins
// with the existing links, so that no earlier change is missed.
func keep(ctx context.Context, l *lab.Lab, conn *iplink.Conn) error {
	for event, err := range conn.Watch(ctx) {
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ensure(ctx, l, conn, event.String()); err != nil && ctx.Err() == nil {
			// The links may be changing at this moment; the next event will report
			// it.
			l.Say("%s: not yet put right: %v", event, err)
			time.Sleep(100 * time.Millisecond)
		}
	}
	return nil
}

// ensure creates missing links, corrects differences, and prints each change with
// its cause.
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

// nsenter returns the command to enter the program's user namespace from another
// terminal, if the program was started without root and therefore has its own.
func nsenter() string {
	users, err := os.ReadFile("/proc/self/uid_map")
	if err != nil || strings.Contains(string(users), "4294967295") {
		return ""
	}
	return fmt.Sprintf("nsenter --target %d --user --mount --net --preserve-credentials", os.Getpid())
}
