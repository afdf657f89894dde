package kerneltest_test

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
)

// TestProtoDownReason sets and clears the reasons to hold a link down. The kernel keeps it
// down until the last one is gone.
func TestProtoDownReason(t *testing.T) {
	conn, here := lab.Scratch(t)
	here.IP("link", "add", "low0", "type", "bridge")
	says := func(want string) {
		t.Helper()
		link := here.Link("mv0")
		if got := fmt.Sprint(link["proto_down"], link["proto_down_reason"]); got != want {
			t.Errorf("ip says %s, want %s", got, want)
		}
	}
	held := macvlan.New("mv0").Parent("low0").ProtoDown(true).ProtoDownReason(3, true).ProtoDownReason(0, true).ProtoDownReason(1, false)
	if l := lab.MustCreate(t, conn, held)[0]; l.ProtoDownReason != 9 || !l.ProtoDown {
		t.Errorf("%#x, %v", l.ProtoDownReason, l.ProtoDown)
	}
	says("true [0 3]")
	lab.Ensured(t, conn, held, false)
	lab.Ensured(t, conn, macvlan.New("mv0").ProtoDownReason(3, true), false) // other bits do not matter
	_, err := conn.Update(t.Context(), macvlan.New("mv0").ProtoDown(false))
	if !errors.Is(err, syscall.EBUSY) || !strings.Contains(err.Error(), "active reasons") {
		t.Errorf("error %v", err)
	}
	diffs, err := conn.Diff(t.Context(), macvlan.New("mv0").ProtoDownReason(0, false).ProtoDownReason(5, true))
	if err != nil || len(diffs) != 1 || diffs[0].String() != "protodown_reason: have 0 on 3 on, want 0 off 5 on" {
		t.Errorf("%v, %v", diffs, err)
	}
	lab.Ensured(t, conn, macvlan.New("mv0").ProtoDownReason(0, false), false, "protodown_reason")
	says("true [3]")
	lab.Updated(t, conn, iplink.Device("mv0").ProtoDownReason(3, false).ProtoDown(false))
	says("<nil> <nil>")
	lab.Refused(t, lab.ErrorOf(conn.Update(t.Context(), macvlan.New("mv0").ProtoDownReason(32, true))), "ProtoDownReason", "32 is not in 0…31")
	if _, err := conn.Create(t.Context(), veth.New("v0").ProtoDownReason(3, true)); !errors.Is(err, syscall.EOPNOTSUPP) || len(here.Names()) != 3 {
		t.Errorf("error %v, links %v", err, here.Names())
	}
	here.IP("link", "delete", "mv0")
	const want = "ip link add mv0 link low0 type macvlan && ip link set dev mv0 protodown_reason 0 on && ip link set dev mv0 protodown_reason 1 off && " +
		"ip link set dev mv0 protodown_reason 3 on && ip link set dev mv0 protodown on"
	if got := held.String(); got != want {
		t.Error(got)
	}
	for _, spec := range []iplink.Spec{held, iplink.Device("mv0").ProtoDownReason(0, false)} {
		if fault := testutil.Shell(t, here.File, spec.String()); fault != "" {
			t.Errorf("%s: %s", spec, fault)
		}
	}
	says("true [3]")
	if fault := testutil.Shell(t, here.File, iplink.Device("mv0").ProtoDown(false).ProtoDownReason(3, false).String()); fault != "" {
		t.Error(fault)
	}
	says("<nil> <nil>")
}
