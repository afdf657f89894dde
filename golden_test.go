package iplink_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/golden"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/vxlan"
)

// goldenIndexes are the indexes of the links that golden requests refer to.
// Where they are recorded, links with these indexes are made first.
var goldenIndexes = map[string]int{"under": 77, "spare0": 78, "br0": 88, "backup": 99}

// goldenIndex is the index of the link in every golden request, so that the
// commands after the first name it as well.
const goldenIndex = 0x1234

// A goldenCase is a builder, and the file that holds what `ip` sent when it was
// given the builder's String as its command.
type goldenCase struct {
	kind, name string
	spec       iplink.Spec
}

func (c goldenCase) path() string {
	return filepath.Join("testdata", "golden", c.kind, c.name+".txt")
}

// ours is what the library sends: the command, and the requests.
func (c goldenCase) ours() string {
	return c.spec.String() + "\n\n" + golden.Text(iplink.Requests(c.spec, goldenIndexes))
}

// deviations are where iplink means the same as `ip` and says it otherwise: the
// kind of a port's master goes where the kernel reports it, in
// IFLA_INFO_SLAVE_KIND, which the kernel does not look at; `ip` tells
// IFLA_INFO_KIND a name that no driver has.
var deviations = strings.NewReplacer(
	"\t\t1: 62 72 69 64 67 65 5f 73 6c 61 76 65\n", "\t\t4: 62 72 69 64 67 65\n",
)

// TestGolden compares the requests of the library with those of iproute2, as
// they were recorded (see TestGoldenUpdate): the same messages in the same
// order, with the same attributes and payloads. The order of attributes and
// NLA_F_NESTED mean nothing to the kernel.
func TestGolden(t *testing.T) {
	for _, c := range goldenCases() {
		t.Run(c.kind+"/"+c.name, func(t *testing.T) {
			want, err := os.ReadFile(c.path())
			if err != nil {
				t.Fatalf("%v: go test -run TestGoldenUpdate -update records it", err)
			}
			if diff := cmp.Diff(strings.Split(deviations.Replace(string(want)), "\n"), strings.Split(c.ours(), "\n")); diff != "" {
				t.Errorf("- iproute2, + iplink:\n%s", diff)
			}
		})
	}
}

// TestGoldenIsComplete demands that each row that can be set is in a golden
// request, or in one that is written by hand because this iproute2 lacks the
// word.
func TestGoldenIsComplete(t *testing.T) {
	sent := map[string]bool{}
	for _, c := range goldenCases() {
		for _, path := range golden.Paths(iplink.Requests(c.spec, goldenIndexes)) {
			sent[c.kind+" "+path] = true
		}
	}
	for _, c := range slices.Concat(handWritten(), handWrittenBond()) {
		sent[c.kind+" "+c.path] = true
	}
	for kind, rows := range map[string][]attr.Row{
		"bridge 18.2.": iplink.KindRows(iplink.KindBridge), "port 18.5.": iplink.PortRows(iplink.KindBridge),
		"vxlan 18.2.": iplink.KindRows(iplink.KindVXLAN), "macvlan 18.2.": iplink.KindRows(iplink.KindMacvlan),
		"macvtap 18.2.": iplink.KindRows(iplink.KindMacvtap), "ipvlan 18.2.": iplink.KindRows(iplink.KindIPvlan),
		"macsec 18.2.": iplink.KindRows(iplink.KindMACsec), "can 18.2.": iplink.KindRows(iplink.KindCAN),
		"ipoib 18.2.": iplink.KindRows(iplink.KindIPoIB), "common ": iplink.CommonRows(),
		"bond 18.2.": iplink.KindRows(iplink.KindBond), "bondport 18.5.": iplink.PortRows(iplink.KindBond),
		"vlan 18.2.": iplink.KindRows(iplink.KindVLAN),
	} {
		for _, r := range rows {
			typ := r.Type
			if typ >= attr.Bit(0) {
				typ = r.Type6
			}
			if r.Settable() && !sent[kind+golden.Number(typ)] {
				t.Errorf("%s%s: no request has %q", kind, golden.Number(typ), r.Name)
			}
		}
	}
}

// handWritten are requests for which the recording iproute2, 6.1, has no word,
// with the payload that the kernel's headers ask for.
func handWritten() []written {
	b, v, m, p := bridge.New("t0"), vxlan.New("t0"), macvlan.New("t0"), macvtap.New("t0")
	port := func(p *bridge.PortBuilder) iplink.Spec { return iplink.Device("backup").PortSettings(p) }
	return append(handWrittenCAN(), []written{
		{"bridge", "18.2.50", b.Clone().STPMode(iplink.BridgeSTPKernel), "02 00 00 00"},
		{"bridge", "18.2.49", b.Clone().FDBMaxLearned(0x1234), "34 12 00 00"},
		{"bridge", "18.2.46", b.Clone().MST(true).NoLinkLocalLearn(false), "04 00 00 00 05 00 00 00"},
		{"bridge", "18.2.46", b.Clone().MDBOffloadFailNotification(true).FDBLocalVLAN0(true), "18 00 00 00 18 00 00 00"},
		{"port", "18.5.37", port(bridge.Port().MulticastEHTHostsLimit(0x1234)), "34 12 00 00"},
		{"port", "18.5.40", port(bridge.Port().MAB(true)), "01"},
		{"port", "18.5.42", port(bridge.Port().MulticastMaxGroups(0x1234)), "34 12 00 00"},
		{"port", "18.5.43", port(bridge.Port().NeighVLANSuppress(true)), "01"},
		{"port", "18.5.44", port(bridge.Port().BackupNextHop(0x1234)), "34 12 00 00"},
		{"port", "18.5.45", port(bridge.Port().NeighForwardGratuitous(true)), "01"},
		{"vxlan", "18.2.24", v.Clone().RemCSumNoPartial(), ""},
		{"vxlan", "18.2.31", v.Clone().LocalBypass(true), "01"},
		{"vxlan", "18.2.32", v.Clone().LabelPolicy(iplink.VXLANLabelInherit), "01 00 00 00"},
		{"vxlan", "18.2.33", v.Clone().ReservedBits(0x123456789abcdef0), "12 34 56 78 9a bc de f0"},
		{"vxlan", "18.2.34", v.Clone().MCRoute(true), "01"},
		{"macvlan", "18.2.9", m.Clone().Parent("under").BCCutoff(-2), "fe ff ff ff"},
		{"macvtap", "18.2.9", p.Clone().Parent("under").BCCutoff(0x1234), "34 12 00 00"},
		{"common", golden.Number(uapi.IFLA_GSO_IPV4_MAX_SIZE), b.Clone().GSOMaxIPv4Size(0x1234), "34 12 00 00"},
		{"common", golden.Number(uapi.IFLA_GRO_IPV4_MAX_SIZE), b.Clone().GROMaxIPv4Size(0x1234), "34 12 00 00"},
	}...)
}

// written is a request whose one attribute is known by hand.
type written struct {
	kind, path string
	spec       iplink.Spec
	payload    string
}

func TestHandWrittenRequests(t *testing.T) {
	for _, w := range slices.Concat(handWritten(), handWrittenBond()) {
		got, found := golden.Payload(iplink.Requests(w.spec, goldenIndexes), w.path)
		if !found || got != w.payload {
			t.Errorf("%v: attribute %s is %q (there: %v), want %q", w.spec, w.path, got, found, w.payload)
		}
	}
}
