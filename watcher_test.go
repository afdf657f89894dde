package iplink

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// description is the payload of a message about a bridge that is a port of a
// bridge.
type description struct {
	flags                                  uint32
	mtu, unknown, rx, ageing, timer        uint32
	infoUnknown, cost, holdTimer, reasmLen uint32
	genMode                                uint8
	noAlias                                bool
}

func (d description) link() *Link {
	b := wire.AppendLink(nil, wire.Link{Index: 7, Flags: d.flags})
	b = wire.AppendString(b, uapi.IFLA_IFNAME, "br7")
	b = wire.AppendU32(b, uapi.IFLA_MTU, d.mtu)
	if !d.noAlias {
		b = wire.AppendString(b, uapi.IFLA_IFALIAS, "uplink")
	}
	b = wire.AppendU32(b, uapi.IFLA_STATS, d.rx)
	b = wire.AppendU32(b, uapi.IFLA_CARRIER_CHANGES, d.rx)
	b = wire.AppendU32(b, 301, d.unknown)
	b, info := wire.Begin(b, uapi.IFLA_LINKINFO)
	b = wire.AppendString(b, uapi.IFLA_INFO_KIND, "bridge")
	b, data := wire.Begin(b, uapi.IFLA_INFO_DATA)
	b = wire.AppendU32(b, uapi.IFLA_BR_AGEING_TIME, d.ageing)
	b = wire.AppendU64(b, uapi.IFLA_BR_HELLO_TIMER, uint64(d.timer))
	b = wire.AppendU32(b, 99, d.infoUnknown)
	b = wire.End(b, data)
	b = wire.AppendString(b, uapi.IFLA_INFO_SLAVE_KIND, "bridge")
	b, data = wire.Begin(b, uapi.IFLA_INFO_SLAVE_DATA)
	b = wire.AppendU32(b, uapi.IFLA_BRPORT_COST, d.cost)
	b = wire.AppendU64(b, uapi.IFLA_BRPORT_HOLD_TIMER, uint64(d.holdTimer))
	b = wire.End(wire.End(b, data), info)
	b, spec := wire.Begin(b, uapi.IFLA_AF_SPEC)
	b, inet6 := wire.Begin(b, uapi.AF_INET6)
	b = wire.AppendU8(b, uapi.IFLA_INET6_ADDR_GEN_MODE, d.genMode)
	b = wire.AppendU32(b, uapi.IFLA_INET6_CACHEINFO, d.reasmLen)
	return parseLink(new(attr.Codec), wire.End(wire.End(b, inet6), spec))
}

func TestChanges(t *testing.T) {
	old := new(description).link()
	for _, test := range []struct {
		now  description
		want []string
	}{
		{description{}, nil},
		{description{rx: 0x1234, timer: 0x1234, holdTimer: 0x1234, reasmLen: 0x1234}, nil},
		{description{mtu: 0x1234, flags: uapi.IFF_UP}, []string{"flags", "mtu"}},
		{description{noAlias: true}, []string{"alias"}},
		{description{unknown: 0x1234, infoUnknown: 0x1234}, []string{"attribute 301", "info.attribute 99"}},
		{description{ageing: 0x1234, cost: 0x1234, genMode: 2}, []string{"inet6.addrgenmode", "info.ageing_time", "port.cost"}},
	} {
		now := test.now.link()
		if got := changes(old, now); !slices.Equal(got, test.want) {
			t.Errorf("%+v: %q changed, want %q", test.now, got, test.want)
		}
		if got := changes(now, old); !slices.Equal(got, test.want) {
			t.Errorf("%+v and back: %q changed, want %q", test.now, got, test.want)
		}
	}
}

// TestWatcherCopy compares the links of a watch with those of whole messages:
// they lack what the documentation of Watch says, and half of the bytes. The
// message is overwritten before, as that of the next announcement does.
func TestWatcherCopy(t *testing.T) {
	for _, name := range []string{"bridge", "bridge-port", "macvlan", "veth", "vxlan"} {
		b := captured(t, name)
		w := newMirror(filter{})
		datagram := slices.Clone(b)
		whole, watched := parseLink(new(attr.Codec), b), w.parse(wire.Message{Data: datagram})
		clear(datagram)
		clear(w.watched[:cap(w.watched)])
		if len(whole.INET6.Conf()) == 0 || len(watched.INET6.Conf()) != 0 || len(watched.INET.Conf()) != 0 ||
			len(watched.INET6.Stats()) != 0 || len(watched.INET6.ICMP6Stats()) != 0 {
			t.Errorf("%s: a watched link has settings of sysctl, or the other has none", name)
		}
		if n := len(watched.raw.image.model); n > len(b)*6/10 {
			t.Errorf("%s: %d of %d bytes are kept", name, n, len(b))
		}
		watched.INET, watched.INET6.conf, watched.INET6.stats, watched.INET6.icmp6 = whole.INET, whole.INET6.conf, whole.INET6.stats, whole.INET6.icmp6
		watched.raw = whole.raw
		if !reflect.DeepEqual(whole, watched) {
			t.Errorf("%s: the link is %+v, watched %+v", name, whole, watched)
		}
	}
}

