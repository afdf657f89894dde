package iplink

import "testing"

func TestIPvlanEncoding(t *testing.T) {
	encoded(t, NewIPvlan("a").Mode(IPvlanL3S).Flags(IPvlanVEPA), "0600010002000000 0600020002000000")
	encoded(t, NewIPvtap("a").Mode(IPvlanL2).Flags(IPvlanPrivate), "0600010000000000 0600020001000000")
}

func TestIPvlanRefusals(t *testing.T) {
	mac := []byte{2, 0, 0, 0, 0x12, 0x34}
	for _, r := range []refusal{
		{spec: NewIPvlan("a").Mode(IPvlanL2), message: "link: a ipvlan sits on another link: name it with Parent"},
		{spec: NewIPvtap("a").Mode(IPvlanL2), message: "link: a ipvtap sits on another link: name it with Parent"},
		{spec: NewIPvlan("a").Parent("b").Mode(3), message: "mode: 3 is none of l2, l3, l3s"},
		{spec: NewIPvlan("a").Parent("b").Flags(3), message: "flags: 3 is none of bridge, private, vepa"},
		{spec: NewIPvlan("a").Parent("b").Address(mac), message: "address: an ipvlan has the address of its parent"},
		{spec: NewIPvtap("a").Address(mac), op: "update", message: "address: an ipvlan has the address of its parent"},
	} {
		r.test(t)
	}
}

// TestIPvlanPort finds the mode that a parent is in from the links on it.
func TestIPvlanPort(t *testing.T) {
	on := func(parent int, mode IPvlanMode, nsid int32) *Link {
		return &Link{Parent: parent, NetNSID: nsid, Info: &IPvlanInfo{Mode: mode}}
	}
	made := func(mode IPvlanMode) *job {
		return newJob(NewIPvlan("b").ParentIndex(7).Mode(mode).wanted(), nil, nil)
	}
	for _, c := range []struct {
		name  string
		port  ipvlanPort
		mode  IPvlanMode
		known bool
	}{
		{"nothing on it", ipvlanPort{index: 7, netnsID: -1}, 0, false},
		{"one on it", ipvlanPort{index: 7, netnsID: -1, on: []*Link{on(7, IPvlanL3S, -1)}}, IPvlanL3S, true},
		{"one on another", ipvlanPort{index: 7, netnsID: -1, on: []*Link{on(8, IPvlanL3S, -1)}}, 0, false},
		{"one on that index elsewhere", ipvlanPort{index: 7, netnsID: -1, on: []*Link{on(7, IPvlanL3S, 3)}}, 0, false},
		{"one on the parent of the link that was named", ipvlanPort{index: 7, netnsID: 3, on: []*Link{on(7, IPvlanL3S, 3), on(7, IPvlanL2, -1)}}, IPvlanL3S, true},
		{"one that is to be made", ipvlanPort{index: 7, netnsID: -1, on: []*Link{on(7, IPvlanL3S, -1)}, made: []*job{made(IPvlanL2)}}, IPvlanL2, true},
	} {
		if mode, known := c.port.mode(); mode != c.mode || known != c.known {
			t.Errorf("%s: %v, %v; want %v, %v", c.name, mode, known, c.mode, c.known)
		}
	}
}

// TestIPvlanKeepsBuilder completes a job with a mode, which the builder must not
// come to have.
func TestIPvlanKeepsBuilder(t *testing.T) {
	b := NewIPvlan("a").Parent("b")
	j := newJob(b.wanted(), nil, nil)
	j.withMode(IPvlanL2)
	if got := j.spec.info.(*IPvlanInfo).Mode; got != IPvlanL2 || !j.infoSet.Has(1) {
		t.Errorf("the job has mode %v, in set: %v", got, j.infoSet.Has(1))
	}
	if got := b.String(); got != "ip link add name a link b type ipvlan" {
		t.Errorf("the builder is now %s", got)
	}
}
