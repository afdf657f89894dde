// Trace shows the netlink messages of each call: the requests that it sends, and the
// kernel's answers.
//
//	go run ./examples/trace
package main

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/veth"
)

const about = `Trace shows the netlink messages of each call: requests begin with >, answers of
the kernel with <, and [] has the namespace of the container.`

func main() { lab.Main(about, run) }

func run(ctx context.Context, l *lab.Lab) error {
	ns, err := l.NetNS("host", "container")
	if err != nil {
		return err
	}
	sent := 0
	conn, err := ns[0].Dial(iplink.WithTrace(func(m iplink.Message) {
		if m.Sent {
			sent++
		}
		l.Say("  %v", shorten(m))
	}))
	if err != nil {
		return err
	}
	defer conn.Close()

	l.Say("A bridge, and a cable from it to the container:")
	cable := veth.New("cable").Master("br0").Up().
		Peer(veth.New("eth0").NetNS(ns[1]).Addr(netip.MustParsePrefix("10.0.0.2/24")).Up())
	if _, err := conn.Create(ctx, bridge.New("br0").Up(), cable); err != nil {
		return err
	}
	l.Say("That took %d requests. Ensure only reads, because all is as described:", sent)
	sent = 0
	if _, err := conn.Ensure(ctx, bridge.New("br0").Up()); err != nil {
		return err
	}
	l.Say("That took %d. The kernel refuses a second bridge of that name, and the library asks why:", sent)
	if _, err := conn.Create(ctx, bridge.New("br0")); !errors.Is(err, fs.ErrExist) {
		return errors.Join(errors.New("a second bridge of the same name was not refused"), err)
	}
	return nil
}

// shorten cuts off the end of a long answer: the kernel reports all settings of a link.
func shorten(m iplink.Message) iplink.Message {
	const most = 60
	if !m.Sent && len(m.Text) > most {
		m.Text = m.Text[:most] + "…"
	}
	return m
}
