package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// A Testbed is three namespaces with links of another program in them, which a transaction
// must leave as they are.
type Testbed struct {
	T     *testing.T
	Conn  *iplink.Conn // in the first namespace
	All   []*testutil.Lab
	NS    []*iplink.NetNS // the same
	IP    []*testutil.IPServer
	State string // the answers of `ip` about them

	Restore []string // commands of `ip` after a transaction was removed from the first
}

// NewTestbed makes a bridge br with a port in the first namespace, and the underlay of a
// tunnel in the second.
func NewTestbed(t *testing.T) *Testbed {
	t.Helper()
	l := &Testbed{T: t, Restore: []string{"link set port master br"}}
	for range 3 {
		ns := testutil.NewLab(t)
		l.All, l.NS, l.IP = append(l.All, ns), append(l.NS, NetNS(ns)), append(l.IP, testutil.NewIPServer(t, ns.File))
	}
	l.All[0].IP("link", "add", "name", "br", "address", "0a:00:12:34:56:78", "up", "type", "bridge")
	l.All[0].IP("link", "add", "port", "mtu", "1280", "master", "br", "up", "type", "veth", "peer", "name", "end")
	l.All[0].IP("link", "set", "end", "group", "4660", "up")
	l.All[1].IP("link", "add", "under", "up", "type", "veth", "peer", "name", "over")
	l.All[1].IP("link", "set", "over", "alias", "somebody's", "up")
	l.Redial()
	l.Settle()
	return l
}

// Redial opens a new Conn in place of one that is closed.
func (l *Testbed) Redial() {
	l.T.Helper()
	l.Conn = testutil.Opened(l.All[0], iplink.Dial)
}

// Settle waits until nothing changes any more: carriers come with a delay.
func (l *Testbed) Settle() {
	l.T.Helper()
	for range 100 {
		before := l.State
		l.State = l.Look(true)
		if l.State == before {
			return
		}
		time.Sleep(30 * time.Millisecond)
	}
	l.T.Fatal("the links do not come to rest")
}

var (
	// passing are values that pass with time, or follow a carrier with a delay.
	passing = []string{"gc_timer", "hello_timer", "tcn_timer", "topology_change_timer", "hold_timer", "forward_delay_timer", "message_age_timer",
		"operstate", "state", "NO-CARRIER", "LOWER_UP", "fdb_n_learned", "mii_status", "link_failure_count"}
	// chosen are values that the kernel chooses.
	chosen = []string{"ifindex", "link_index", "link_netnsid", "address", "root_id", "bridge_id", "perm_hwaddr"}
)

// Look returns the answers of `ip` about all links, without values that pass with time, and
// unless exactly is set without those that the kernel chooses.
func (l *Testbed) Look(exactly bool) string {
	l.T.Helper()
	drop := passing
	if !exactly {
		drop = slices.Concat(passing, chosen)
	}
	var all []any
	for i := range l.IP {
		for _, link := range l.Links(i) {
			all = append(all, prune(link, drop))
		}
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		l.T.Fatal(err)
	}
	return string(text)
}

// Links returns the answer of `ip` about the links of one namespace, sorted by name.
func (l *Testbed) Links(i int) (links []map[string]any) {
	l.T.Helper()
	l.IP[i].Decode(&links, "address")
	slices.SortFunc(links, func(a, b map[string]any) int { return cmpStrings(a["ifname"], b["ifname"]) })
	return links
}

func cmpStrings(a, b any) int {
	return slices.Compare([]byte(a.(string)), []byte(b.(string)))
}

// prune removes keys, flags, and IPv6 addresses, which take their time to be
// verified, from decoded JSON.
func prune(v any, drop []string) any {
	switch v := v.(type) {
	case map[string]any:
		maps.DeleteFunc(v, func(key string, _ any) bool { return slices.Contains(drop, key) })
		for key, inner := range v {
			v[key] = prune(inner, drop)
		}
	case []any:
		v = slices.DeleteFunc(v, func(inner any) bool {
			flag, _ := inner.(string)
			addr, _ := inner.(map[string]any)
			return slices.Contains(drop, flag) || addr["family"] == "inet6"
		})
		for i, inner := range v {
			v[i] = prune(inner, drop)
		}
		return v
	}
	return v
}

// Unchanged waits until all links are as they were, which carriers may take a
// while to be.
func (l *Testbed) Unchanged(format string, args ...any) {
	l.T.Helper()
	var now string
	for range 100 {
		if now = l.Look(true); now == l.State {
			return
		}
		time.Sleep(30 * time.Millisecond)
	}
	l.T.Fatalf("%s: it is not as it was:\n%s", fmt.Sprintf(format, args...), cmp.Diff(l.State, now))
}

// Made returns the result of Look after the transaction, and undoes it.
func (l *Testbed) Made(specs []iplink.Spec) string {
	l.T.Helper()
	MustCreate(l.T, l.Conn, specs...)
	want := l.Look(false)
	l.Remove()
	return want
}

// Moments counts the moments of a transaction, and undoes it.
func (l *Testbed) Moments(specs []iplink.Spec) int {
	l.T.Helper()
	never := &Injection{At: -1, Fault: Faults["error"], Conn: l.Conn}
	if err := never.Run(l.T, CreatingBy(l.Conn, specs)); err != nil {
		l.T.Fatal(err)
	}
	l.Remove()
	return never.Now
}

// Remove removes the links that a transaction has made.
func (l *Testbed) Remove() {
	l.T.Helper()
	base := []string{"lo", "br", "port", "end", "under", "over"}
	for i := range l.All {
		var made []string
		for _, link := range l.Links(i) {
			if name := link["ifname"].(string); !slices.Contains(base, name) {
				made = append(made, name)
			}
		}
		err := l.NS[i].Do(func() error { return iplink.DeleteIfExists(l.T.Context(), made...) })
		if err != nil {
			l.T.Fatal(err)
		}
	}
	l.All[0].Batch(l.Restore...)
	l.Unchanged("removed")
}

// Try runs the transaction with a fault, checks the links that it leaves, and returns its error.
func (l *Testbed) Try(inject *Injection, what string, specs []iplink.Spec, want string) error {
	l.T.Helper()
	err := inject.Run(l.T, CreatingBy(l.Conn, specs))
	if err == nil {
		if got := l.Look(false); got != want {
			l.T.Fatalf("%s at %d: success, but it is not as asked for:\n%s", what, inject.At, cmp.Diff(want, got))
		}
		l.Remove()
	}
	l.Unchanged("%s at %d: error %v", what, inject.At, err)
	_, failed := l.Conn.Get(l.T.Context(), "br")
	switch {
	case errors.Is(failed, fs.ErrClosed):
		l.Redial()
	case failed != nil:
		l.T.Fatalf("%s at %d: the Conn is of no use any more: %v", what, inject.At, failed)
	}
	return err
}
