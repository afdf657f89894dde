package iplink

import (
	"testing"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// TestIPvlanPort finds the mode that a parent is in from the links on it.
func TestIPvlanPort(t *testing.T) {
	on := func(parent int, mode IPvlanMode, nsid int32) *Link {
		return &Link{Parent: parent, NetNSID: nsid, Info: &IPvlanInfo{Mode: mode}}
	}
	made := func(mode IPvlanMode) *job {
		return newJob(newAnyKind(KindIPvlan, "b", &IPvlanInfo{Mode: mode}, attr.SetOf(uapi.IFLA_IPVLAN_MODE)).ParentIndex(7).description(), nil, nil)
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
	b := newAnyKind(KindIPvlan, "a", new(IPvlanInfo), attr.Set{}).Parent("b")
	j := newJob(b.description(), nil, nil)
	j.withMode(IPvlanL2)
	if got := j.spec.Info.(*IPvlanInfo).Mode; got != IPvlanL2 || !j.infoSet.Has(1) {
		t.Errorf("the job has mode %v, in set: %v", got, j.infoSet.Has(1))
	}
	if got := b.String(); got != "ip link add name a link b type ipvlan" {
		t.Errorf("the builder is now %s", got)
	}
}
