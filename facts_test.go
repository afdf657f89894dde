package iplink

import (
	"errors"
	"io/fs"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
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

func TestTeamModeMissing(t *testing.T) {
	want := "this kernel has no team mode activebackup (CONFIG_NET_TEAM_MODE_ACTIVEBACKUP)"
	if got := TeamActiveBackup.missing(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	var s spec
	if err := s.failed("create", "mode", &Error{Message: want, Err: fs.ErrInvalid}); err.Message != want || !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("error %v", err)
	}
}

// TestKindDataKnowsSpec fails when a spec gets a new field: outsideKind must then
// refuse it, or KindData would lose it.
func TestKindDataKnowsSpec(t *testing.T) {
	ofTheKind := []string{"Kind", "cachedKind", "Info", "Set", "Only", "Refs", "Peer"}
	refused := []string{"link", "linkSet", "linkRefs", "flags", "change", "inet6Set", "index", "altNames", "netns", "linkNetNS", "port", "layer3", "takeaway", "sysctls", "Objects"}
	ofVerbs := []string{"Name", "leftOut", "downFirst", "newName", "recreate", "asked", "standing", "main", "Faults", "made", "absence", "isNetNS", "exclusive", "resident"} // not of a link that is made by another
	want := map[string]bool{}
	for _, list := range [][]string{ofTheKind, refused, ofVerbs} {
		for _, name := range list {
			want[name] = true
		}
	}
	got := map[string]bool{}
	for _, of := range []reflect.Type{reflect.TypeFor[spec](), reflect.TypeFor[own.Settings]()} {
		for i := range of.NumField() {
			got[of.Field(i).Name] = true
		}
	}
	delete(got, "Settings") // whose fields are there
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestListener hands a job what the kernel might echo in answer to its request,
// such as the other end of a pair. Only the link itself is taken.
func TestListener(t *testing.T) {
	for _, heard := range []struct {
		typ   uint16
		name  string
		index int32
		taken bool
	}{
		{uapi.RTM_NEWLINK, "t0", 0x1234, true},
		{uapi.RTM_NEWLINK, "t1", 0x1234, false},
		{uapi.RTM_NEWLINK, "t0", 0x1235, false},
		{uapi.RTM_DELLINK, "t0", 0x1234, false},
	} {
		j := &job{spec: &spec{Settings: own.Settings{Name: "t0"}}, index: 0x1234, echo: true}
		data := wire.AppendString(wire.AppendLink(nil, wire.Link{Index: heard.index}), uapi.IFLA_IFNAME, heard.name)
		new(transaction).echoReply(j)(wire.Message{Header: wire.Header{Type: heard.typ}, Data: data})
		if taken := j.link != nil; taken != heard.taken {
			t.Errorf("%+v: %v", heard, taken)
		}
	}
}
