package iplink_test

import (
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
)

func TestMacvlanSettings(t *testing.T) {
	subject[*macvlan.Builder]{
		kind:     iplink.KindMacvlan,
		rows:     iplink.KindRows(iplink.KindMacvlan),
		prepare:  underlays,
		start:    newMacvlan,
		settings: macvlanSettings[*macvlan.Builder](),
	}.test(t)
}

func TestMacvtapSettings(t *testing.T) {
	subject[*macvtap.Builder]{
		kind:     iplink.KindMacvtap,
		rows:     iplink.KindRows(iplink.KindMacvtap),
		prepare:  underlays,
		start:    newMacvtap,
		settings: macvlanSettings[*macvtap.Builder](),
	}.test(t)
}

func newMacvlan(bool) (*macvlan.Builder, iplink.Spec) {
	m := macvlan.New(link).Parent("under")
	return m, m
}

func newMacvtap(bool) (*macvtap.Builder, iplink.Spec) {
	m := macvtap.New(link).Parent("under")
	return m, m
}

// macs returns addresses that end in the given bytes.
func macs(last ...byte) (all []net.HardwareAddr) {
	for _, b := range last {
		all = append(all, net.HardwareAddr{2, 0, 0, 0, 0x12, b})
	}
	return all
}

func macvlanSettings[B macvlans[B]]() []setting[B] {
	const one, two, three = "02:00:00:00:12:01", "02:00:00:00:12:02", "02:00:00:00:12:03"
	none := []net.HardwareAddr(nil)
	source := func(b B) { b.Mode(macvlan.Source) }
	sources := func(b B, macs []net.HardwareAddr) B { return b.Sources(macs...) }
	flush := func(b B, _ bool) B { return b.FlushSources() }
	return []setting[B]{
		set(uapi.IFLA_MACVLAN_MODE, B.Mode, macvlan.Bridge, macvlan.Private, "Info.Mode", inData("mode", "bridge", "private")),
		set(uapi.IFLA_MACVLAN_FLAGS, B.Flags, macvlan.NoDst, macvlan.NoPromisc, "Info.Flags",
			rawData([]byte{2, 0}, []byte{1, 0}, uapi.IFLA_MACVLAN_FLAGS)).needs(source),
		set(uapi.IFLA_MACVLAN_MACADDR_MODE, flush, true, true, "Info.Sources", inData("macaddr_count", 0, 0)).
			needs(source).reads(none, none),
		set(uapi.IFLA_MACVLAN_MACADDR, B.AddSource, macs(1)[0], macs(2)[0], "Info.Sources",
			sorted(inData("macaddr_data", []string{one}, []string{one, two})), inData("macaddr_count", 1, 2)).
			needs(source).reads(macs(1), macs(1, 2)),
		set(uapi.IFLA_MACVLAN_MACADDR_DATA, sources, macs(3, 1), macs(2), "Info.Sources",
			sorted(inData("macaddr_data", []string{one, three}, []string{two}))).needs(source).reads(macs(1, 3), macs(2)),
		set(uapi.IFLA_MACVLAN_BC_QUEUE_LEN, B.BCQueueLen, 123, 321, "Info.BCQueueLen", inData("bcqueuelen", 123, 321)),
		set(uapi.IFLA_MACVLAN_BC_CUTOFF, B.BCCutoff, 17, -3, "Info.BCCutoff",
			rawData([]byte{17, 0, 0, 0}, []byte{0xfd, 0xff, 0xff, 0xff}, uapi.IFLA_MACVLAN_BC_CUTOFF)),
	}
}

// sorted compares lists of texts regardless of their order, which is that of
// the kernel's hash.
func sorted(o oracle) oracle {
	o.same = func(got, want any) bool {
		list, _ := got.([]any)
		slices.SortFunc(list, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		return sameJSON(list, want)
	}
	return o
}

// TestMacvlanSources changes the list of sources in every way there is, on one
// link.
func TestMacvlanSources(t *testing.T) {
	testutil.Need(t, iplink.KindMacvlan)
	s := subject[*macvlan.Builder]{prepare: underlays, start: newMacvlan}
	e := exercise[*macvlan.Builder]{subject: s}
	ns := e.namespace(t)
	e.mustCreate(t, ns, func(m *macvlan.Builder) { m.Mode(macvlan.Source).Sources(macs(1, 2, 3)...) })
	for _, step := range []struct {
		name string
		set  func(*macvlan.Builder)
		want []string
	}{
		{"nothing", func(*macvlan.Builder) {}, []string{"02:00:00:00:12:01", "02:00:00:00:12:02", "02:00:00:00:12:03"}},
		{"del", func(m *macvlan.Builder) { m.DelSource(macs(2)[0]) }, []string{"02:00:00:00:12:01", "02:00:00:00:12:03"}},
		{"del unknown", func(m *macvlan.Builder) { m.DelSource(macs(9)[0]) }, []string{"02:00:00:00:12:01", "02:00:00:00:12:03"}},
		{"add", func(m *macvlan.Builder) { m.AddSource(macs(7)[0]) }, []string{"02:00:00:00:12:01", "02:00:00:00:12:03", "02:00:00:00:12:07"}},
		{"set", func(m *macvlan.Builder) { m.Sources(macs(8)...) }, []string{"02:00:00:00:12:08"}},
		{"set to none", func(m *macvlan.Builder) { m.Sources() }, []string{}},
		{"add to none", func(m *macvlan.Builder) { m.AddSource(macs(5)[0]) }, []string{"02:00:00:00:12:05"}},
		{"flush", func(m *macvlan.Builder) { m.FlushSources() }, []string{}},
	} {
		if err := e.update(t, ns, step.set); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		have := sorted(inData("macaddr_data", step.want, nil))
		if len(step.want) == 0 {
			have = inData("macaddr_data", nil, nil)
		}
		have.name = step.name
		have.ask(t, &witness{ns: ns}, 0)
	}
}
