package main

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"time"
	"unsafe"

	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/mdlayher/netlink"
	vish "github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
)

// watchBuffer is the receive buffer size of all watchers.
const watchBuffer = 8 << 20

// watching is the workload of receiving notifications while links are made. It
// measures the watcher's processor time for each link.
func watching() *workload {
	w := &workload{
		name: "watch 5000 creations", links: 5000, few: 8, target: target{ratio: 1.5, cpu: true}, after: deleteAll, rounds: 5,
	}
	for _, who := range []string{floorName, ourName, vishName, jsimName} {
		w.entrants = append(w.entrants, entrant{who: who, start: watcherOf(who)})
	}
	w.entrants = append(w.entrants, entrant{who: ipName, start: watchIP})
	return w
}

// watcherOf starts a watcher for each sample and then makes links.
func watcherOf(who string) func(*lab) (work, error) {
	return func(l *lab) (work, error) {
		requests := createVXLANs(append(names("w", l.n), lastLink))
		return func() (*sample, error) {
			p, err := spawn("watch "+who, l.n)
			if err != nil {
				return nil, err
			}
			at := time.Now()
			if err := l.raw.pipeline(requests); err != nil {
				return nil, errors.Join(err, p.kill())
			}
			r, err := p.wait()
			return &sample{links: l.n, wall: time.Since(at), user: r.cpu, allocs: r.allocs}, err
		}, nil
	}
}

// watchRaw reads datagrams and searches them for the name of the last link. It does
// not notify Go's scheduler that it blocks, which would cost as much as the reading.
func watchRaw(n int, ready func()) error {
	c, err := listenRaw()
	if err != nil {
		return err
	}
	ready()
	last := []byte(lastLink)
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(c.fd), uintptr(unsafe.Pointer(&c.buf[0])), uintptr(len(c.buf)), 0, 0, 0)
		if errno != 0 {
			return errno
		}
		if bytes.Contains(c.buf[:min(int(n), 64)], last) {
			return nil
		}
	}
}

func watchOurs(n int, ready func()) error {
	conn, err := iplink.Dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	for e, err := range conn.Watch(background) {
		switch {
		case err != nil:
			return err
		case e.Kind == iplink.Current:
			ready()
		case e.Kind == iplink.Added && e.New.Name == lastLink:
			return nil
		}
	}
	return nil
}

func watchVish(n int, ready func()) error {
	updates, done := make(chan vish.LinkUpdate), make(chan struct{})
	defer close(done)
	var broken error
	err := vish.LinkSubscribeWithOptions(updates, done, vish.LinkSubscribeOptions{
		ErrorCallback: func(err error) { broken = err }, ReceiveBufferSize: watchBuffer, ReceiveBufferForceSize: mayForce(),
	})
	if err != nil {
		return err
	}
	ready()
	for u := range updates {
		if u.Attrs().Name == lastLink {
			return nil
		}
	}
	return fmt.Errorf("the subscription ended: %w", broken)
}

// watchJsim opens the socket itself, because the peer's connection does not allow
// enlarging its buffer.
func watchJsim(n int, ready func()) error {
	conn, err := netlink.Dial(unix.NETLINK_ROUTE, &netlink.Config{Groups: unix.RTMGRP_LINK, MessageBufferSize: 64 << 10})
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetReadBuffer(watchBuffer); err != nil {
		return err
	}
	ready()
	for {
		all, err := conn.Receive()
		if err != nil {
			return err
		}
		for _, m := range all {
			var link rtnetlink.LinkMessage
			if err := link.UnmarshalBinary(m.Data); err != nil {
				return err
			}
			if link.Attributes.Name == lastLink {
				return nil
			}
		}
	}
}

// watchIP runs `ip monitor` with output to /dev/null. It assumes that all
// notifications have been processed once the process is idle.
func watchIP(l *lab) (work, error) {
	requests := createVXLANs(names("w", l.n))
	return func() (*sample, error) {
		cmd := exec.Command("ip", "monitor", "link")
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		defer func() {
			cmd.Process.Kill()
			cmd.Wait()
		}()
		before, err := settled(cmd.Process.Pid)
		if err != nil {
			return nil, err
		}
		if err := l.raw.pipeline(requests); err != nil {
			return nil, err
		}
		after, err := settled(cmd.Process.Pid)
		return &sample{links: l.n, user: after - before}, err
	}, nil
}

// settled waits until a process is idle and returns its processor time.
func settled(pid int) (time.Duration, error) {
	last := time.Duration(-1)
	for {
		now, err := onProcessor(pid)
		if err != nil || now == last {
			return now, err
		}
		last = now
		time.Sleep(300 * time.Millisecond)
	}
}
