// Nlmon listens to the netlink messages between programs and the kernel, and prints
// the message that makes a link.
//
//	go run ./examples/nlmon
package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/nlmon"
)

const about = `Nlmon listens to what programs and the kernel say to each other by netlink, and
prints the message that makes a link.`

func main() { lab.Main(about, run) }

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("net")
	if err != nil {
		return err
	}
	ns := all[0]
	if _, err := l.Create(ctx, ns, nlmon.New("nlmon0").Up()); err != nil {
		return err
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	spoken := make(chan error, 1)
	go func() { spoken <- speak(ctx, ns) }()
	err = ns.Do(func() error { return listen(ctx, l) })
	stop()
	if spoke := <-spoken; err == nil {
		err = spoke
	}
	return err
}

// speak makes and deletes a bridge repeatedly until ctx ends.
func speak(ctx context.Context, ns *iplink.NetNS) error {
	conn, err := ns.Dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	for ctx.Err() == nil {
		if _, err := conn.Create(ctx, bridge.New("br-heard")); err != nil && ctx.Err() == nil {
			return err
		}
		if err := conn.DeleteIfExists(context.WithoutCancel(ctx), "br-heard"); err != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil
}

// listen prints the request that makes the bridge: RTM_NEWLINK, which is 16, with
// the flags NLM_F_REQUEST (1) and NLM_F_CREATE (0x400).
func listen(ctx context.Context, l *lab.Lab) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for p, err := range nlmon.Packets(ctx, "nlmon0") {
		if err != nil {
			return err
		}
		for m, err := range p.Messages() {
			if err != nil {
				return err
			}
			if p.Family == nlmon.Route && m.Type == 16 && m.Flags&0x401 == 0x401 && bytes.Contains(m.Data, []byte("br-heard\x00")) {
				l.Say("heard at %s: type %d (RTM_NEWLINK), flags %#x, %d bytes:\n\n%s",
					p.Time.Format("15:04:05.000000"), m.Type, m.Flags, len(m.Data), hex.Dump(m.Data))
				return nil
			}
		}
	}
	return fmt.Errorf("nothing was heard: %w", context.Cause(ctx))
}
