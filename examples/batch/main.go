// Batch carries out a file for `ip -batch` as one transaction, which can be repeated: it
// makes only links that are missing, and changes only settings that differ.
//
//	sudo go run ./examples/batch FILE
//	go run ./examples/batch -n FILE     shows the differences and changes nothing
//
// The file may have commands of bridge, sysctl and others as well, see iplink.ParseCommand.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/vxlan"
)

const usage = `Batch carries out a file for ip -batch, whole or not at all, and prints the differences
that it found. A second run finds none.

Usage: batch [-netns name] [-n] [-progress duration] file

`

// options are the flags.
type options struct {
	netns string
	try   bool
	every time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.netns, "netns", "", "the `name` of the network namespace; without one, it is the program's own")
	flag.BoolVar(&o.try, "n", false, "show the differences, and change nothing")
	flag.DurationVar(&o.every, "progress", 2*time.Second, "the time between two lines about the progress")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 || o.every <= 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, o, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "batch:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, o options, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	specs, err := iplink.ParseBatch(file, bridge.Words(), vxlan.Words())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var sent atomic.Int64
	conn, err := lab.Dial(o.netns, iplink.WithTrace(func(m iplink.Message) {
		if m.Sent {
			sent.Add(1)
		}
	}))
	if err != nil {
		return err
	}
	defer conn.Close()
	if o.try {
		return compare(ctx, w, conn, specs)
	}
	return apply(ctx, w, conn, specs, func() (stop func()) { return progress(w, o.every, &sent) })
}

// compare prints the differences between the present links and the described ones.
func compare(ctx context.Context, w io.Writer, conn *iplink.Conn, specs []iplink.Spec) error {
	for _, s := range specs {
		switch differences, err := conn.Diff(ctx, s); {
		case errors.Is(err, fs.ErrNotExist):
			fmt.Fprintln(w, "to be made:", s)
		case err != nil:
			return err
		case len(differences) > 0:
			fmt.Fprintf(w, "to be changed: %v\n  %v\n", s, differences)
		}
	}
	return nil
}

// apply makes the differences go, and prints them. On an error Ensure removes the links
// that it made, and undo takes care of those that were there before.
func apply(ctx context.Context, w io.Writer, conn *iplink.Conn, specs []iplink.Spec, progress func() (stop func())) error {
	before, err := conn.Save(ctx, iplink.Whole(), bridge.Objects(), vxlan.Objects())
	if err != nil {
		return err
	}
	stop := progress()
	changes, err := conn.Ensure(ctx, specs...)
	stop()
	if err != nil {
		return errors.Join(err, undo(conn, before))
	}
	for i, c := range changes {
		report(w, specs[i], c)
	}
	return nil
}

// undo gives links their former settings again, and makes those again that were deleted.
// The context of the failed call may have ended.
func undo(conn *iplink.Conn, before []iplink.Spec) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if _, err := conn.Ensure(ctx, before...); err != nil {
		return fmt.Errorf("not all is as it was: %w", err)
	}
	return nil
}

// progress prints the number of requests again and again, until stop is called.
func progress(w io.Writer, every time.Duration, sent *atomic.Int64) (stop func()) {
	var printer sync.WaitGroup
	done := make(chan struct{})
	printer.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				fmt.Fprintln(w, sent.Load(), "requests so far")
			}
		}
	})
	return func() {
		close(done)
		printer.Wait()
	}
}

// report prints a change.
func report(w io.Writer, s iplink.Spec, c *iplink.Change) {
	switch {
	case c.Created:
		fmt.Fprintln(w, "made:", s)
	case c.Recreated:
		fmt.Fprintln(w, "made anew:", s)
	case len(c.Deleted) > 0:
		for _, l := range c.Deleted {
			fmt.Fprintln(w, "deleted:", l.Name)
		}
	case len(c.Differences) > 0:
		fmt.Fprintf(w, "changed: %v\n  %v\n", s, c.Differences)
	}
}
