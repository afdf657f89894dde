// Quickstart builds a small overlay network, shows it, and sends packets through it:
// two hosts connected by a cable, on each host a bridge with two containers, and a
// VXLAN between the bridges. Hosts and containers are network namespaces, which are
// deleted at the end.
//
//	go run ./examples/quickstart
//
// It needs neither root nor any other program.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/iplink-go/iplink/internal/rootless"
)

const picture = `  host1 ───────────────────────┐             ┌─────────────────────── host2
  │  web1 ──┐                  │             │                  ┌── web2  │
  │         br0 ───── vx4242 ──┼─ underlay ──┼── vx4242 ───── br0         │
  │   db1 ──┘                  │             │                  └── db2   │
  └────────────────────────────┘             └────────────────────────────┘
`

type options struct {
	prefix string
	keep   bool
}

func main() {
	o := parseFlags()
	// Without root's privileges, the program restarts itself as root of a user
	// namespace. Your own programs do not need this line and run as root.
	rootless.Main()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	defer stop()
	if err := run(ctx, os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

const usage = `Quickstart builds a small overlay network out of network namespaces, shows it,
sends packets through it, and removes it again.

Usage: quickstart [-keep] [-prefix text]

`

func parseFlags() (o options) {
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	flag.StringVar(&o.prefix, "prefix", "demo-", "what the names of the namespaces begin with")
	flag.BoolVar(&o.keep, "keep", false, "wait for Ctrl-C before cleaning up, to look around")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	return o
}

// run executes all steps. It cleans up in any case, even if ctx ends.
func run(ctx context.Context, w io.Writer, o options) (err error) {
	l := newLab(o.prefix, narrator{w})
	l.heading("Two hosts are going to be built, with two containers each, that share one network:")
	fmt.Fprint(w, picture)
	defer func() { err = errors.Join(err, l.cleanUp()) }()
	if err := l.build(ctx); err != nil {
		return err
	}
	if err := l.show(ctx); err != nil {
		return err
	}
	if err := l.check(ctx); err != nil {
		return err
	}
	if o.keep {
		l.keep(ctx)
	}
	return nil
}
