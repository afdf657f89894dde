package lacp

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"
)

// A network has systems and cables between their ports, and a time of its own.
type network struct {
	t      *testing.T
	now    time.Time
	groups map[*Group]bool
	cables map[end]end
	frames int
}

type end struct {
	g    *Group
	port int
}

func newNetwork(t *testing.T) *network {
	return &network{t: t, now: time.Unix(1e9, 0), groups: map[*Group]bool{}, cables: map[end]end{}}
}

func (n *network) system(last byte, config Config) *Group {
	if config.SystemPriority == 0 {
		config.SystemPriority = 0xffff
	}
	g := NewGroup(config, System{2, 0, 0, 0, 0, last})
	g.SetUp(true, n.now)
	n.groups[g] = true
	return g
}

// cable connects two ports.
func (n *network) cable(g *Group, i int, h *Group, j int) {
	n.cables[end{g, i}], n.cables[end{h, j}] = end{h, j}, end{g, i}
}

// add adds ports with the link up.
func (n *network) add(g *Group, ids ...int) {
	for _, id := range ids {
		g.Add(id, PortConfig{Number: uint16(id), Priority: 255, Source: System{2, 0, 0, 0, 1, byte(id)}})
		g.SetLink(id, Link{Up: true, Speed: 1000}, n.now)
	}
}

// settle delivers frames until there are none.
func (n *network) settle() {
	n.t.Helper()
	for range 20 {
		if !n.deliver() {
			return
		}
	}
	n.t.Fatal("the frames do not end")
}

func (n *network) deliver() (some bool) {
	for g := range n.groups {
		for _, f := range g.Frames() {
			some = true
			n.frames++
			if to, ok := n.cables[end{g, f.Port}]; ok {
				to.g.Receive(to.port, f.Data, n.now)
			}
		}
	}
	return some
}

// pass lets time pass.
func (n *network) pass(d time.Duration) {
	n.t.Helper()
	until := n.now.Add(d)
	for n.settle(); ; n.settle() {
		next := until
		for g := range n.groups {
			if t := g.Next(); !t.IsZero() && t.Before(next) {
				next = t
			}
		}
		n.now = next
		for g := range n.groups {
			g.Tick(n.now)
		}
		if next.Equal(until) {
			n.settle()
			return
		}
	}
}

func (n *network) expect(g *Group, id int, want PortStatus) {
	n.t.Helper()
	got := g.Status(id)
	if got.State != want.State || got.Actor.State != want.Actor.State || got.Partner.State != want.Partner.State ||
		got.Aggregator != want.Aggregator || got.Selected != want.Selected {
		n.t.Errorf("port %d is %+v, want %+v", id, got, want)
	}
}

func status(state PortState, actor, partner State, aggregator int) PortStatus {
	return PortStatus{State: state, Actor: Info{State: actor}, Partner: Info{State: partner}, Aggregator: aggregator, Selected: aggregator > 0}
}

// pair is two systems with two cables, from 1 to 11 and from 2 to 12.
func pair(t *testing.T, one, other Config) (n *network, g, h *Group) {
	n = newNetwork(t)
	g, h = n.system(0xa, one), n.system(0xb, other)
	n.cable(g, 1, h, 11)
	n.cable(g, 2, h, 12)
	n.add(g, 1, 2)
	n.add(h, 11, 12)
	n.settle()
	return n, g, h
}

