package kerneltest_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/nlmon"
	"github.com/iplink-go/iplink/topology"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxcan"
	"github.com/iplink-go/iplink/vxlan"
)

// verbs are what takes a Spec.
var verbs = map[string]func(context.Context, *iplink.Conn, iplink.Spec) error{
	"create": func(ctx context.Context, c *iplink.Conn, s iplink.Spec) error { return lab.ErrorOf(c.Create(ctx, s)) },
	"update": func(ctx context.Context, c *iplink.Conn, s iplink.Spec) error { return lab.ErrorOf(c.Update(ctx, s)) },
	"ensure": func(ctx context.Context, c *iplink.Conn, s iplink.Spec) error { return lab.ErrorOf(c.Ensure(ctx, s)) },
	"diff":   func(ctx context.Context, c *iplink.Conn, s iplink.Spec) error { return lab.ErrorOf(c.Diff(ctx, s)) },
	"second of two": func(ctx context.Context, c *iplink.Conn, s iplink.Spec) error {
		return lab.ErrorOf(c.Update(ctx, iplink.Device("lo").Up(), s))
	},
	"encode": func(_ context.Context, _ *iplink.Conn, s iplink.Spec) error {
		_, _, err := iplink.KindData(s)
		return err
	},
}

// faultySpecs are descriptions with an argument that cannot be, by what the error
// names.
func faultySpecs() map[string][]iplink.Spec {
	own := veth.New("t0")
	other := veth.New("t1")
	other.Peer(veth.New("t2"))
	return map[string][]iplink.Spec{
		"Spec":         {nil, (*vxlan.Builder)(nil), (*iplink.DeviceUpdate)(nil), new(vxlan.Builder), new(vxlan.Builder).VNI(7).Up(), new(veth.Builder), new(iplink.DeviceUpdate)},
		"NetNS":        {bridge.New("t0").NetNS(nil), bridge.New("t0").NetNS(new(iplink.NetNS)), veth.New("t0").Peer(veth.New("t1").NetNS(nil)), iplink.Device("lo").NetNS(nil)},
		"LinkNetNS":    {macvlan.New("t0").Parent("lo").LinkNetNS(nil), vxlan.New("t0").LinkNetNS(new(iplink.NetNS))},
		"Peer":         {veth.New("t0").Peer(nil), vxcan.New("t0").Peer(nil), veth.New("t0").Peer(new(veth.Builder)), own.Peer(own)},
		"PortSettings": {bridge.New("t0").PortSettings(nil), bridge.New("t0").PortSettings((*bridge.PortBuilder)(nil)), bridge.New("t0").PortSettings(new(bridge.PortBuilder)), iplink.Device("lo").PortSettings(new(bond.PortBuilder))},
	}
}

// TestSetterArguments refuses what setters cannot take, before anything is sent.
func TestSetterArguments(t *testing.T) {
	c, ns := lab.Scratch(t)
	sends := lab.CountSends(c)
	for named, specs := range faultySpecs() {
		for i, s := range specs {
			for verb, do := range verbs {
				wantArgument(t, verb, do(t.Context(), c, s), named, i)
			}
		}
	}
	if *sends != 0 || len(ns.Names()) != 1 {
		t.Errorf("%d sends; links %v", *sends, ns.Names())
	}
}

// wantArgument demands an error that names an argument.
func wantArgument(t *testing.T, what string, err error, named string, i int) {
	t.Helper()
	e, ok := errors.AsType[*iplink.Error](err)
	if !ok || !errors.Is(err, fs.ErrInvalid) || !strings.Contains(e.Error(), named) {
		t.Errorf("%s, %s #%d: %v", what, named, i, err)
	}
}

// TestStringOfFaulty prints no command for what is no description.
func TestStringOfFaulty(t *testing.T) {
	first, second := veth.New("t0"), veth.New("t1")
	specs := []iplink.Spec{first.Peer(second), second.Peer(first)}
	for _, faulty := range faultySpecs() {
		specs = append(specs, faulty...)
	}
	for i, s := range specs {
		if s == nil || s == (*vxlan.Builder)(nil) || s == (*iplink.DeviceUpdate)(nil) {
			continue
		}
		if text := s.String(); !strings.HasPrefix(text, "# ") || strings.Contains(text, "\n") {
			t.Errorf("#%d: %q", i, text)
		}
	}
	_ = first.Clone()
}

