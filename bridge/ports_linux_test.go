package bridge

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/testutil"
)

// portCalls are the methods that take a port, called with one.
func portCalls(s *Bridge, name string, index int) map[string]func(context.Context) error {
	entry := fdb.Entry{MAC: host, Port: name, PortIndex: index}
	self := entry
	self.Flags = fdb.Self
	group := MDBEntry{Port: name, PortIndex: index, Group: ipv4, Permanent: true}
	filter := fdb.Filter{Port: name, PortIndex: index}
	calls := map[string]func(context.Context) error{
		"AddFDB":         func(ctx context.Context) error { return s.AddFDB(ctx, entry) },
		"AddFDB self":    func(ctx context.Context) error { return s.AddFDB(ctx, self) },
		"AppendFDB":      func(ctx context.Context) error { return s.AppendFDB(ctx, entry) },
		"AppendFDB self": func(ctx context.Context) error { return s.AppendFDB(ctx, self) },
		"ReplaceFDB":     func(ctx context.Context) error { return s.ReplaceFDB(ctx, entry) },
		"DeleteFDB":      func(ctx context.Context) error { return s.DeleteFDB(ctx, entry) },
		"ListFDB":        func(ctx context.Context) error { _, err := s.ListFDB(ctx, filter); return err },
		"FlushFDB":       func(ctx context.Context) error { return s.FlushFDB(ctx, filter) },
		"AddMDB":         func(ctx context.Context) error { return s.AddMDB(ctx, group) },
		"ReplaceMDB":     func(ctx context.Context) error { return s.ReplaceMDB(ctx, group) },
		"DeleteMDB":      func(ctx context.Context) error { return s.DeleteMDB(ctx, group) },
		"SetMST":         func(ctx context.Context) error { return s.SetMST(ctx, MSTState{Port: name, PortIndex: index, MSTI: 7}) },
	}
	if name == "" {
		return calls
	}
	maps.Copy(calls, map[string]func(context.Context) error{
		"AddVLANs":          func(ctx context.Context) error { return s.AddVLANs(ctx, name, VLAN{ID: 291}) },
		"DeleteVLANs":       func(ctx context.Context) error { return s.DeleteVLANs(ctx, name, VLAN{ID: 1}) },
		"AddVLANTunnels":    func(ctx context.Context) error { return s.AddVLANTunnels(ctx, name, VLAN{ID: 1, Tunnel: 7}) },
		"DeleteVLANTunnels": func(ctx context.Context) error { return s.DeleteVLANTunnels(ctx, name, VLAN{ID: 1, Tunnel: 7}) },
		"SetVLANs":          func(ctx context.Context) error { return s.SetVLANs(ctx, name, 1, 1, ForPort().State(PortLearning)) },
		"ListPortVLANs":     func(ctx context.Context) error { _, err := s.ListPortVLANs(ctx, name); return err },
	})
	return calls
}

// TestOtherPorts calls each method with links that are no ports of the bridge: nothing
// is sent, and nothing changes.
func TestOtherPorts(t *testing.T) {
	ns := testutil.NewLab(t, "bridge")
	ns.Batch("link add br0 index 70 up type bridge", "link add other index 80 up type bridge", "link add p1 index 71 type veth peer name q1",
		"link add p3 index 73 type veth peer name q3", "link property add dev p3 altname third", "link set p1 master br0 up", "link set p3 master other up",
		"link set q1 up", "link set q3 up")
	s := testutil.OpenedLink(ns, "br0", Open)
	s.link.OnSend = func(request []byte) { t.Errorf("sends % x", request) }
	before := shownByBridge(t, ns.File)
	for _, c := range []struct {
		name  string
		index int
		says  string
	}{
		{"p3", 0, "p3 is not a port of br0 but of other: open that one"},
		{"third", 0, "p3 is not a port of br0 but of other: open that one"},
		{"", 73, "p3 is not a port of br0 but of other: open that one"},
		{"other", 0, "other is not a port of br0: open that link itself"},
		{"", 80, "other is not a port of br0: open that link itself"},
		{"q3", 0, "q3 is not a port of br0: Master makes it one"},
	} {
		for name, call := range portCalls(s, c.name, c.index) {
			if c.name == "q3" && strings.HasSuffix(name, "self") {
				continue // has an address filter that is no bridge's affair
			}
			err := call(t.Context())
			wants(t, err, fs.ErrInvalid)
			if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s of %s%d: %v, want one that matches fs.ErrNotExist and says %q", name, c.name, c.index, err, c.says)
			}
		}
	}
	if after := shownByBridge(t, ns.File); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

// shownByBridge returns what `bridge` knows of all bridges.
func shownByBridge(t *testing.T, ns *os.File) string {
	t.Helper()
	var all strings.Builder
	for _, args := range [][]string{{"fdb", "show"}, {"vlan", "show"}, {"-d", "link", "show"}} {
		lines := strings.Split(testutil.Bridge(t, ns, args...), "\n")
		// What links learn of one another by themselves is of no interest.
		lines = slices.DeleteFunc(lines, func(line string) bool {
			return strings.HasPrefix(line, "33:33:") || strings.HasSuffix(strings.TrimSpace(line), "master other") || strings.HasSuffix(strings.TrimSpace(line), "master br0")
		})
		all.WriteString(strings.Join(lines, "\n"))
	}
	return all.String()
}

// TestBridgeGone is about lists of a bridge that is there no longer, and about its index
// when another link has it.
func TestBridgeGone(t *testing.T) {
	ns := testutil.NewLab(t, "bridge")
	ns.Batch("link add br0 index 70 up type bridge", "link add p1 index 71 type veth peer name q1", "link set p1 master br0 up", "link set q1 up")
	s := testutil.OpenedLink(ns, "br0", Open)
	for _, next := range []string{"link del br0", "link add v0 index 70 type veth peer name v1"} {
		ns.Batch(next)
		calls := goneCalls(s)
		for _, port := range []string{"p1", "br0"} {
			for name, call := range portCalls(s, port, 0) {
				calls[name+" of "+port] = call
			}
		}
		delete(calls, "SetMST of br0") // refused before anything is sent
		for name, call := range calls {
			if strings.HasSuffix(name, "self of p1") {
				continue // has an address filter that is no bridge's affair
			}
			if err := call(t.Context()); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s after %q: %v", name, next, err)
			}
		}
	}
}

// goneCalls are the methods without a port.
func goneCalls(s *Bridge) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"ListVLANs":       func(ctx context.Context) error { _, err := s.ListVLANs(ctx); return err },
		"ListGlobalVLANs": func(ctx context.Context) error { _, err := s.ListGlobalVLANs(ctx); return err },
		"ListMST":         func(ctx context.Context) error { _, err := s.ListMST(ctx); return err },
		"ListMDB":         func(ctx context.Context) error { _, err := s.ListMDB(ctx); return err },
		"ListRouterPorts": func(ctx context.Context) error { _, err := s.ListRouterPorts(ctx); return err },
		"ListFDB":         func(ctx context.Context) error { _, err := s.ListFDB(ctx, fdb.Filter{}); return err },
		"FlushFDB":        func(ctx context.Context) error { return s.FlushFDB(ctx, fdb.Filter{}) },
		"GetFDB":          func(ctx context.Context) error { _, err := s.GetFDB(ctx, host, 0); return err },
		"SetGlobalVLANs":  func(ctx context.Context) error { return s.SetGlobalVLANs(ctx, 1, 1, ForBridge().MSTI(3)) },
	}
}
