// Command bench measures package iplink against its peers on the same work:
// vishvananda/netlink, jsimonetti/rtnetlink, iproute2, and a floor of raw bytes.
// README.md says how to read what it prints.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime/pprof"

	"github.com/iplink-go/iplink/internal/rootless"
)

// options are the flags.
type options struct {
	once    bool
	rounds  int
	run     *regexp.Regexp
	only    *regexp.Regexp
	dir     string
	growth  bool
	profile string
}

func parseFlags() (options, error) {
	var o options
	flag.BoolVar(&o.once, "once", false, "run everything once, on few links, to see that it works")
	flag.IntVar(&o.rounds, "rounds", 15, "how often each contestant runs, in turns")
	run := flag.String("run", "", "only the workloads that this regular expression matches")
	only := flag.String("only", "", "only the contestants that this regular expression matches")
	flag.StringVar(&o.profile, "profile", "", "a file for a profile of this process, best with -only iplink")
	flag.StringVar(&o.dir, "out", "results", "the directory for the samples and the plots")
	flag.BoolVar(&o.growth, "growth", true, "measure how cost grows with the number of links")
	flag.Parse()
	var err error
	if o.run, err = regexp.Compile(*run); err != nil {
		return o, err
	}
	o.only, err = regexp.Compile(*only)
	if o.once {
		o.rounds = 1
	}
	return o, err
}

func main() {
	rootless.Main()
	if len(os.Args) > 1 && os.Args[1] == childArg {
		exit(runChild(os.Args[2:]))
	}
	o, err := parseFlags()
	if err == nil {
		err = profiled(o, measure)
	}
	exit(err)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// profiled runs f and keeps a profile of it, if one is wanted.
func profiled(o options, f func(options) error) error {
	if o.profile == "" {
		return f(o)
	}
	file, err := os.Create(o.profile)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return f(o)
}

// measure runs the workloads, prints the table and keeps it and the samples.
func measure(o options) error {
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	var all []result
	for _, w := range workloads() {
		if !o.run.MatchString(w.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s\n", w.name)
		r, err := w.measure(o)
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		all = append(all, r)
	}
	if err := writeSamples(o.dir, "samples.csv", all); err != nil {
		return err
	}
	var table bytes.Buffer
	printTable(io.MultiWriter(os.Stdout, &table), all)
	if err := os.WriteFile(filepath.Join(o.dir, "table.md"), table.Bytes(), 0o644); err != nil {
		return err
	}
	if !o.growth || !o.run.MatchString("growth") {
		return nil
	}
	return measureGrowth(o)
}
