package team_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/lacp"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/tun"
)

// A partner is the other end of the cable of a tap link: this process, which has the
// link's file. While the cable is whole, it speaks LACP as a system that is in sync from
// its first frame on, without the waits of the kernel's bond.
type partner struct {
	testing.TB
	name string // of the tap link
	file *os.File

	mu    sync.Mutex
	whole bool
	actor lacp.Info
	heard lacp.Info // the other end
	known lacp.Info // this end, as the other end knows it
}

// inSync is the state of a partner.
const inSync = lacp.Activity | lacp.ShortTimeout | lacp.Aggregation | lacp.Synchronization | lacp.Collecting | lacp.Distributing

func needTaps(t *testing.T) {
	t.Helper()
	testutil.Need(t, "team")
	testutil.Need(t, "tun")
}

// taps makes the tap links p0, p1, …, and their partners, whose cables are not whole.
// They lead to the systems with these priorities and last bytes of the address.
func (l *lab) taps(systems ...system) (all []*partner) {
	l.Helper()
	var commands []string
	for i := range systems {
		commands = append(commands, fmt.Sprintf("tuntap add dev p%d mode tap", i), fmt.Sprintf("link set p%d address 02:00:00:00:00:a%d", i, i))
	}
	l.Batch(commands...)
	for i, s := range systems {
		p := l.partner(fmt.Sprint("p", i), lacp.Info{Key: 7, PortPriority: 255, Port: uint16(i) + 1, State: inSync})
		p.cable(false)
		p.leadTo(s)
		all = append(all, p)
	}
	for _, p := range all {
		p.settle(l)
	}
	return all
}

// settle waits until the kernel has noticed that the cable is cut, which it shows only
// while the link is up. The port would otherwise count as up for a moment when it joins,
// and then as having gone down.
func (p *partner) settle(l *lab) {
	l.Helper()
	l.Batch("link set " + p.name + " up")
	testutil.Eventually(l, p.name+" is without carrier", func() bool { return strings.Contains(l.IP("link", "show", "dev", p.name), "state DOWN") })
	l.Batch("link set " + p.name + " down")
}

func (l *lab) partner(name string, actor lacp.Info) *partner {
	l.Helper()
	p := &partner{TB: l, name: name, actor: actor}
	l.In(func() {
		files, err := tun.Open(l.Context(), name)
		testutil.Must(l, err)
		p.file = files[0]
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(p.listen)
	running.Go(func() {
		for tick := time.NewTicker(200 * time.Millisecond); ctx.Err() == nil; <-tick.C {
			p.speak()
		}
	})
	l.Cleanup(func() {
		cancel()
		p.file.Close()
		running.Wait()
	})
	return p
}

// A system is one that cables lead to.
type system struct {
	priority uint16
	address  byte
}

// leadTo has the cable lead to a system.
func (p *partner) leadTo(s system) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.actor.SystemPriority, p.actor.System = s.priority, lacp.System{2, 0, 0, 0, 0, s.address}
}

// cable makes the cable whole, or cuts it.
func (p *partner) cable(whole bool) {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.whole, p.known = whole, lacp.Info{}
	carrier := 0
	if whole {
		carrier = 1
	}
	raw, err := p.file.SyscallConn()
	if err == nil {
		raw.Control(func(fd uintptr) { err = unix.IoctlSetPointerInt(int(fd), unix.TUNSETCARRIER, carrier) })
	}
	if err != nil {
		p.Errorf("carrier %d of %s: %v", carrier, p.name, err)
	}
}

// speak sends a frame. It does not arrive while the link is down.
func (p *partner) speak() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.send()
}

func (p *partner) send() {
	if p.whole {
		_, _ = p.file.Write(lacp.PDU{Actor: p.actor, Partner: p.heard}.AppendFrame(nil, lacp.System{2, 0, 0, 0, 1, byte(p.actor.Port)}))
	}
}

// listen answers frames that have other news of this end than there are.
func (p *partner) listen() {
	for b := make([]byte, 2048); ; {
		n, err := p.file.Read(b)
		if err != nil {
			return
		}
		pdu, ok := lacp.ParseFrame(b[:n])
		if !ok {
			continue
		}
		p.mu.Lock()
		p.heard, p.known = pdu.Actor, pdu.Partner
		if p.known != p.actor {
			p.send()
		}
		p.mu.Unlock()
	}
}

// isKnown reports whether the cable is whole, and the other end knows this one as it is.
func (p *partner) isKnown() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.whole && p.known == p.actor
}
