package bridge

import (
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/testutil"
)

// TestNoFiltering is about kernels whose bridges know no VLANs.
func TestNoFiltering(t *testing.T) {
	if filters(t) {
		testutil.Skipf(t, "this kernel's bridge filters VLANs")
	}
	x := newPlain(t)
	for name, call := range map[string]func(context.Context) error{
		"AddVLANs":        func(ctx context.Context) error { return x.s.AddVLANs(ctx, "p1", VLAN{ID: 291}) },
		"AddVLANTunnels":  func(ctx context.Context) error { return x.s.AddVLANTunnels(ctx, "vx0", VLAN{ID: 291, Tunnel: 7}) },
		"DeleteVLANs":     func(ctx context.Context) error { return x.s.DeleteVLANs(ctx, "br0", VLAN{ID: 291}) },
		"SetVLANs":        func(ctx context.Context) error { return x.s.SetVLANs(ctx, "p1", 1, 1, ForPort().State(PortLearning)) },
		"SetGlobalVLANs":  func(ctx context.Context) error { return x.s.SetGlobalVLANs(ctx, 1, 1, ForBridge().MSTI(3)) },
		"ListPortVLANs":   func(ctx context.Context) error { _, err := x.s.ListPortVLANs(ctx, "p1"); return err },
		"ListGlobalVLANs": func(ctx context.Context) error { _, err := x.s.ListGlobalVLANs(ctx); return err },
		"Create": func(ctx context.Context) (err error) {
			testutil.In(t, x.File, func() { _, err = New("br9").VLANFiltering(true).Create(ctx) })
			return err
		},
		"SetMST": func(ctx context.Context) error { return x.s.SetMST(ctx, MSTState{Port: "p1", MSTI: 7}) },
	} {
		err := call(t.Context())
		wants(t, err, errors.ErrUnsupported)
		if err == nil || !strings.Contains(err.Error(), "this kernel's bridge does not filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING)") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTunnelsAlone gives tunnels to VLANs, whose flags stay.
func TestTunnelsAlone(t *testing.T) {
	testutil.Need(t, "vxlan")
	x := newScratch(t, "vlan_default_pvid 0")
	x.Batch("link add vx0 index 99 type vxlan dstport 4789 external", "link set vx0 master br0")
	want := []VLAN{{ID: 290, PVID: true, Untagged: true}, {ID: 291, Untagged: true}, {ID: 292}}
	testutil.Must(t, x.s.AddVLANs(x.Context(), "vx0", want...))
	x.wantVLANError(x.s.AddVLANTunnels(x.Context(), "vx0", VLAN{ID: 290, Tunnel: 0x1234}), syscall.EINVAL, "VLANTunnel")
	x.Batch("link set vx0 type bridge_slave vlan_tunnel on")
	x.wantVLANError(x.s.AddVLANTunnels(x.Context(), "vx0", VLAN{ID: 777, Tunnel: 0x1234}), syscall.EINVAL, "takes part in the VLANs")

	testutil.Must(t, x.s.AddVLANTunnels(x.Context(), "vx0", VLAN{ID: 290, Tunnel: 0x12345}, VLAN{ID: 291, Tunnel: 0x12346, PVID: true}))
	want[0].Tunnel, want[1].Tunnel = 0x12345, 0x12346
	x.wantVLANs("vx0", want...)
	x.wantTunnels(shownVLAN{VLAN: 290, VLANEnd: 291, TunID: 0x12345, TunEnd: 0x12346})
	x.wantVLANError(x.s.AddVLANTunnels(x.Context(), "vx0", VLAN{ID: 290, Tunnel: 0x4321}), fs.ErrExist, "DeleteVLANTunnels")
	x.wantVLANError(x.s.AddVLANs(x.Context(), "vx0", VLAN{ID: 292, Tunnel: 0x12345}), fs.ErrExist, "DeleteVLANTunnels")
}

func (x *scratch) wantVLANError(err, target error, says string) {
	x.Helper()
	wants(x, err, target)
	if err == nil || !strings.Contains(err.Error(), says) {
		x.Errorf("%v, want %q", err, says)
	}
}

func (x *scratch) wantTunnels(want ...shownVLAN) {
	x.Helper()
	if diff := cmp.Diff(want, x.vlans("vx0", "tunnelshow")); diff != "" {
		x.Errorf("bridge vlan tunnelshow dev vx0 (-want +got):\n%s", diff)
	}
}

// TestVLANWords runs what VLANs say as commands of `bridge`.
func TestVLANWords(t *testing.T) {
	testutil.Need(t, "vxlan")
	x := newScratch(t, "vlan_default_pvid 0")
	x.Batch("link add vx0 index 99 type vxlan dstport 4789 external", "link set vx0 master br0",
		"link set vx0 type bridge_slave vlan_tunnel on")
	want := []VLAN{{ID: 290, PVID: true, Untagged: true, Tunnel: 0x12345}, {ID: 291, Tunnel: 0x54321}, {ID: 292, Untagged: true}}
	for _, v := range want {
		x.run("bridge vlan add dev vx0 " + v.String())
		if words := v.TunnelString(); words != "" {
			x.run("bridge vlan add dev vx0 " + words)
		}
	}
	x.wantVLANs("vx0", want...)
	x.run("bridge vlan set dev vx0 vid 291 " + ForPort().State(PortLearning).MulticastRouter(RouterDisabled).String())
	x.run("bridge vlan global set dev br0 vid 291 " + ForBridge().MulticastSnooping(false).MulticastIGMPVersion(3).String())
	for _, e := range []fdb.Entry{
		{MAC: host, Port: "p1", VLAN: 1, Flags: fdb.Master, State: fdb.Static},
		{MAC: host, PortIndex: 71, Flags: fdb.Master | fdb.ExternLearn},
		{MAC: host, Port: "vx0", VLAN: 290, Flags: fdb.Self | fdb.Master, State: fdb.Static, Dst: sender, DstPort: 0x1234, VNI: 0x4321, SrcVNI: 7, Via: "p1"},
	} {
		x.run("bridge vlan add vid 1 dev p1")
		x.run("bridge fdb add " + e.String())
		testutil.Must(t, x.s.DeleteFDB(x.Context(), e))
	}
}

// run runs a command in the namespace.
func (x *scratch) run(command string) {
	x.Helper()
	var out []byte
	var err error
	x.In(func() {
		words := strings.Fields(command)
		out, err = exec.Command(words[0], words[1:]...).CombinedOutput()
	})
	if err != nil {
		x.Errorf("%s: %v: %s", command, err, out)
	}
}
