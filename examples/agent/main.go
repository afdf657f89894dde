// Agent keeps the links of a machine as a YAML file describes them: it reads the file,
// makes missing links, and repairs changed ones, until it is interrupted.
//
//	sudo go run . net.yaml
//
// The file has the words of docs/schema.json, which an editor can use to complete them.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"go.yaml.in/yaml/v3"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/vxlan"
)

const usage = `Agent keeps links, addresses, VLANs and routes as a YAML file describes them, and says
what it put right. End it with Ctrl-C.

Usage: agent [flags] FILE

`

func main() {
	netns := flag.String("netns", "", "the `name` of the network namespace, by default the present one")
	check := flag.Bool("check", false, "print the equivalent commands, and change nothing")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, flag.Arg(0), *netns, *check); err != nil {
		fmt.Fprintf(os.Stderr, "agent: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, file, netns string, check bool) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	specs, err := read(text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if check {
		for _, s := range specs {
			fmt.Fprintln(out, s)
		}
		return nil
	}
	conn, err := dial(netns)
	if err != nil {
		return err
	}
	defer conn.Close()
	return keep(ctx, out, conn, specs)
}

// read returns the links that a YAML text describes.
func read(text []byte) ([]iplink.Spec, error) {
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		return nil, err
	}
	b, err := json.Marshal(plain(v))
	if err != nil {
		return nil, err
	}
	return iplink.ParseJSON(b, bridge.Words(), vxlan.Words())
}

// plain returns a value of YAML with strings as the keys of all maps, as in JSON.
func plain(v any) any {
	switch v := v.(type) {
	case map[any]any:
		all := make(map[string]any, len(v))
		for key, value := range v {
			all[fmt.Sprint(key)] = plain(value)
		}
		return all
	case map[string]any:
		for key, value := range v {
			v[key] = plain(value)
		}
	case []any:
		for i, value := range v {
			v[i] = plain(value)
		}
	}
	return v
}

func dial(netns string) (*iplink.Conn, error) {
	if netns == "" {
		return iplink.Dial()
	}
	ns, err := iplink.OpenNetNS(netns)
	if err != nil {
		return nil, err
	}
	defer ns.Close()
	return ns.Dial()
}

// keep keeps the links until ctx ends, and prints each change.
func keep(ctx context.Context, out io.Writer, conn *iplink.Conn, specs []iplink.Spec) error {
	for changes, err := range iplink.Keep(ctx, conn, specs...) {
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil: // the links may be changing at this moment: Keep tries again
			fmt.Fprintf(out, "not yet put right: %v\n", err)
		}
		for _, c := range changes {
			if c.Created {
				fmt.Fprintf(out, "made %s\n", c.Link.Name)
			} else {
				fmt.Fprintf(out, "put right %s: %v\n", c.Link.Name, c.Differences)
			}
		}
	}
	return nil
}
