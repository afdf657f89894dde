package kerneltest_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/ifb"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// traceSpecs are links of several kinds, in two namespaces.
func traceSpecs(container *iplink.NetNS) []iplink.Spec {
	return []iplink.Spec{
		bridge.New("br0").STP(true).Up(),
		vxlan.New("vx0").VNI(0x1234).Port(4790).Master("br0").Up(),
		veth.New("v0").MTU(1281).Peer(veth.New("v1").NetNS(container).Addr(lab.Prefix("192.0.2.17/28")).Up()),
		macvlan.New("m0").Parent("v0").Mode(macvlan.Private),
		ifb.New("i0").AltName("other"),
	}
}

// TestTraceSends compares a trace with the points of all exchanges, in the namespace of the
// Conn and in another one: each send shows at least a request, and before the next one
// each request has its answer.
func TestTraceSends(t *testing.T) {
	for _, kind := range []string{iplink.KindBridge, iplink.KindVXLAN, iplink.KindVeth, iplink.KindMacvlan, iplink.KindIFB} {
		testutil.Need(t, kind)
	}
	l, other := testutil.NewLab(t), testutil.NewLab(t)
	var told []string
	var all []iplink.Message
	c := tracedConn(l, func(m iplink.Message) {
		all = append(all, m)
		told = append(told, map[bool]string{true: "request", false: "answer"}[m.Sent])
	})
	lab.Socket(c).SetHook(func(p rtnl.Point) error {
		if p == rtnl.BeforeSend {
			told = append(told, "send")
		}
		return nil
	})
	if _, err := c.Create(t.Context(), traceSpecs(lab.NetNS(other))...); err != nil {
		t.Fatal(err)
	}
	told = slices.Compact(told)
	sends, namespaces := 0, map[string]bool{}
	for len(told) >= 3 && slices.Equal(told[:3], []string{"send", "request", "answer"}) {
		sends, told = sends+1, told[3:]
	}
	if len(told) > 0 || sends < 3 {
		t.Errorf("after %d sends with requests and answers, in this order: %q", sends, told)
	}
	checkAnswers(t, all)
	for _, m := range all {
		namespaces[m.NetNS] = true
	}
	if len(namespaces) != 2 {
		t.Errorf("namespaces %v, want 2", namespaces)
	}
	checkOnce(t, all, "type vxlan id 4660 dstport 4790", "type macvlan mode private", "altname other", "192.0.2.17/28 dev if")
}

// checkAnswers wants an acknowledgement for each request that asks for one, and no answer
// without its request.
func checkAnswers(t *testing.T, all []iplink.Message) {
	t.Helper()
	open := map[string]bool{}
	for _, m := range all {
		key := fmt.Sprint(m.NetNS, " ", m.Seq)
		switch {
		case m.Sent && open[key]:
			t.Errorf("two requests %s", key)
		case m.Sent:
			open[key] = true
		case !open[key]:
			t.Errorf("an answer without its request: %v", m)
		case m.Type == "ack" || m.Type == "error" || m.Type == "done" || strings.Contains(m.Type, "NEW") && !slices.ContainsFunc(all, isAckOf(m)):
			delete(open, key)
		}
	}
	for key := range open {
		t.Errorf("no answer to request %s", key)
	}
}

// isAckOf returns a function that finds the acknowledgement of the request that m answers.
func isAckOf(m iplink.Message) func(iplink.Message) bool {
	return func(other iplink.Message) bool {
		return !other.Sent && other.Seq == m.Seq && other.NetNS == m.NetNS && (other.Type == "ack" || other.Type == "done")
	}
}

// checkOnce wants each text in one request.
func checkOnce(t *testing.T, all []iplink.Message, texts ...string) {
	t.Helper()
	for _, text := range texts {
		n := 0
		for _, m := range all {
			if m.Sent && strings.Contains(m.Text, text) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d requests with %q, want 1", n, text)
		}
	}
}