func TestTwoSystems(t *testing.T) {
	for _, fast := range []bool{false, true} {
		for _, passive := range []bool{false, true} {
			n, g, h := pair(t, Config{MinPorts: 2, FastRate: fast}, Config{MinPorts: 1, Passive: passive})
			if passive {
				n.pass(time.Second)
			}
			for g, ids := range map[*Group][]int{g: {1, 2}, h: {11, 12}} {
				for _, id := range ids {
					far := n.cables[end{g, id}]
					one, other := g.Status(id), far.g.Status(far.port)
					if one.State != StateCurrent || one.Partner != other.Actor || !g.InUse(id) || one.Aggregator != 1 && one.Aggregator != 11 {
						t.Errorf("fast %v, passive %v: port %d is %+v at the end of %+v", fast, passive, id, one, other)
					}
				}
			}
			if n.frames > 20 {
				t.Errorf("%d frames", n.frames)
			}
			const all = Aggregation | Synchronization | Collecting | Distributing
			want := map[bool]State{false: Activity | all, true: all}[passive]
			if got := h.Status(12).Actor.State; got != want {
				t.Errorf("actor %#x, want %#x", got, want)
			}
			n.frames = 0
			n.pass(300 * time.Second)
			// Each port sends at the rate that the other end asks for.
			if low, high := map[bool]int{false: 38, true: 618}[fast], map[bool]int{false: 42, true: 622}[fast]; n.frames < low || n.frames > high {
				t.Errorf("fast %v, passive %v: %d frames in 300 s", fast, passive, n.frames)
			}
		}
	}
}

// TestBothPassive has two systems that wait for each other.
func TestBothPassive(t *testing.T) {
	n, g, _ := pair(t, Config{Passive: true}, Config{Passive: true})
	n.pass(time.Minute)
	n.expect(g, 1, status(StateDefaulted, Aggregation|Defaulted, ShortTimeout, 0))
	if n.frames != 0 {
		t.Errorf("%d frames", n.frames)
	}
}

func TestSilence(t *testing.T) {
	for fast, life := range map[bool]time.Duration{true: 3 * time.Second, false: 90 * time.Second} {
		n, g, _ := pair(t, Config{FastRate: fast, MinPorts: 1}, Config{MinPorts: 1})
		own := Activity | Aggregation
		if fast {
			own |= ShortTimeout
		}
		all := own | Synchronization | Collecting | Distributing
		clear(n.cables)
		n.pass(life - time.Millisecond)
		n.expect(g, 1, status(StateCurrent, all, 0x3d, 1))
		n.pass(time.Millisecond)
		n.expect(g, 1, status(StateExpired, own|Synchronization|Expired, 0x37, 1))
		if g.InUse(1) {
			t.Error("an expired port is in use")
		}
		n.pass(3*time.Second - time.Millisecond)
		n.expect(g, 2, status(StateExpired, own|Synchronization|Expired, 0x37, 1))
		n.pass(time.Millisecond)
		n.expect(g, 2, status(StateDefaulted, own|Defaulted, ShortTimeout, 0))
		n.frames = 0
		n.pass(10 * time.Second)
		if n.frames != 20 && n.frames != 40 { // the other system may still wait
			t.Errorf("%d frames in 10 s", n.frames)
		}
	}
}

// TestNeverUp has no state for the end of a port until its link has been up.
func TestNeverUp(t *testing.T) {
	n := newNetwork(t)
	g := n.system(1, Config{FastRate: true})
	g.Add(7, PortConfig{Number: 7, Priority: 255})
	for _, c := range []struct {
		link Link
		want State
	}{{Link{}, 0}, {Link{Up: true, Speed: 1000}, Activity | ShortTimeout | Aggregation | Expired}, {Link{}, Activity | ShortTimeout | Aggregation}} {
		g.SetLink(7, c.link, n.now)
		if got := g.Status(7).Actor.State; got != c.want {
			t.Errorf("%+v: %#x, want %#x", c.link, got, c.want)
		}
	}
}