// TestConnArguments calls methods of what is no Conn, and with what they cannot
// take.
func TestConnArguments(t *testing.T) {
	c, _ := lab.Scratch(t)
	sends := lab.CountSends(c)
	for _, none := range []*iplink.Conn{nil, new(iplink.Conn)} {
		for name, err := range callAll(t.Context(), none) {
			wantArgument(t, name, err, "Conn", 0)
		}
		wantArgument(t, "close", none.Close(), "Conn", 0)
	}
	var noContext context.Context
	for name, err := range callAll(noContext, c) {
		wantArgument(t, name, err, "context", 0)
	}
	for i, f := range []iplink.Filter{nil, iplink.OfKind(""), iplink.OfMaster(""), iplink.OfMasterIndex(0)} {
		named := []string{"Filter", "OfKind", "OfMaster", "OfMasterIndex"}[i]
		wantArgument(t, "list", lab.ErrorOf(c.List(t.Context(), f)), named, i)
		wantArgument(t, "watch", watchError(t.Context(), c, f), named, i)
	}
	for i, cond := range []iplink.Condition{nil, iplink.Until("x", (func(*iplink.Link) bool)(nil)), iplink.UntilMaster("")} {
		wantArgument(t, "wait", lab.ErrorOf(c.Wait(t.Context(), "lo", cond)), []string{"Condition", "Until", "UntilMaster"}[i], i)
	}
	wantArgument(t, "addrs", lab.ErrorOf(c.Addrs(t.Context(), nil)), "Link", 0)
	wantArgument(t, "get index", lab.ErrorOf(c.GetIndex(t.Context(), 0)), "index", 0)
	wantArgument(t, "get index", lab.ErrorOf(c.GetIndex(t.Context(), -1)), "index", 1)
	if *sends != 0 {
		t.Errorf("%d sends", *sends)
	}
}

// callAll returns what the methods of a Conn say.
func callAll(ctx context.Context, c *iplink.Conn) map[string]error {
	lo := &iplink.Link{Name: "lo", Index: 1}
	return map[string]error{
		"Create": lab.ErrorOf(c.Create(ctx, bridge.New("t0"))), "Update": lab.ErrorOf(c.Update(ctx, iplink.Device("lo").Up())),
		"Ensure": lab.ErrorOf(c.Ensure(ctx, bridge.New("t0"))), "Diff": lab.ErrorOf(c.Diff(ctx, bridge.New("t0"))),
		"Get": lab.ErrorOf(c.Get(ctx, "lo")), "GetIndex": lab.ErrorOf(c.GetIndex(ctx, 1)), "List": lab.ErrorOf(c.List(ctx)),
		"Delete": c.Delete(ctx, "t0"), "DeleteIfExists": c.DeleteIfExists(ctx, "t0"), "Wait": lab.ErrorOf(c.Wait(ctx, "lo", iplink.UntilExists)),
		"Watch": watchError(ctx, c), "Addrs": lab.ErrorOf(c.Addrs(ctx, lo)),
		"Routes": lab.ErrorOf(c.Routes(ctx, lo)), "Neighs": lab.ErrorOf(c.Neighs(ctx, lo)),
	}
}

func watchError(ctx context.Context, c *iplink.Conn, filters ...iplink.Filter) (err error) {
	for _, err = range c.Watch(ctx, filters...) {
		break
	}
	return err
}

// TestNetNSArguments calls methods of a NetNS that no function returned.
func TestNetNSArguments(t *testing.T) {
	for i, ns := range []*iplink.NetNS{nil, new(iplink.NetNS)} {
		_, outputErr := ns.Command(t.Context(), "true").Output()
		for name, err := range map[string]error{
			"Do": ns.Do(func() error { return nil }), "Dial": lab.ErrorOf(ns.Dial()), "ID": lab.ErrorOf(ns.ID(t.Context())),
			"Run": ns.Command(t.Context(), "true").Run(), "Output": outputErr, "Close": ns.Close(),
			"ReadNetNS": lab.ErrorOf(topology.ReadNetNS(t.Context(), ns)),
		} {
			wantArgument(t, name, err, "NetNS", i)
			if !errors.Is(err, os.ErrClosed) {
				t.Errorf("%s: %v is not %v", name, err, os.ErrClosed)
			}
		}
	}
	ns := lab.NetNS(testutil.NewLab(t))
	wantArgument(t, "Do", ns.Do(nil), "function", 0)
	var noContext context.Context
	wantArgument(t, "Command", ns.Command(noContext, "true").Run(), "context", 0)
	wantArgument(t, "option", lab.ErrorOf(macvtap.Open(t.Context(), "t0", nil)), "Option", 0)
	wantArgument(t, "option", lab.ErrorOf(nlmon.Capture(t.Context(), "t0", new(strings.Builder), nil)), "Option", 0)
	wantArgument(t, "writer", lab.ErrorOf(nlmon.Capture(t.Context(), "t0", nil)), "writer", 0)
}
