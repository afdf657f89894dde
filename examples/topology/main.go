// Topology draws the links of this machine, across all network namespaces:
//
//	go run ./examples/topology                          as a tree
//	go run ./examples/topology -format svg > links.svg
//
// It does not change anything. Without root it shows its own namespace, and lists
// the namespaces that it could not enter.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/iplink-go/iplink/topology"
)

const usage = `Topology draws the links of this machine, across all network namespaces.

Usage: topology [-format tree|mermaid|dot|svg]

`

// formats are the output formats.
var formats = map[string]func(*topology.Topology) string{
	"tree":    (*topology.Topology).Tree,
	"mermaid": (*topology.Topology).Mermaid,
	"dot":     (*topology.Topology).DOT,
	"svg":     (*topology.Topology).SVG,
}

func main() {
	format := flag.String("format", "tree", "how to draw: tree, mermaid, dot or svg")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	draw, ok := formats[*format]
	if !ok || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(context.Background(), os.Stdout, draw); err != nil {
		fmt.Fprintln(os.Stderr, "topology:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, draw func(*topology.Topology) string) error {
	t, err := topology.Read(ctx)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, draw(t))
	return err
}
