// Command bench compares package iplink with its peers on the same work:
// vishvananda/netlink, jsimonetti/rtnetlink, iproute2, and a floor of raw bytes.
// README.md explains the output.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime/pprof"

	"github.com/iplink-go/iplink/internal/rootless"
)

// options holds the command-line flags.
type options struct {
	once    bool
	rounds  int
	run     *regexp.Regexp
	only    *regexp.Regexp
	dir     string
	growth  bool
	profile string
	// keep is called with each sample of a workload as soon as it exists.
	keep func(workload string, s sample) error
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
	if len(os.Args) > 1 && os.Args[1] == childArg {
		exit(runChild(os.Args[2:]))
	}
	o, err := parseFlags()
	if err != nil {
		exit(err)
	}
	clean, err := prepare(o)
	if err != nil {
		exit(err)
	}
	reexecuted, code, err := rootless.Reexec()
	if err == nil && !reexecuted {
		err = profiled(o, measure)
	}
	if err = errors.Join(err, clean()); err != nil || !reexecuted {
		exit(err)
	}
	os.Exit(code)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// profiled runs f, with a CPU profile if the options request one.
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

// measure measures the workloads and the growth of cost.
func measure(o options) error {
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	all, err := measureTable(o, os.Stdout, workloads())
	if err == nil && o.growth && o.run.MatchString("growth") {
		var growth []result
		growth, err = measureGrowth(o)
		all = append(all, growth...)
	}
	return errors.Join(err, failures(all))
}

// measureTable measures the selected workloads. It writes the file with the table
// after each of them, and prints the table at the end.
func measureTable(o options, out io.Writer, wanted []*workload) (all []result, err error) {
	r, err := newRecord(o.dir, "samples.csv")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	o.keep = r.add
	var table bytes.Buffer
	for _, w := range wanted {
		if !o.run.MatchString(w.name) {
			continue
		}
		all = append(all, w.attempt(o))
		table.Reset()
		printTable(&table, all)
		if err := os.WriteFile(filepath.Join(o.dir, "table.md"), table.Bytes(), 0o644); err != nil {
			return all, err
		}
	}
	_, err = table.WriteTo(out)
	return all, err
}

// failures returns an error that names the failed workloads, or nil if there are
// none.
func failures(all []result) error {
	var errs []error
	for _, r := range all {
		if r.err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", r.name, r.err))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d workloads failed:\n%w", len(errs), len(all), errors.Join(errs...))
}
