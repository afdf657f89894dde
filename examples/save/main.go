// Save prints the commands that rebuild the links of a network namespace, in an order that
// allows to run them one after the other:
//
//	go run ./examples/save > links
//	sudo go run ./examples/batch -netns copy links
//
// It changes nothing. A shell runs the commands as well, but those about groups only if their
// ports are there.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/vxlan"
)

const usage = `Save prints the commands that rebuild the links of a network namespace, with addresses,
routes, neighbours, VLANs and forwarding entries. It changes nothing.

Usage: save [-netns name]

`

func main() {
	netns := flag.String("netns", "", "the `name` of the network namespace; without one, it is the program's own")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(context.Background(), os.Stdout, *netns); err != nil {
		fmt.Fprintln(os.Stderr, "save:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, name string) error {
	conn, err := lab.Dial(name)
	if err != nil {
		return err
	}
	defer conn.Close()
	specs, err := conn.Save(ctx, bridge.Objects(), vxlan.Objects())
	if err != nil {
		return err
	}
	for _, s := range specs {
		if _, err := fmt.Fprintln(w, s); err != nil {
			return err
		}
	}
	return nil
}
