package kerneltest_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// unusedNames returns names of namespaces, which are deleted when the test ends.
func unusedNames(t testing.TB, n int) (names []string) {
	t.Helper()
	for range n {
		name := testutil.Name(t)
		t.Cleanup(func() { iplink.DeleteNetNS(name) })
		names = append(names, name)
	}
	return names
}

// linksIn returns the names of the links in a named namespace, apart from lo, as `ip` has
// them.
func linksIn(t testing.TB, name string) (links []string) {
	t.Helper()
	for line := range strings.Lines(ip(t, "-n", name, "-o", "link")) {
		if link, _, _ := strings.Cut(strings.Fields(line)[1], "@"); link != "lo:" {
			links = append(links, strings.TrimSuffix(link, ":"))
		}
	}
	return links
}

// TestNamespace makes two namespaces together with links in them, finds both as described,
// and deletes all of it.
func TestNamespace(t *testing.T) {
	c, here := lab.Scratch(t)
	names, home := unusedNames(t, 2), lab.NetNS(here)
	files := openFiles(t)
	specs := []iplink.Spec{
		iplink.Namespace(names[0]),
		veth.New("to-web1").Peer(veth.New("eth0").NetNSName(names[0]).MTU(1403).Up()),
		bridge.New("br0").NetNSName(names[1]).Addr(lab.Prefix("192.0.2.18/28")),
		iplink.Namespace(names[1]),
		macvlan.New("mv0").Parent("to-web1").NetNSName(names[1]),
		vxlan.New("vx0").VNI(0x1234).LinkNetNS(home).Dev("to-web1").NetNSName(names[1]),
	}
	links := lab.MustCreate(t, c, specs...)
	if len(links) != 6 || links[0] != nil || links[3] != nil || links[1].Peer.Name != "eth0" || links[2].Name != "br0" || links[5].Name != "vx0" {
		t.Errorf("links %v", links)
	}
	for i, want := range [][]string{{"eth0"}, {"br0", "mv0", "vx0"}} {
		got := linksIn(t, names[i])
		if slices.Sort(got); !slices.Equal(got, want) || !ipLists(t, names[i]) {
			t.Errorf("%s: links %v, want %v", names[i], got, want)
		}
	}
	if out := ip(t, "-n", names[0], "-o", "link", "show", "dev", "eth0"); !strings.Contains(out, "mtu 1403") || !strings.Contains(out, ",UP") {
		t.Error(out)
	}
	if out := ip(t, "-n", names[1], "-o", "address", "show", "dev", "br0"); !strings.Contains(out, "192.0.2.18/28") {
		t.Error(out)
	}
	if now := openFiles(t); now > files+1 { // the Conn keeps its own namespace
		t.Errorf("%d open files, were %d", now, files)
	}
	if _, err := c.Create(t.Context(), iplink.Namespace(names[0]), bridge.New("br1")); !errors.Is(err, fs.ErrExist) || !ipLists(t, names[0]) {
		t.Errorf("a second time: %v", err)
	}
	if changes, err := c.Ensure(t.Context(), specs...); err != nil || len(changes) != 6 || slices.ContainsFunc(changes, (*iplink.Change).Changed) {
		t.Errorf("changes %v, error %v", changes, err)
	}
	for range 2 { // the second time all are missing
		if err := c.DeleteSpecs(t.Context(), specs...); err != nil {
			t.Fatal(err)
		}
		if got := here.Names(); !slices.Equal(got, []string{"lo"}) || ipLists(t, names[0]) || ipLists(t, names[1]) {
			t.Errorf("left: %v", got)
		}
	}
	changes, err := c.Ensure(t.Context(), specs...)
	if err != nil || slices.ContainsFunc(changes, func(c *iplink.Change) bool { return !c.Created }) || changes[0].Link != nil || changes[2].Link.Name != "br0" {
		t.Errorf("changes %v, error %v", changes, err)
	}
	if now := openFiles(t); now > files+1 {
		t.Errorf("%d open files, were %d", now, files)
	}
	threadsAreHome(t)
}