// TestTraceRefusal shows the refusal of a request, and the requests that undo the others.
func TestTraceRefusal(t *testing.T) {
	testutil.Need(t, iplink.KindBridge)
	c, l := lab.Scratch(t)
	lab.MustCreate(t, c, bridge.New("taken"))
	var all []iplink.Message
	c = tracedConn(l, func(m iplink.Message) { all = append(all, m) })
	if _, err := c.Create(t.Context(), bridge.New("t0"), bridge.New("taken")); err == nil {
		t.Fatal("created")
	}
	errs := slices.DeleteFunc(slices.Clone(all), func(m iplink.Message) bool { return m.Err == nil })
	if len(errs) != 1 || errs[0].Type != "error" || !strings.HasSuffix(errs[0].String(), fmt.Sprintf("error seq %d: file exists", errs[0].Seq)) {
		t.Errorf("errors %v", errs)
	}
	if !slices.ContainsFunc(all, func(m iplink.Message) bool { return m.Sent && m.Type == "RTM_DELLINK" }) {
		t.Errorf("no RTM_DELLINK in %v", all)
	}
	if names := slices.DeleteFunc(l.Names(), func(name string) bool { return name == "lo" || name == "taken" }); len(names) > 0 {
		t.Errorf("left behind %q", names)
	}
}

// TestTraceNetNS names the namespaces of veth ends: none for the Conn's, and else the name of
// `ip netns` or the kernel's notation.
func TestTraceNetNS(t *testing.T) {
	testutil.Need(t, iplink.KindVeth)
	name := testutil.Name(t)
	named, err := iplink.CreateNetNS(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { testutil.Must(t, iplink.DeleteNetNS(name)); named.Close() }()
	unnamed := lab.NetNS(testutil.NewLab(t))
	var ino string
	testutil.Must(t, unnamed.Do(func() error {
		ns, err := iplink.CurrentNetNS()
		ino = ns.String()
		ns.Close()
		return err
	}))
	for _, home := range []*iplink.NetNS{lab.NetNS(testutil.NewLab(t)), named} {
		var seen []string
		c, err := home.Dial(iplink.WithTrace(func(m iplink.Message) { seen = append(seen, m.NetNS) }))
		testutil.Must(t, err)
		for want, there := range map[string]*iplink.NetNS{name: named, ino: unnamed} {
			if there == home {
				want = ""
			}
			seen = nil
			_, err = c.Create(t.Context(), veth.New("t0").Up().NetNS(there).Peer(veth.New("t1")))
			if !slices.Contains(seen, want) || slices.ContainsFunc(seen, func(s string) bool { return s != "" && s != want }) {
				t.Errorf("namespaces %q, want the own one and %q", seen, want)
			}
			testutil.Must(t, errors.Join(err, c.Delete(t.Context(), "t1")))
		}
		testutil.Must(t, c.Close())
	}
}

// TestTraceOpened traces a bridge that was opened on the Conn, and not one that was not.
func TestTraceOpened(t *testing.T) {
	testutil.Need(t, iplink.KindBridge)
	l := testutil.NewLab(t)
	var seen []string
	c := tracedConn(l, func(m iplink.Message) { seen = append(seen, m.Type+" "+m.Flags) })
	lab.MustCreate(t, c, bridge.New("br0"))
	for i, option := range []iplink.OpenOption{iplink.On(c), iplink.In(lab.NetNS(l))} {
		seen = nil
		s, err := bridge.Open(t.Context(), "br0", option)
		testutil.Must(t, err)
		_, err = s.ListFDB(t.Context(), fdb.Filter{})
		testutil.Must(t, errors.Join(err, s.Close()))
		if i == 0 && !slices.Contains(seen, "RTM_GETNEIGH dump") || i == 1 && len(seen) > 0 {
			t.Errorf("option %d: %q", i, seen)
		}
	}
}

// TestTraceOptions refuses options without a function, and calls several functions in order.
func TestTraceOptions(t *testing.T) {
	for want, option := range map[string]iplink.DialOption{
		"dial: Option: invalid argument (it is nil: leave it out)": nil,
		"dial: WithTrace: invalid argument (its function is nil)":  iplink.WithTrace(nil),
	} {
		if c, err := iplink.Dial(option); !errors.Is(err, fs.ErrInvalid) || !strings.Contains(err.Error(), want) || c != nil {
			t.Errorf("%v, error %v, want %s", c, err, want)
		}
	}
	l := testutil.NewLab(t)
	var seen []string
	note := func(who string) iplink.DialOption {
		return iplink.WithTrace(func(m iplink.Message) { seen = append(seen, who+" "+m.Type) })
	}
	c := testutil.OpenedBy(l, func() (*iplink.Conn, error) { return iplink.Dial(note("first"), note("second")) })
	_, err := c.Get(t.Context(), "lo")
	if want := []string{"first RTM_GETLINK", "second RTM_GETLINK", "first RTM_NEWLINK", "second RTM_NEWLINK"}; err != nil || !slices.Equal(seen, want) {
		t.Errorf("%q, error %v, want %q", seen, err, want)
	}
}
