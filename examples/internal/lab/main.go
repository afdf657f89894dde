package lab

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/iplink-go/iplink/internal/rootless"
)

// Main is the main function of an example. about describes the example, and run
// executes it. Additional flags must be defined before. Without root's privileges,
// the program restarts itself as root of a user namespace; your own programs do not
// need this and run as root. The namespaces are deleted in any case, even if the
// program is interrupted. On an error, Main prints it and exits with status 1.
func Main(about string, run func(context.Context, *Lab) error) {
	name := filepath.Base(os.Args[0])
	l := &Lab{Out: os.Stdout}
	flag.StringVar(&l.Prefix, "prefix", name+"-", "what the names of the namespaces begin with")
	flag.StringVar(&l.Image, "svg", "", "the `file` to draw the links to")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "%s\n\nUsage: %s [flags]\n\n", about, name)
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if runtime.GOOS != "linux" {
		fmt.Fprintf(os.Stderr, "%s: needs Linux: %v\n", name, errors.ErrUnsupported)
		os.Exit(1)
	}
	rootless.Main()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	defer stop()
	if err := Run(ctx, l, run); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// Run runs an example and cleans up.
func Run(ctx context.Context, l *Lab, run func(context.Context, *Lab) error) (err error) {
	defer func() { err = errors.Join(err, l.Close()) }()
	return run(ctx, l)
}
