package team

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/iplink-go/iplink/internal/teamnl"
)

// fakeKernel is a team as a runner sees it. It takes down what it is told.
type fakeKernel struct {
	mu      sync.Mutex // of the log
	options map[optionKey]any
	ports   []teamnl.Port
	at      map[int]linkState
	log     []string
	refuse  map[string]error // by the text of what is refused
	probers map[int]*fakeProber
	notices chan notice
	onSet   func(text string)
}

const teamIndex = 100

func newFakeKernel() *fakeKernel {
	k := &fakeKernel{options: map[optionKey]any{}, at: map[int]linkState{}, refuse: map[string]error{},
		probers: map[int]*fakeProber{}, notices: make(chan notice, 100), onSet: func(string) {}}
	k.options[optionKey{"mode", 0, -1}] = noMode
	k.at[teamIndex] = linkState{index: teamIndex, name: "team0", address: mac(0xff)}
	return k
}

func mac(last byte) net.HardwareAddr { return net.HardwareAddr{2, 0, 0, 0, 0, last} }

// note takes down what was asked for, and says whether it is refused.
func (k *fakeKernel) note(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if err := k.refuse[text]; err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.log = append(k.log, text)
	return nil
}

// took returns what was asked for since the last call.
func (k *fakeKernel) took() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	text := strings.Join(k.log, "; ")
	k.log = nil
	return text
}

func (k *fakeKernel) set(ctx context.Context, options ...teamnl.Option) error {
	for _, o := range options {
		if err := errors.Join(ctx.Err(), k.setOne(o)); err != nil {
			return err
		}
	}
	return nil
}

func (k *fakeKernel) setOne(o teamnl.Option) error {
	text := o.Name
	if o.Port != 0 {
		text += " " + k.at[o.Port].name
	}
	if data, ok := o.Value.([]byte); ok {
		o.Value = fmt.Sprintf("%d bytes", len(data))
	}
	if err := k.note("%s=%v", text, o.Value); err != nil {
		return err
	}
	k.options[keyOf(o)] = o.Value
	k.onSet(text)
	return nil
}

func (k *fakeKernel) snapshot(context.Context) (n notice, err error) {
	for key, value := range k.options {
		n.options = append(n.options, teamnl.Option{Name: key.name, Port: key.port, Index: key.index, Value: value})
	}
	n.ports = slices.Clone(k.ports)
	return n, nil
}

func (k *fakeKernel) link(_ context.Context, index int) (linkState, error) {
	l, ok := k.at[index]
	if !ok {
		return l, syscall.ENODEV
	}
	return l, nil
}

func (k *fakeKernel) links(context.Context) ([]linkState, error) {
	return slices.Collect(maps.Values(k.at)), nil
}

func (k *fakeKernel) setAddress(_ context.Context, index int, address net.HardwareAddr) error {
	l := k.at[index]
	if err := k.note("address %s=%v", l.name, address); err != nil {
		return err
	}
	l.address = address
	k.at[index] = l
	return nil
}

// fakeProber counts probes.
type fakeProber struct {
	sent    atomic.Int32
	packet  atomic.Pointer[[]byte] // the last one
	receive func([]byte)
	closed  bool
	fault   atomic.Pointer[error]
}

func (p *fakeProber) send(packet []byte, _ uint16, _ [macLen]byte) error {
	p.sent.Add(1)
	p.packet.Store(&packet)
	if err := p.fault.Load(); err != nil {
		return *err
	}
	return nil
}

func (p *fakeProber) close() { p.closed = true }

// heard has the socket receive an ARP message.
func (p *fakeProber) heard(m arpMessage) {
	if !m.senderIP.IsValid() {
		p.receive(nil)
		return
	}
	m.sender = mac(0xa)
	p.receive(m.appendRequest(nil, nil))
}

func (k *fakeKernel) open(port int, _ packetKind, heard func([]byte)) (packetConn, error) {
	k.probers[port] = &fakeProber{receive: heard}
	return k.probers[port], nil
}

func (k *fakeKernel) setCarrier(_ context.Context, index int, on bool) error {
	return k.note("carrier %s=%v", k.at[index].name, on)
}

// join makes eth1, eth2, … a port of the team whose link is up.
func (k *fakeKernel) join(n int, speed uint32) {
	synctest.Wait()
	name := fmt.Sprint("eth", n)
	k.at[n] = linkState{index: n, name: name, address: mac(byte(n)), master: teamIndex}
	k.options[optionKey{"enabled", n, -1}] = true
	k.options[optionKey{"priority", n, -1}] = int32(0)
	k.ports = append(k.ports, teamnl.Port{Index: n, LinkUp: true, Speed: speed, Duplex: 1})
	k.notices <- notice{ports: k.ports[len(k.ports)-1:]}
}

// change tells of the link of a port.
func (k *fakeKernel) change(n int, up bool) {
	synctest.Wait()
	i := slices.IndexFunc(k.ports, func(p teamnl.Port) bool { return p.Index == n })
	k.ports[i].LinkUp = up
	k.notices <- notice{ports: []teamnl.Port{k.ports[i]}}
}

// leave takes a port out. The kernel gives it the address that it had.
func (k *fakeKernel) leave(n int) {
	synctest.Wait()
	k.at[n] = linkState{index: n, name: k.at[n].name, address: mac(byte(n))}
	k.notices <- notice{links: []linkState{k.at[n]}}
	k.ports = slices.DeleteFunc(k.ports, func(p teamnl.Port) bool { return p.Index == n })
	delete(k.options, optionKey{"activeport", 0, -1})
	k.notices <- notice{ports: []teamnl.Port{{Index: n, Removed: true}}}
}

// stage runs a Runner on a fake kernel, in a time of its own.
func stage(t *testing.T, config Runner, prepare func(*fakeKernel), act func(k *fakeKernel, r *runner)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		k := newFakeKernel()
		prepare(k)
		ctx, cancel := context.WithCancel(t.Context())
		r := newRunner(ctx, k, teamIndex, config.withDefaults())
		if err := r.begin(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- r.loop(k.notices) }()
		act(k, r)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the loop ended with %v", err)
		}
		r.close()
		for n, p := range k.probers {
			if !p.closed {
				t.Errorf("the socket on port %d is still open", n)
			}
		}
	})
}

// ask has the loop say what it knows.
func ask(r *runner) *State {
	state := make(chan *State)
	go r.post(func() { state <- r.state() })
	return <-state
}

func noPorts(*fakeKernel) {}

// expect waits until the runner has nothing to do and compares what it did.
func (k *fakeKernel) expect(t *testing.T, want string) {
	t.Helper()
	synctest.Wait()
	if got := k.took(); got != want {
		t.Errorf("the runner did\n     %s\nwant %s", got, want)
	}
}
