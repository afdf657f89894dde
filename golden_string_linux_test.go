package iplink_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// TestStringThroughIP gives the String of each golden builder to a shell, and
// the builder to the library, in one namespace each: `ip` must see the same
// link in both.
func TestStringThroughIP(t *testing.T) {
	kinds := map[string][]goldenCase{}
	for _, c := range goldenCases() {
		kinds[c.kind] = append(kinds[c.kind], c)
	}
	for kind, cases := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			twins := newTwins(t)
			for _, c := range cases {
				if !t.Run(c.name, func(t *testing.T) { c.throughIP(t, twins) }) || c.existing() {
					twins = newTwins(t)
				}
			}
		})
	}
}

// twins are two namespaces with the same links.
type twins struct {
	theirs, ours *os.File
}

func newTwins(t *testing.T) twins {
	return twins{goldenNetNS(t), goldenNetNS(t)}
}

// throughIP makes the link by `ip` in one namespace and by the library in the
// other, compares them and removes them.
func (c goldenCase) throughIP(t *testing.T, in twins) {
	if c.needsHardware() {
		testutil.Skipf(t, "needs a device in the namespace that only hardware has: see the kind's settings")
	}
	if c.name == "rename" { // which links that are up may refuse
		testutil.IP(t, in.theirs, "link", "set", "dev", "backup", "down")
		testutil.IP(t, in.ours, "link", "set", "dev", "backup", "down")
	}
	refusal := shell(t, in.theirs, c.spec.String())
	_, err := inNetNS(t, in.ours, func(conn *iplink.Conn) ([]*iplink.Link, error) {
		if c.existing() {
			return conn.Update(t.Context(), c.spec)
		}
		return conn.Create(t.Context(), c.spec)
	})
	switch {
	case err != nil && refusal != "" && c.name == "carrier": // of a veth, which nobody can set
		return
	case err != nil && refusal != "" && !testutil.Matrix():
		testutil.Skipf(t, "this kernel refuses it to both: %v", err)
	case err != nil || refusal != "":
		t.Fatalf("%s\nshell: %s\nlibrary: %v", c.spec, refusal, err)
	}
	if diff := cmp.Diff(c.seen(t, in.theirs), c.seen(t, in.ours)); diff != "" {
		t.Errorf("%s\n- ip, + library: %s", c.spec, diff)
	}
	if !c.existing() {
		testutil.IP(t, in.theirs, "link", "del", link)
		testutil.IP(t, in.ours, "link", "del", link)
	}
}

// goldenNetNS returns a namespace with what the golden builders refer to, the
// port with a carrier, which some of its settings need.
func goldenNetNS(t *testing.T) *os.File {
	ns := testutil.NetNS(t)
	testutil.IPBatch(t, ns, append(goldenLinks,
		"link set dev spare0 master br0", "link set dev br0 up", "link set dev backup1 up", "link set dev backup up")...)
	if link := testutil.LinkJSON(t, ns, "backup"); link["operstate"] != "UP" {
		t.Logf("backup is %v", link["operstate"])
	}
	return ns
}

// needsHardware reports whether the links of goldenNetNS cannot do.
func (c goldenCase) needsHardware() bool {
	return c.kind == iplink.KindCAN || c.kind == iplink.KindIPoIB || c.kind == iplink.KindMACsec && c.name == "scb" // offload
}

// existing reports whether the builder changes a link that is there already.
func (c goldenCase) existing() bool {
	_, ok := c.spec.(*iplink.DeviceUpdate)
	return ok
}

// seen is what `ip` says about the link, without what differs between any two
// links: random addresses and timers.
func (c goldenCase) seen(t *testing.T, ns *os.File) map[string]any {
	name := link
	switch {
	case c.name == "rename":
		name = "spare"
	case c.existing():
		name = "backup"
	}
	l := testutil.LinkJSON(t, ns, name)
	if c.name != "identity" {
		delete(l, "address")
	}
	for _, nest := range []string{"info_data", "info_slave_data"} {
		info, _ := l["linkinfo"].(map[string]any)
		data, _ := info[nest].(map[string]any)
		if c.name != "sci" {
			delete(data, "sci") // it begins with the address
		}
		for _, key := range []string{"bridge_id", "root_id", "gc_timer", "hold_timer", "forward_delay_timer", "message_age_timer"} {
			delete(data, key)
		}
	}
	return l
}

// shell runs a line and returns what it complains about, if it fails.
func shell(t *testing.T, ns *os.File, line string) string {
	t.Helper()
	var out []byte
	var err error
	testutil.In(t, ns, func() { out, err = exec.Command("sh", "-c", line).CombinedOutput() })
	if err != nil {
		return string(out) + err.Error()
	}
	return ""
}
