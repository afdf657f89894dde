package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
)

// childArg makes this program run one contestant in a separate process, so that its
// processor time and memory can be measured separately.
const childArg = "-child"

// lastLink is the name of the last link, at which a watcher stops.
const lastLink = "last0"

// A child is the work of such a process. It calls ready once it watches, or once its
// mirror is complete.
type child func(n int, ready func()) error

var children = map[string]child{
	"watch " + floorName:  watchRaw,
	"watch " + ourName:    watchOurs,
	"watch " + vishName:   watchVish,
	"watch " + jsimName:   watchJsim,
	"mirror " + ourName:   mirrorOurs,
	"mirror " + vishName:  mirrorVish,
	"mirror " + jsimName:  mirrorJsim,
	"mirror " + floorName: mirrorRaw,
	"entries " + ourName:  entriesOurs,
	"vlans " + ourName:    vlansOurs,

	"mirror addresses":  mirrorObjects((*iplink.Conn).WatchAddrs),
	"mirror routes":     mirrorObjects((*iplink.Conn).WatchRoutes),
	"mirror neighbours": mirrorObjects((*iplink.Conn).WatchNeighs),
	"mirror VLANs":      mirrorObjects(vlansOn),
	"mirror groups":     mirrorObjects(groupsOn),
}

// runChild runs a child. It prints "ready", and at the end the resources used since
// then.
func runChild(args []string) error {
	if len(args) != 2 || children[args[0]] == nil {
		return errors.New("no such child")
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	if args[0] == "watch "+floorName {
		runtime.LockOSThread()
		self = unix.RUSAGE_THREAD
	}
	before := resident()
	var m stopwatch
	err = children[args[0]](n, func() {
		fmt.Println("ready")
		collect()
		m = begin()
	})
	if err != nil {
		return err
	}
	s := m.end()
	_, err = fmt.Println(int64(s.cpu()), s.allocs, resident()-before, live())
	return err
}

// resident returns the resident memory of the process in bytes.
func resident() int64 {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	f := strings.Fields(string(data))
	pages, _ := strconv.ParseInt(f[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

// live returns the bytes of heap memory in use after a garbage collection.
func live() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A process is a child as seen by its parent.
type process struct {
	cmd *exec.Cmd
	out *bufio.Reader
	err bytes.Buffer
}

// spawn starts a child in the thread's namespace and waits until it is ready.
func spawn(what string, n int) (*process, error) {
	p := &process{cmd: exec.Command("/proc/self/exe", childArg, what, strconv.Itoa(n))}
	p.cmd.Stderr = &p.err
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if line, err := p.out.ReadString('\n'); err != nil || line != "ready\n" {
		return nil, errors.Join(fmt.Errorf("%s said %q: %s", what, line, &p.err), err, p.cmd.Wait())
	}
	return p, nil
}

// report holds the measurements that a child prints at its end.
type report struct {
	cpu      time.Duration
	allocs   uint64
	resident int64
	live     int64
}

// wait waits for a child to end, for at most 20 minutes: an emulated processor takes minutes
// for 409,400 VLANs.
func (p *process) wait() (r report, err error) {
	timer := time.AfterFunc(20*time.Minute, func() { p.cmd.Process.Kill() })
	defer timer.Stop()
	last, err := io.ReadAll(p.out)
	if err = errors.Join(err, p.cmd.Wait()); err != nil {
		return r, fmt.Errorf("%w: %s", err, &p.err)
	}
	_, err = fmt.Sscan(string(last), &r.cpu, &r.allocs, &r.resident, &r.live)
	return r, err
}

// kill kills a child that would otherwise wait for ever.
func (p *process) kill() error {
	err := p.cmd.Process.Kill()
	p.cmd.Wait() // it reports the kill
	return err
}

// onProcessor returns the processor time of a process with one thread.
func onProcessor(pid int) (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid))
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(strings.Fields(string(data))[0], 10, 64)
	return time.Duration(n), err
}

// listenRaw opens a socket that receives link notifications.
func listenRaw() (*rawConn, error) {
	c, err := dialRaw()
	if err != nil {
		return nil, err
	}
	return c, unix.SetsockoptInt(c.fd, unix.SOL_NETLINK, unix.NETLINK_ADD_MEMBERSHIP, unix.RTNLGRP_LINK)
}
