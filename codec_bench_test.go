package iplink

import (
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// captured returns an RTM_NEWLINK message that a kernel has sent, without its
// header. They are seeds for FuzzParseLink as well, and were captured on a
// little-endian machine.
func captured(t testing.TB, name string) []byte {
	t.Helper()
	if wire.Order.Uint16([]byte{0x12, 0x34}) == 0x1234 {
		testutil.Skipf(t, "the captured messages are little-endian")
	}
	seed, err := os.ReadFile(filepath.Join("testdata", "fuzz", "FuzzParseLink", name))
	if err != nil {
		t.Fatal(err)
	}
	_, literal, _ := strings.Cut(string(seed), "\n[]byte(")
	text, err := strconv.Unquote(strings.TrimSuffix(literal, ")\n"))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return []byte(text)
}

// dozen is a VXLAN with twelve settings of its own.
func dozen() Spec {
	return newAnyKind(KindVXLAN, "vx0", &VXLANInfo{
		VNI: 0x1234, Remote: netip.MustParseAddr("2001:db8::2"), Local: netip.MustParseAddr("2001:db8::1"),
		Dev: 0x56, Port: 4789, PortLow: 0x8000, PortHigh: 0x9000, TTL: 12, TOS: 0x2c, FlowLabel: 0x12345,
		Learning: false, Ageing: 4660 * time.Second, UDPZeroCSum6Tx: true,
	}, attr.SetOf(
		uapi.IFLA_VXLAN_ID, uapi.IFLA_VXLAN_GROUP, uapi.IFLA_VXLAN_LOCAL, uapi.IFLA_VXLAN_LINK, uapi.IFLA_VXLAN_PORT, uapi.IFLA_VXLAN_PORT_RANGE,
		uapi.IFLA_VXLAN_TTL, uapi.IFLA_VXLAN_TOS, uapi.IFLA_VXLAN_LABEL, uapi.IFLA_VXLAN_LEARNING, uapi.IFLA_VXLAN_AGEING,
		uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_TX,
	)).MTU(1400).Up()
}

// request returns what appends the request to make a link.
func request(s Spec) func([]byte) []byte {
	t := &transaction{op: "create"}
	j := newJob(s.description(), nil, nil)
	return func(b []byte) []byte {
		b, at := wire.BeginMessage(b, uapi.RTM_NEWLINK, uapi.NLM_F_CREATE)
		return wire.EndMessage(t.appendCreate(b, j), at)
	}
}

// TestCodecRequestAllocates appends a whole request to a buffer that is used
// again.
func TestCodecRequestAllocates(t *testing.T) {
	appendTo, buf := request(dozen()), make([]byte, 0, 1<<10)
	b := appendTo(buf)
	if n := testing.AllocsPerRun(100, func() { appendTo(buf) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
	l := parseLink(new(attr.Codec), b[wire.HeaderLen:])
	if v, ok := l.Info.(*VXLANInfo); !ok || l.Err != nil || v.VNI != 0x1234 || v.Ageing != 4660*time.Second || l.MTU != 1400 {
		t.Errorf("the request says %+v, error %v", l.Info, l.Err)
	}
}

// TestCodecLinkAllocates decodes whole messages of a kernel's.
func TestCodecLinkAllocates(t *testing.T) {
	for name, check := range map[string]func(*Link) bool{
		"vxlan": func(l *Link) bool { return l.Info.(*VXLANInfo).Ageing == 4660*time.Second },
		"veth":  func(l *Link) bool { return l.Name == "veth1" && l.Alias == "a text for people" },
	} {
		b := captured(t, name)
		var c attr.Codec
		if l := parseLink(&c, b); l.Err != nil || !check(l) {
			t.Errorf("%s: %+v, error %v", name, l.Info, l.Err)
		}
		n := testing.AllocsPerRun(100, func() { parseLink(&c, b) })
		t.Logf("%s: %v allocations for %d bytes", name, n, len(b))
		if n > 5 {
			t.Errorf("%s: %v allocations, want at most 5", name, n)
		}
	}
}

func BenchmarkCodecRequest(b *testing.B) {
	appendTo, buf := request(dozen()), make([]byte, 0, 1<<10)
	b.ReportAllocs()
	for b.Loop() {
		appendTo(buf)
	}
}

func BenchmarkCodecLink(b *testing.B) {
	for _, name := range []string{"bridge", "bridge-port", "macvlan", "veth", "vxlan"} {
		b.Run(name, func(b *testing.B) {
			var c attr.Codec
			data := captured(b, name)
			b.ReportAllocs()
			for b.Loop() {
				parseLink(&c, data)
			}
		})
	}
}

func BenchmarkCodecVXLAN(b *testing.B) {
	var c attr.Codec
	var v VXLANInfo
	data := parseLink(&c, captured(b, "vxlan")).raw.data
	set, _ := c.Decode(data, v.attrs, nil)
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Decode(data, v.attrs, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encode", func(b *testing.B) {
		buf := make([]byte, 0, 1<<10)
		b.ReportAllocs()
		for b.Loop() {
			c.Encode(buf, set, nil, v.attrs)
		}
	})
}