func TestLinkAndUp(t *testing.T) {
	n, g, h := pair(t, Config{MinPorts: 1}, Config{MinPorts: 1})
	g.SetLink(1, Link{Up: true, Speed: 1000, HalfDuplex: true}, n.now)
	n.settle()
	n.expect(g, 1, status(StateDisabled, Activity|Aggregation, 0, 0))
	n.expect(g, 2, status(StateCurrent, 0x3d, 0x3d, 2))
	g.SetLink(1, Link{Up: true, Speed: 1000}, n.now)
	n.settle()
	n.expect(g, 1, status(StateCurrent, 0x3d, 0x3d, 1))
	g.SetUp(false, n.now)
	n.settle()
	n.expect(g, 2, status(StateDisabled, Activity|Aggregation, 0, 0))
	if !g.Next().IsZero() {
		t.Error("a system that is down waits for something")
	}
	g.SetLink(1, Link{}, n.now)
	g.SetUp(true, n.now)
	n.settle()
	n.expect(g, 1, status(StateExpired, Activity|Aggregation|Expired, ShortTimeout, 0))
	n.expect(g, 2, status(StateCurrent, 0x3d, 0x3d, 2))
	h.Remove(12, n.now)
	if h.InUse(12) || h.Selected() != 11 {
		t.Errorf("aggregator %d selected after a port was removed", h.Selected())
	}
}

// TestFlaps takes a link down and up a hundred times.
func TestFlaps(t *testing.T) {
	n, g, h := pair(t, Config{MinPorts: 1}, Config{MinPorts: 1})
	n.frames = 0
	for range 100 {
		for _, up := range []bool{false, true} {
			g.SetLink(1, Link{Up: up, Speed: 1000}, n.now)
			h.SetLink(11, Link{Up: up, Speed: 1000}, n.now)
			n.pass(15 * time.Millisecond)
			if !g.InUse(2) || g.InUse(1) != up {
				t.Fatalf("in use: %v and %v, with the link up %v", g.InUse(1), g.InUse(2), up)
			}
		}
	}
	n.expect(g, 1, status(StateCurrent, 0x3d, 0x3d, 1))
	n.expect(h, 11, status(StateCurrent, 0x3d, 0x3d, 11))
	if n.frames > 1200 {
		t.Errorf("%d frames", n.frames)
	}
}

// TestLoop has two ports of one system connected.
func TestLoop(t *testing.T) {
	n := newNetwork(t)
	g := n.system(0xa, Config{MinPorts: 1})
	n.cable(g, 1, g, 2)
	n.add(g, 1, 2)
	n.settle()
	n.expect(g, 1, status(StateCurrent, Activity|Aggregation, Activity|Aggregation, 0))
}

// TestIndividual has a partner that cannot aggregate.
func TestIndividual(t *testing.T) {
	n := newNetwork(t)
	g := n.system(0xa, Config{MinPorts: 1})
	n.add(g, 1, 2)
	for id := range 2 {
		partner := Info{0xffff, System{2, 0, 0, 0, 0, 0xb}, 7, 255, uint16(id), Activity}
		g.Receive(id+1, PDU{Actor: partner}.AppendFrame(nil, System{}), n.now)
	}
	if one, two := g.Status(1), g.Status(2); one.Aggregator == two.Aggregator || one.Selected == two.Selected {
		t.Errorf("%+v and %+v", one, two)
	}
}

// TestMoved moves a cable to another system.
func TestMoved(t *testing.T) {
	n, g, _ := pair(t, Config{MinPorts: 1}, Config{MinPorts: 1})
	other := n.system(0x9, Config{MinPorts: 1})
	n.add(other, 21)
	n.cable(g, 1, other, 21)
	g.SetLink(1, Link{}, n.now)
	g.SetLink(1, Link{Up: true}, n.now)
	n.settle()
	// 0x9 is the better system.
	n.expect(g, 1, status(StateCurrent, 0x3d, 0x3d, 1))
	if s := g.Status(2); s.Selected || g.InUse(2) || s.Actor.State != Activity|Aggregation {
		t.Errorf("%+v", s)
	}
}