// endsLate is a context that ends when happens does something.
type endsLate struct {
	context.Context
	happens func() bool
	ended   bool
}

func (e *endsLate) Err() error {
	if e.ended = e.ended || e.happens(); e.ended {
		return context.Canceled
	}
	return nil
}

// TestNamespaceUndone removes the namespaces of calls that fail or are cancelled, and
// leaves those that were there and those that are another's by now.
func TestNamespaceUndone(t *testing.T) {
	c, here := lab.Scratch(t)
	here.IP("link", "add", "taken0", "type", "bridge")
	names := unusedNames(t, 2)
	ours, theirs := iplink.Namespace(names[0]), iplink.Namespace(names[1])
	ip(t, "netns", "add", names[1])
	ended, end := context.WithCancelCause(t.Context())
	end(syscall.EDOM)
	whenMade := &endsLate{Context: context.Background(), happens: func() bool { return ipLists(t, names[0]) }}
	files := openFiles(t)
	for text, call := range map[string]struct {
		ctx   context.Context
		want  error
		specs []iplink.Spec
	}{
		"a taken name of a link": {t.Context(), fs.ErrExist, []iplink.Spec{ours, bridge.New("br0").NetNSName(names[0]), bridge.New("taken0")}},
		"a missing parent":       {t.Context(), fs.ErrNotExist, []iplink.Spec{ours, macvlan.New("mv0").Parent("none0").NetNSName(names[0])}},
		"a missing namespace":    {t.Context(), fs.ErrNotExist, []iplink.Spec{ours, bridge.New("br0").NetNSName(names[0] + "x")}},
		"another namespace":      {t.Context(), fs.ErrExist, []iplink.Spec{ours, theirs}},
		"the first is another":   {t.Context(), fs.ErrExist, []iplink.Spec{theirs, ours}},
		"a context that ended":   {ended, syscall.EDOM, []iplink.Spec{ours}},
		"a context that ends":    {whenMade, context.Canceled, []iplink.Spec{ours, bridge.New("br0").NetNSName(names[0])}},
	} {
		_, err := c.Create(call.ctx, call.specs...)
		if !errors.Is(err, call.want) {
			t.Errorf("%s: %v", text, err)
		}
		if ipLists(t, names[0]) || !ipLists(t, names[1]) || len(here.Names()) != 2 {
			t.Fatalf("%s: left %s and %v", text, ip(t, "netns", "list"), here.Names())
		}
	}
	if _, err := c.Ensure(t.Context(), ours, theirs, bridge.New("br1").NetNSName(names[1]), iplink.Device("none0").NetNSName(names[0])); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Ensure: %v", err)
	}
	if ipLists(t, names[0]) || !ipLists(t, names[1]) || linksIn(t, names[1]) != nil {
		t.Errorf("Ensure left %s", ip(t, "netns", "list"))
	}
	if now := openFiles(t); now > files+1 { // the Conn keeps its own namespace
		t.Errorf("%d open files, were %d", now, files)
	}
	threadsAreHome(t)
}

