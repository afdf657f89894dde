package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/vmtest"
	"github.com/iplink-go/iplink/internal/vmtest/guest"
)

const exitUsage = 2

func main() {
	switch {
	case os.Getpid() == 1 || os.Args[0] == "/init":
		os.Exit(guest.Init())
	case filepath.Base(os.Args[0]) == "modprobe":
		os.Exit(guest.Modprobe(os.Args[1:]))
	}
	// go test sends SIGQUIT when a test exceeds its time limit.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	code := host(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// host runs a subcommand, or otherwise a test binary.
func host(ctx context.Context, args []string) int {
	subcommand := ""
	if len(args) > 0 {
		subcommand = args[0]
	}
	switch subcommand {
	case "fetch":
		return fetch(ctx, args[1:])
	case "doctor":
		return doctor(ctx)
	}
	return run(ctx, args)
}

func logf(format string, args ...any) { fmt.Fprintf(os.Stderr, "vmtest: "+format+"\n", args...) }

// fail reports an error and returns its exit status.
func fail(err error) int {
	logf("%v", err)
	if errors.Is(err, vmtest.ErrUnavailable) {
		return vmtest.ExitUnavailable
	}
	return vmtest.ExitCrashed
}

// run is the -exec runner.
func run(ctx context.Context, args []string) int {
	r, err := parse(args)
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			logf("%v", err)
		}
		return exitUsage
	}
	code, err := r.run(ctx)
	if err == nil {
		return code
	}
	if code != 0 { // the guest's result rather than a failure of the runner
		logf("%v", err)
		return code
	}
	return fail(err)
}

// A request is what the flags of the runner ask for.
type request struct {
	vmtest.Options
	job                vmtest.Job
	collect, collected string // directories
}

// run collects the test binary, runs those that were collected, or runs this one.
func (r *request) run(ctx context.Context) (int, error) {
	if r.collect != "" {
		return 0, vmtest.Collect(r.collect, r.job)
	}
	cache, err := vmtest.OpenCache(logf)
	if err != nil {
		return 0, err
	}
	if r.collected == "" {
		return cache.Run(ctx, r.Options, r.job)
	}
	jobs, err := vmtest.Collected(r.collected, r.job.Command)
	if err != nil {
		return 0, err
	}
	return cache.RunAll(ctx, r.Options, jobs)
}

func parse(args []string) (*request, error) {
	r := &request{Options: vmtest.Options{Stdout: os.Stdout, Stderr: os.Stderr}}
	flags := flag.NewFlagSet("vmtest", flag.ContinueOnError)
	flags.Usage = func() { usage(flags) }
	kernel := flags.String("kernel", "6.12", "the guest's kernel: "+strings.Join(vmtest.KernelNames(), ", "))
	env := flags.String("env", "", "names of `variables` to pass to the test, with commas; those that start with IPLINK_ always are")
	qemu := flags.String("qemu", "", "further `arguments` for QEMU")
	pack := flags.String("pack", "", "further `files` and directories to take along, with commas; testdata always is")
	flags.StringVar(&r.collect, "collect", "", "keep the test binary below this `directory`, and run nothing")
	flags.StringVar(&r.collected, "collected", "", "run the test binaries of this `directory` in one guest, or those of the packages in the arguments")
	flags.BoolVar(&r.job.Alone, "alone", false, "with -collect: no other test binary runs beside it")
	flags.IntVar(&r.Parallel, "p", 1, "test binaries at a time in one guest")
	flags.StringVar(&r.Accel, "accel", "auto", "tcg, kvm, or auto: KVM if a test shows that it works")
	flags.IntVar(&r.CPUs, "smp", 1, "processors")
	flags.IntVar(&r.UID, "uid", 0, "the test's user in the guest; 65534 is nobody")
	flags.IntVar(&r.Memory, "mem", 1024, "memory in MiB")
	flags.BoolVar(&r.CAN, "can", true, "a CAN controller, which is can0 after modprobe kvaser_pci")
	flags.BoolVar(&r.Failover, "failover", false, "two network devices that form a net_failover device")
	flags.BoolVar(&r.AllowWarn, "allow-warn", false, "warnings and errors in the kernel's log do not fail the run")
	flags.DurationVar(&r.Timeout, "timeout", 0, "limit for all (default the test's own and a grace period)")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	r.job.Command, r.Env, r.QEMU, r.job.Pack = flags.Args(), split(*env), strings.Fields(*qemu), split(*pack)
	if len(r.job.Command) == 0 && r.collected == "" {
		return nil, errors.New("which test binary, or command of the guest?")
	}
	var err error
	if r.Kernel, err = vmtest.LookupKernel(*kernel); err != nil {
		return nil, err
	}
	r.job.Dir, err = os.Getwd()
	return r, err
}

func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}

func usage(flags *flag.FlagSet) {
	fmt.Fprint(flags.Output(), `Vmtest runs a Go test binary, or a command of the guest, on a kernel of Debian's in QEMU.

	go test -exec "vmtest -kernel 6.12" ./...
	vmtest -kernel 6.1 ip -d link
	vmtest fetch [-kernel NAME] [-refresh]   prepare one kernel, or all
	vmtest doctor                            say what this machine lacks

Flags:
`)
	flags.PrintDefaults()
}

// fetch prepares kernels. As root, it first installs the programs needed for that.
func fetch(ctx context.Context, args []string) int {
	flags := flag.NewFlagSet("vmtest fetch", flag.ContinueOnError)
	kernel := flags.String("kernel", "", "one kernel of the matrix (default all)")
	refresh := flags.Bool("refresh", false, "fetch anew what the cache has")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	kernels := vmtest.Kernels()
	if *kernel != "" {
		k, err := vmtest.LookupKernel(*kernel)
		if err != nil {
			logf("%v", err)
			return exitUsage
		}
		kernels = []vmtest.Kernel{k}
	}
	if err := prepare(ctx, kernels, *refresh); err != nil {
		return fail(err)
	}
	return 0
}

func prepare(ctx context.Context, kernels []vmtest.Kernel, refresh bool) error {
	if err := vmtest.Install(ctx, logf); err != nil {
		return err
	}
	cache, err := vmtest.OpenCache(logf)
	if err != nil {
		return err
	}
	for _, k := range kernels {
		image, err := cache.Image(ctx, k, refresh)
		if err != nil {
			return err
		}
		logf("kernel %s is ready: %s", k.Name, image.Release)
	}
	return nil
}

// doctor reports missing packages, and boots a guest of every kernel as a check.
func doctor(ctx context.Context) int {
	if missing := vmtest.OptionalPackages(); len(missing) > 0 {
		logf("not installed, and needed for links of a few kinds only, such as ipoib and rmnet: %s", strings.Join(missing, " "))
	}
	if missing := vmtest.RequiredPackages(); len(missing) > 0 {
		logf("not installed: %s", strings.Join(missing, " "))
		return vmtest.ExitUnavailable
	}
	for _, name := range vmtest.KernelNames() {
		if code := run(ctx, []string{"-kernel", name, "sh", "-c", "read -r _ _ release _ </proc/version; echo $release"}); code != 0 {
			return code
		}
	}
	return 0
}