// TestPolicies has a system with three others: one cable to 0xb, two to 0xc, one to
// 0xd, which come up in this order.
func TestPolicies(t *testing.T) {
	for policy, want := range map[Policy][]int{
		// after 0xb, 0xc, 0xd, the loss of port 2, its return
		ByPriority:       {1, 1, 4, 4, 4}, // 0xd has the best system priority
		ByPriorityStable: {1, 1, 1, 1, 1},
		ByBandwidth:      {1, 2, 4, 4, 4},
		ByCount:          {1, 2, 2, 4, 2}, // the last joined of three with one port
		ByPortConfig:     {1, 3, 3, 3, 3},
	} {
		n := newNetwork(t)
		g := n.system(0xe, Config{MinPorts: 1, Policy: policy})
		b, c, d := n.system(0xb, Config{}), n.system(0xc, Config{}), n.system(0xd, Config{SystemPriority: 5})
		n.add(b, 10)
		n.add(c, 20, 30)
		n.add(d, 40)
		n.add(g, 1, 2, 3, 4)
		for id, link := range map[int]Link{1: {true, 1000, false, 5}, 2: {true, 600, false, 4}, 3: {true, 600, false, 9}, 4: {true, 4000, false, 2}} {
			g.SetLink(id, link, n.now)
		}
		var got []int
		for _, step := range []func(){
			func() { n.cable(g, 1, b, 10) },
			func() { n.cable(g, 2, c, 20); n.cable(g, 3, c, 30) },
			func() { n.cable(g, 4, d, 40) },
			func() { g.SetLink(2, Link{Speed: 600, Preference: 4}, n.now) },
			func() { g.SetLink(2, Link{Up: true, Speed: 600, Preference: 4}, n.now) },
		} {
			step()
			n.pass(2 * time.Second)
			got = append(got, g.Selected())
		}
		if !slices.Equal(got, want) {
			t.Errorf("policy %d selects %v, want %v", policy, got, want)
		}
		for id := range 4 {
			if used, selected := g.InUse(id+1), g.Status(id+1).Selected; used != selected {
				t.Errorf("policy %d: port %d in use %v, selected %v", policy, id+1, used, selected)
			}
		}
	}
}

// TestSticky keeps the aggregator of a sticky port, and Preference counts at once.
func TestSticky(t *testing.T) {
	for _, sticky := range []bool{false, true} {
		n := newNetwork(t)
		g, b, c := n.system(0xa, Config{Policy: ByPortConfig}), n.system(0xb, Config{}), n.system(0xc, Config{})
		n.add(b, 10)
		n.add(c, 20)
		g.Add(1, PortConfig{Number: 1, Sticky: sticky})
		n.add(g, 2)
		n.cable(g, 1, b, 10)
		n.cable(g, 2, c, 20)
		g.SetLink(1, Link{Up: true}, n.now)
		n.pass(2 * time.Second)
		if !g.Choose(2) || g.Selected() != 2 || !g.Choose(1) || g.Selected() != 1 {
			t.Errorf("%d is selected, not the chosen one", g.Selected())
		}
		g.SetLink(2, Link{Up: true, Preference: 8}, n.now)
		if got, want := g.Selected(), map[bool]int{false: 2, true: 1}[sticky]; got != want {
			t.Errorf("sticky %v: %d is selected", sticky, got)
		}
		g.SetLink(1, Link{}, n.now)
		if got := g.Selected(); got != 2 {
			t.Errorf("sticky %v: %d is selected after the link of 1", sticky, got)
		}
	}
}

// TestPriorityOrder compares numbers, whose bytes in the frame teamd compares in the
// wrong order.
func TestPriorityOrder(t *testing.T) {
	low, high := Info{PortPriority: 0x00ff}, Info{PortPriority: 0x0100}
	if comparePriority(low, high) >= 0 || comparePriority(Info{SystemPriority: 2}, Info{SystemPriority: 1, PortPriority: 9}) <= 0 {
		t.Error("wrong order")
	}
}

// TestSystemChanged gives a system another address: all agree in the end.
func TestSystemChanged(t *testing.T) {
	n, g, h := pair(t, Config{MinPorts: 2}, Config{MinPorts: 2})
	g.SetSystem(System{2, 0, 0, 0, 0, 0xd})
	n.settle()
	for id := range 2 {
		if got, want := h.Status(id+11).Partner, g.Status(id+1).Actor; got != want || got.System[5] != 0xd {
			t.Errorf("port %d is known as %+v, is %+v", id+1, got, want)
		}
		if !g.InUse(id+1) || !h.InUse(id+11) {
			t.Errorf("port %d is not in use", id+1)
		}
	}
}

