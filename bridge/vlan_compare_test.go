package bridge

import (
	"fmt"
	"slices"
	"testing"
)

// TestCompareVLANs compares lists whose differences are ranges and single VLANs.
func TestCompareVLANs(t *testing.T) {
	o := &vlanObjects{only: true, vlans: append([]VLAN{{ID: 7, PVID: true, Untagged: true}, {ID: 9, Tunnel: 900}}, VLANRange(20, 22)...)}
	have := []VLAN{{ID: 1, Untagged: true}, {ID: 2, Untagged: true}, {ID: 7, Untagged: true}, {ID: 9, Untagged: true, Tunnel: 900}, {ID: 4000}}
	changes := o.compare(have)
	var got []string
	for _, c := range changes {
		got = append(got, fmt.Sprintf("%s>%s", c.Have, c.Want))
	}
	want := []string{"vid 1-2 untagged>", "vid 4000>", ">vid 20-22", "vid 7 untagged>vid 7 pvid untagged",
		"vid 9 untagged tunnel_info id 900>vid 9 tunnel_info id 900"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	var requests []string
	for _, r := range changes[0].Requests {
		requests = append(requests, r.Text)
	}
	if want := []string{"vid 1-4000", "vid 7-22"}; !slices.Equal(requests, want) {
		t.Errorf("requests %q, want %q", requests, want)
	}
	if changes := o.compare(o.vlans); changes != nil {
		t.Errorf("the same VLANs differ: %+v", changes)
	}
}