// TestNamespaceTakenOver cancels a call after another process has given the name to a
// namespace of its own, which stays.
func TestNamespaceTakenOver(t *testing.T) {
	c, _ := lab.Scratch(t)
	name := unusedNames(t, 1)[0]
	takenOver := &endsLate{Context: context.Background(), happens: func() bool {
		if !ipLists(t, name) {
			return false
		}
		ip(t, "netns", "del", name)
		ip(t, "netns", "add", name)
		ip(t, "-n", name, "link", "add", "foreign0", "type", "bridge")
		return true
	}}
	if _, err := c.Create(takenOver, iplink.Namespace(name), bridge.New("br0").NetNSName(name)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got := linksIn(t, name); !slices.Equal(got, []string{"foreign0"}) {
		t.Errorf("links %v", got)
	}
}

// TestNamespaceRefused refuses impossible calls before anything is made.
func TestNamespaceRefused(t *testing.T) {
	c, here := lab.Scratch(t)
	name, long := unusedNames(t, 1)[0], strings.Repeat("n", 256)
	ours, at := iplink.Namespace(name), lab.NetNS(here)
	for text, call := range map[string]struct {
		verb  lab.Verb
		attr  string
		want  string
		specs []iplink.Spec
	}{
		"twice":            {(*iplink.Conn).Create, "Namespace", "twice", []iplink.Spec{ours, iplink.Namespace(name)}},
		"value":            {(*iplink.Conn).Create, "id", "not in", []iplink.Spec{ours, vxlan.New("vx0").VNI(1 << 25)}},
		"slash":            {(*iplink.Conn).Create, "", "slash", []iplink.Spec{ours, iplink.Namespace("a/b")}},
		"empty":            {(*iplink.Conn).Create, "", "needs a name", []iplink.Spec{ours, iplink.Namespace("")}},
		"dots":             {(*iplink.Conn).Create, "", "are no names", []iplink.Spec{ours, iplink.Namespace("..")}},
		"long":             {(*iplink.Conn).Create, "", "255", []iplink.Spec{ours, iplink.Namespace(long)}},
		"zero":             {(*iplink.Conn).Create, "Spec", "zero", []iplink.Spec{ours, new(iplink.NamespaceSpec)}},
		"nil":              {(*iplink.Conn).Create, "Spec", "nil", []iplink.Spec{ours, (*iplink.NamespaceSpec)(nil)}},
		"slash of a link":  {(*iplink.Conn).Create, "NetNSName", "slash", []iplink.Spec{ours, bridge.New("br0").NetNSName("a/b")}},
		"empty of a link":  {(*iplink.Conn).Create, "NetNSName", "needs a name", []iplink.Spec{ours, bridge.New("br0").NetNSName("")}},
		"both":             {(*iplink.Conn).Create, "NetNSName", "set one of the two", []iplink.Spec{ours, bridge.New("br0").NetNS(at).NetNSName(name)}},
		"both of a peer":   {(*iplink.Conn).Create, "NetNS", "set one of the two", []iplink.Spec{ours, veth.New("a0").Peer(veth.New("a1").NetNSName(name).NetNS(at))}},
		"update":           {(*iplink.Conn).Update, "Namespace", "only Create", []iplink.Spec{ours, bridge.New("br0")}},
		"peer of a device": {(*iplink.Conn).Create, "", "Device", []iplink.Spec{ours, iplink.Device("lo").NetNSName(name)}},
	} {
		_, err := call.verb(c, t.Context(), call.specs...)
		if lab.Refused(t, err, call.attr, call.want); t.Failed() {
			t.Fatal(text)
		}
		if ipLists(t, name) {
			t.Fatalf("%s: %s is there", text, name)
		}
	}
	keep := iplink.Prune(iplink.OfGroup(0x1234)).Keep(ours)
	_, err := c.Ensure(t.Context(), keep)
	lab.Refused(t, err, "Keep", "Namespace")
	if again := bridge.New("br0").NetNSName("a/b").NetNSName(name); again.String() != "ip link add br0 netns "+name+" type bridge" {
		t.Error(again)
	}
}

// TestNetNSName finds, moves and deletes links in a namespace by its name.
func TestNetNSName(t *testing.T) {
	c, here := lab.Scratch(t)
	names := unusedNames(t, 2)
	ip(t, "netns", "add", names[0])
	here.IP("link", "add", "moved0", "type", "veth", "peer", "name", "moved1")
	lab.Updated(t, c, iplink.Device("moved0").NetNSName(names[0]).MTU(1403))
	if got := linksIn(t, names[0]); !slices.Equal(got, []string{"moved0"}) {
		t.Errorf("links %v", got)
	}
	spec := veth.New("moved0").NetNSName(names[0]).MTU(1404)
	if diffs, err := c.Diff(t.Context(), spec); err != nil || len(diffs) != 1 || diffs[0].Attr != "mtu" || diffs[0].Have != "1403" {
		t.Errorf("%v, %v", diffs, err)
	}
	lab.Updated(t, c, spec)
	if out := ip(t, "-n", names[0], "-o", "link", "show", "dev", "moved0"); !strings.Contains(out, "mtu 1404") {
		t.Error(out)
	}
	for name, want := range map[string]error{names[0]: nil, names[1]: fs.ErrNotExist} {
		if _, err := c.Diff(t.Context(), iplink.Namespace(name)); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Update(t.Context(), veth.New("moved0").NetNSName(names[1])); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("update in a missing namespace: %v", err)
	}
	changes, err := c.Ensure(t.Context(), iplink.Absent("moved0").NetNSName(names[1]), iplink.Prune(iplink.OfGroup(0)).NetNSName(names[1]),
		iplink.Absent("moved0").NetNSName(names[0]), bridge.New("br0").NetNSName(names[0]))
	if err != nil || changes[0].Changed() || changes[1].Changed() || len(changes[2].Deleted) != 1 || !changes[3].Created {
		t.Errorf("changes %v, error %v", changes, err)
	}
	changes, err = c.Ensure(t.Context(), iplink.Prune(iplink.OfGroup(0)).NetNSName(names[0]), bridge.New("br1").NetNSName(names[0]))
	if got := linksIn(t, names[0]); err != nil || !slices.Equal(got, []string{"br1"}) {
		t.Errorf("changes %v, error %v, links %v", changes, err, got)
	}
}

// TestNamespaceString runs the commands of the specs of a namespace and a link in it.
func TestNamespaceString(t *testing.T) {
	_, here := lab.Scratch(t)
	name := unusedNames(t, 1)[0]
	pair := veth.New("to-web1").Peer(veth.New("eth0").NetNSName(name).Up())
	for _, spec := range []iplink.Spec{iplink.Namespace(name), pair} {
		if fault := testutil.Shell(t, here.File, spec.String()); fault != "" {
			t.Errorf("%s: %s", spec, fault)
		}
	}
	if got := linksIn(t, name); !slices.Equal(got, []string{"eth0"}) {
		t.Errorf("links %v", got)
	}
	for _, c := range []struct {
		spec iplink.Spec
		want string
	}{
		{iplink.Namespace("web1"), "ip netns add web1"},
		{iplink.Namespace("a b"), "ip netns add 'a b'"},
		{iplink.Namespace("a/b"), "# netns a/b: invalid argument (a name has no slash and no NUL)"},
		{bridge.New("br0").NetNSName("web1").AltName("second"), "ip link add br0 netns web1 type bridge && ip -n web1 link property add dev br0 altname second"},
		{iplink.Absent("br0").NetNSName("web1"), "ip -n web1 link delete br0"},
	} {
		if got := c.spec.String(); got != c.want {
			t.Errorf("%s\nwant %s", got, c.want)
		}
	}
}

// TestNamespaceCompetes ensures the same namespace and a link in it from several Conns at
// a time. One of them makes it.
func TestNamespaceCompetes(t *testing.T) {
	_, here := lab.Scratch(t)
	for range 5 {
		name := unusedNames(t, 1)[0]
		var all sync.WaitGroup
		var made [6]bool
		for i := range made {
			c := testutil.Opened(here, iplink.Dial)
			all.Go(func() {
				changes, err := c.Ensure(context.Background(), iplink.Namespace(name), bridge.New("br0").NetNSName(name).MTU(1403))
				if made[i] = err == nil && changes[0].Created; err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got := linksIn(t, name); !slices.Equal(got, []string{"br0"}) || slices.Index(made[:], true) < 0 || slices.Contains(made[slices.Index(made[:], true)+1:], true) {
			t.Errorf("links %v, made by %v", got, made)
		}
	}
}