func TestMarkerAnswer(t *testing.T) {
	n := newNetwork(t)
	g := n.system(0xa, Config{})
	n.add(g, 1)
	n.settle()
	marker := append(appendHeader(nil, System{2}), make([]byte, pduLen)...)
	copy(marker[headerLen:], []byte{subtypeMarker, 1, markerRequest, markerLen, 0x12, 0x34})
	for range 3 {
		g.Receive(1, marker, n.now)
	}
	frames := g.Frames()
	if len(frames) != 1 || !bytes.Equal(frames[0].Data[6:20], []byte{2, 0, 0, 0, 1, 1, 0x88, 0x09, 2, 1, 2, 22, 0x12, 0x34}) {
		t.Errorf("%x", frames)
	}
}

func TestNoPort(t *testing.T) {
	g := NewGroup(Config{}, System{2})
	g.Remove(1, time.Time{})
	g.SetLink(1, Link{Up: true}, time.Time{})
	g.Receive(1, nil, time.Time{})
	if g.Choose(1) || g.InUse(1) || g.Status(1) != (PortStatus{}) || g.Selected() != 0 {
		t.Error("there is a port")
	}
}

// FuzzGroup has a group receive anything at any time, and looks for contradictions.
func FuzzGroup(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x10\x21\x32\x43\x54\x65\x76\x87"))
	f.Fuzz(func(t *testing.T, script []byte) {
		n := newNetwork(&testing.T{})
		g := n.system(0xa, Config{MinPorts: 1, Policy: Policy(len(script) % 5), Passive: len(script)%2 == 0})
		n.add(g, 1, 2, 3)
		for i, op := range script {
			id := int(op&3) + 1
			switch op >> 2 & 7 {
			case 0:
				g.SetLink(id, Link{Up: op&32 != 0, Speed: uint32(op), Preference: int32(op)}, n.now)
			case 1:
				n.now = n.now.Add(time.Duration(op) * time.Second / 16)
				g.Tick(n.now)
			case 2:
				g.SetUp(op&32 != 0, n.now)
			case 3:
				g.Remove(id, n.now)
				if op&32 != 0 {
					n.add(g, id)
				}
			case 4:
				g.Choose(id)
			default:
				g.Receive(id, PDU{Actor: Info{uint16(op >> 6), System{2, 0, 0, 0, 0, op >> 5 & 1}, 0, uint16(i), 1, State(op * 7)}}.AppendFrame(nil, System{}), n.now)
			}
			if fault := g.fault(n.now); fault != "" {
				t.Fatalf("after %d of %x: %s", i, script, fault)
			}
		}
	})
}

// fault returns a contradiction in a group.
func (g *Group) fault(now time.Time) string {
	if len(g.Frames()) > 2*len(g.ports) || len(g.Frames()) > 0 {
		return "frames are sent twice"
	}
	for _, p := range g.ports {
		switch {
		case p.lead != nil && (p.lead.lead != p.lead || g.port(p.lead.id) != p.lead):
			return fmt.Sprintf("port %d is led by %d, which does not lead", p.id, p.lead.id)
		case p.lead != nil && g.selected == nil:
			return "an aggregator is there, but not selected"
		case g.InUse(p.id) && p.state != StateCurrent:
			return fmt.Sprintf("port %d is in use in state %d", p.id, p.state)
		case !p.expires.IsZero() && p.state != StateCurrent && p.state != StateExpired:
			return fmt.Sprintf("port %d expires in state %d", p.id, p.state)
		case p.expires.IsZero() && (p.state == StateCurrent || p.state == StateExpired):
			return fmt.Sprintf("port %d never expires in state %d", p.id, p.state)
		}
	}
	if g.selected != nil && g.selected.lead != g.selected {
		return "the selected aggregator does not exist"
	}
	return ""
}