// TestWatcherCopyBroken cuts a message anywhere: what is wrong with it is told
// just as of any other link.
func TestWatcherCopyBroken(t *testing.T) {
	b := captured(t, "vxlan")
	told := 0
	for n := range b {
		whole, watched := parseLink(new(attr.Codec), b[:n:n]), newMirror(filter{}).parse(wire.Message{Data: b[:n:n]})
		if (whole.Err == nil) != (watched.Err == nil) {
			t.Fatalf("%d bytes: error %v, watched %v", n, whole.Err, watched.Err)
		}
		if watched.Err != nil {
			told++
		}
	}
	if told < len(b)/2 {
		t.Errorf("only %d of %d cut messages are in error", told, len(b))
	}
}

// TestImage keeps messages as what differs from a model, which is little if they
// are alike, and gets them back.
func TestImage(t *testing.T) {
	model := bytes.Repeat([]byte{0x12, 0x34, 0x56, 0x78}, 700)
	w, l := newMirror(filter{}), &Link{Kind: KindVXLAN}
	if i := w.imageOf(l, model); i.differs != "" || i.model != string(model) {
		t.Error("the first message is not the model")
	}
	for _, test := range []struct {
		at   []int // of bytes that differ
		most int   // bytes that are kept
	}{
		{nil, 0},
		{[]int{0}, 5},
		{[]int{5, 7, 2799}, 12},
		{[]int{4 * 254}, 5},
		{[]int{4 * 255}, 6},
		{[]int{4*255 - 1, 4 * 511}, 11},
	} {
		b := slices.Clone(model)
		for _, at := range test.at {
			b[at] ^= 0x9a
		}
		i := w.imageOf(l, b)
		if got := i.message(); !bytes.Equal(got, b) || i.model != string(model) {
			t.Errorf("differing at %v: %x, want %x", test.at, got, b)
		}
		if len(i.differs) > test.most {
			t.Errorf("differing at %v: %d bytes are kept, want %d", test.at, len(i.differs), test.most)
		}
	}
}

// TestImageModel has a message that is little like the model become the next one,
// and leaves those of other kinds alone.
func TestImageModel(t *testing.T) {
	w := newMirror(filter{})
	old, other := bytes.Repeat([]byte{0x12}, 640), bytes.Repeat([]byte{0x34}, 640)
	first := w.imageOf(&Link{Kind: KindVXLAN}, old)
	w.imageOf(&Link{Kind: KindVeth}, other)
	if i := w.imageOf(&Link{Kind: KindVXLAN}, old); i != first {
		t.Error("another kind's message has become the model")
	}
	for range 2 {
		if i := w.imageOf(&Link{Kind: KindVXLAN}, other); i.differs != "" || i.model != string(other) {
			t.Errorf("%d bytes are kept of how a message differs that has nothing in common with the model", len(i.differs))
		}
	}
	if first.model != string(old) {
		t.Error("the next model has overwritten the former")
	}
}

// TestWatcherForgets changes two links over and over, so that what is said of them is
// of another length and another content each time. What a watcher keeps is bounded by
// what there is.
func TestWatcherForgets(t *testing.T) {
	w := newMirror(filter{})
	w.replace(-1, nil)
	for n := range 4000 {
		b := wire.AppendLink(nil, wire.Link{Index: int32(1 + n%2)})
		b = wire.AppendString(b, uapi.IFLA_IFNAME, "a")
		b = wire.AppendU32(b, uapi.IFLA_MTU, 1400)
		b = wire.AppendString(b, uapi.IFLA_IFALIAS, strings.Repeat("y", rand.IntN(256)))
		b, at := wire.Begin(b, uapi.IFLA_PROP_LIST)
		for range rand.IntN(200) {
			b = wire.AppendString(b, uapi.IFLA_ALT_IFNAME, strings.Repeat("x", 1+rand.IntN(127)))
		}
		b = wire.End(b, at)
		w.put(w.spaces[-1], w.parse(wire.Message{Data: b}))
		w.discardEvents()
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	runtime.KeepAlive(w)
	w = nil
	runtime.GC()
	runtime.ReadMemStats(&after)
	kept := int64(before.HeapAlloc) - int64(after.HeapAlloc)
	t.Logf("%d KiB are kept of two links", kept>>10)
	if kept > 1<<20 {
		t.Error("that is too much")
	}
}

// TestPool has equal bytes be kept once, and nobody append to those of others.
func TestPool(t *testing.T) {
	for name, p := range map[string]*interner{"apart": {}, "together": {slab: new(slab)}} {
		a, b := []byte("noqueue"), []byte("noqueue")
		x, y := p.copy(a), p.copy(b)
		a[0], b[0] = 'X', 'Y'
		if string(x) != "noqueue" || &x[0] != &y[0] || cap(x) != len(x) {
			t.Errorf("%s: %q with room for %d, and %q", name, x, cap(x), y)
		}
		if empty := p.copy(a[:0]); empty == nil || cap(empty) != 0 {
			t.Errorf("%s: of nothing, %v with room for %d is kept", name, empty, cap(empty))
		}
		for n := range 1000 { // of which some differ where no look is taken to find them
			long := bytes.Repeat([]byte{byte(n), byte(n >> 8), 0x12}, 1+n%100)
			long[n%len(long)] ^= byte(n)
			if kept := p.copy(long); !bytes.Equal(kept, long) {
				t.Fatalf("%s: %x is kept as %x", name, long, kept)
			}
		}
	}
}
