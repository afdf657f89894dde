package iplink

import (
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

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

// handRequest writes the request for dozen by hand, as fast as that goes.
func handRequest(b []byte, s *spec, v *VXLANInfo) []byte {
	b, message := wire.BeginMessage(b, uapi.RTM_NEWLINK, uapi.NLM_F_CREATE)
	b = wire.AppendLink(b, wire.Link{Flags: uapi.IFF_UP, Change: uapi.IFF_UP})
	b = wire.AppendString(b, uapi.IFLA_IFNAME, s.Name)
	b = wire.AppendU32(b, uapi.IFLA_MTU, s.link.MTU)
	b, info := wire.Begin(b, uapi.IFLA_LINKINFO)
	b = wire.AppendText(b, uapi.IFLA_INFO_KIND, s.Kind)
	b, data := wire.Begin(b, uapi.IFLA_INFO_DATA)
	b = handVXLAN(b, v)
	return wire.EndMessage(wire.End(wire.End(b, data), info), message)
}

func handVXLAN(b []byte, v *VXLANInfo) []byte {
	var big [4]byte
	remote, local := v.Remote.As16(), v.Local.As16()
	b = wire.AppendU32(b, uapi.IFLA_VXLAN_ID, v.VNI)
	b = wire.AppendAttr(b, uapi.IFLA_VXLAN_GROUP6, remote[:])
	b = wire.AppendAttr(b, uapi.IFLA_VXLAN_LOCAL6, local[:])
	b = wire.AppendU32(b, uapi.IFLA_VXLAN_LINK, uint32(v.Dev))
	binary.BigEndian.PutUint32(big[:], uint32(v.PortLow)<<16|uint32(v.PortHigh))
	b = wire.AppendAttr(b, uapi.IFLA_VXLAN_PORT_RANGE, big[:])
	binary.BigEndian.PutUint16(big[:], v.Port)
	b = wire.AppendAttr(b, uapi.IFLA_VXLAN_PORT, big[:2])
	b = wire.AppendU8(b, uapi.IFLA_VXLAN_TTL, v.TTL)
	b = wire.AppendU8(b, uapi.IFLA_VXLAN_TOS, v.TOS)
	binary.BigEndian.PutUint32(big[:], v.FlowLabel)
	b = wire.AppendAttr(b, uapi.IFLA_VXLAN_LABEL, big[:])
	b = wire.AppendU8(b, uapi.IFLA_VXLAN_LEARNING, handBool(v.Learning))
	b = wire.AppendU32(b, uapi.IFLA_VXLAN_AGEING, uint32(v.Ageing/time.Second))
	return wire.AppendU8(b, uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_TX, handBool(v.UDPZeroCSum6Tx))
}

func handBool(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// handLink reads what the kernel says of a VXLAN by hand: every attribute that
// the captured message has.
func handLink(b []byte) *Link {
	l := &Link{NetNSID: -1, NewNetNSID: -1}
	header, attrs, err := wire.ParseLink(b)
	if err != nil {
		return nil
	}
	l.Index, l.Type, l.Flags = int(header.Index), HardwareType(header.Type), Flags(header.Flags)
	for a := range wire.Attrs(attrs) {
		l.handRead(a)
	}
	return l
}

func u32(b []byte) uint32 { return wire.Order.Uint32(b) }

func (l *Link) handRead(a wire.Attr) {
	switch b := a.Data; a.Type {
	case uapi.IFLA_IFNAME:
		l.Name = wire.CString(b)
	case uapi.IFLA_LINK:
		l.Parent = int(u32(b))
	case uapi.IFLA_ADDRESS:
		l.Address = b
	case uapi.IFLA_BROADCAST:
		l.Broadcast = b
	case uapi.IFLA_MTU:
		l.MTU = u32(b)
	case uapi.IFLA_TXQLEN:
		l.TxQueueLen = u32(b)
	case uapi.IFLA_NUM_TX_QUEUES:
		l.TxQueues = u32(b)
	case uapi.IFLA_NUM_RX_QUEUES:
		l.RxQueues = u32(b)
	case uapi.IFLA_GROUP:
		l.Group = u32(b)
	case uapi.IFLA_MASTER:
		l.Master = int(u32(b))
	case uapi.IFLA_IFALIAS:
		l.Alias = wire.CString(b)
	case uapi.IFLA_CARRIER:
		l.Carrier = b[0] != 0
	case uapi.IFLA_PROTO_DOWN:
		l.ProtoDown = b[0] != 0
	case uapi.IFLA_OPERSTATE:
		l.OperState = OperState(b[0])
	case uapi.IFLA_LINKMODE:
		l.LinkMode = LinkMode(b[0])
	case uapi.IFLA_LINK_NETNSID:
		l.NetNSID = int32(u32(b))
	case uapi.IFLA_MIN_MTU:
		l.MinMTU = u32(b)
	case uapi.IFLA_MAX_MTU:
		l.MaxMTU = u32(b)
	case uapi.IFLA_QDISC:
		l.QDisc = wire.CString(b)
	case uapi.IFLA_STATS64:
		l.Stats.handRead(b)
	case uapi.IFLA_LINKINFO:
		l.handInfo(b)
	case uapi.IFLA_AF_SPEC:
		l.handFamilies(b)
	case uapi.IFLA_XDP:
		for a := range wire.Attrs(b) {
			if a.Type == uapi.IFLA_XDP_ATTACHED {
				l.XDP.Attached = a.Data[0]
			}
		}
	default:
		l.handReadMore(a)
	}
}

func (l *Link) handReadMore(a wire.Attr) {
	switch b := a.Data; a.Type {
	case uapi.IFLA_GSO_MAX_SIZE:
		l.Offload.GSOMaxSize = u32(b)
	case uapi.IFLA_GSO_MAX_SEGS:
		l.Offload.GSOMaxSegs = u32(b)
	case uapi.IFLA_GRO_MAX_SIZE:
		l.Offload.GROMaxSize = u32(b)
	case uapi.IFLA_GSO_IPV4_MAX_SIZE:
		l.Offload.GSOMaxIPv4Size = u32(b)
	case uapi.IFLA_GRO_IPV4_MAX_SIZE:
		l.Offload.GROMaxIPv4Size = u32(b)
	case uapi.IFLA_TSO_MAX_SIZE:
		l.Offload.TSOMaxSize = u32(b)
	case uapi.IFLA_TSO_MAX_SEGS:
		l.Offload.TSOMaxSegs = u32(b)
	case uapi.IFLA_CARRIER_CHANGES:
		l.CarrierChanges = u32(b)
	case uapi.IFLA_CARRIER_UP_COUNT:
		l.CarrierUps = u32(b)
	case uapi.IFLA_CARRIER_DOWN_COUNT:
		l.CarrierDowns = u32(b)
	case uapi.IFLA_PROMISCUITY:
		l.Promiscuity = u32(b)
	case uapi.IFLA_ALLMULTI:
		l.AllMulti = u32(b)
	case uapi.IFLA_NETNS_IMMUTABLE:
		l.NetNSImmutable = b[0] != 0
	case uapi.IFLA_MAP:
		l.Hardware.Map = b
	case uapi.IFLA_DEVLINK_PORT:
		l.Hardware.DevlinkPort = b
	case uapi.IFLA_DPLL_PIN:
		l.Hardware.DPLLPin = b
	case uapi.IFLA_MAX_PACING_OFFLOAD_HORIZON:
		l.Hardware.PacingHorizon = time.Duration(u32(b))
	case uapi.IFLA_HEADROOM:
		l.Hardware.Headroom = wire.Order.Uint16(b)
	case uapi.IFLA_TAILROOM:
		l.Hardware.Tailroom = wire.Order.Uint16(b)
	}
}

func (s *Stats) handRead(b []byte) {
	u64 := func(i int) uint64 { return wire.Order.Uint64(b[8*i:]) }
	*s = Stats{
		u64(0), u64(1), u64(2), u64(3), u64(4), u64(5), u64(6), u64(7), u64(8), u64(9), u64(10), u64(11), u64(12),
		u64(13), u64(14), u64(15), u64(16), u64(17), u64(18), u64(19), u64(20), u64(21), u64(22), u64(23), u64(24),
	}
}

func (l *Link) handFamilies(b []byte) {
	for family := range wire.Attrs(b) {
		for a := range wire.Attrs(family.Data) {
			switch b := a.Data; {
			case family.Type == uapi.AF_INET && a.Type == uapi.IFLA_INET_CONF:
				l.INET.conf = b
			case family.Type == uapi.AF_INET6:
				l.INET6.handRead(a)
			}
		}
	}
}

func (i *INET6) handRead(a wire.Attr) {
	switch b := a.Data; a.Type {
	case uapi.IFLA_INET6_FLAGS:
		i.Flags = u32(b)
	case uapi.IFLA_INET6_ADDR_GEN_MODE:
		i.AddrGenMode = AddrGenMode(b[0])
	case uapi.IFLA_INET6_TOKEN:
		i.Token, _ = netip.AddrFromSlice(b)
	case uapi.IFLA_INET6_RA_MTU:
		i.RAMTU = u32(b)
	case uapi.IFLA_INET6_CACHEINFO:
		i.MaxReasmLen, i.Timestamp, i.ReachableTime, i.RetransTime = u32(b), u32(b[4:]), u32(b[8:]), u32(b[12:])
	case uapi.IFLA_INET6_CONF:
		i.conf = b
	case uapi.IFLA_INET6_STATS:
		i.stats = b
	case uapi.IFLA_INET6_ICMP6STATS:
		i.icmp6 = b
	}
}

func (l *Link) handInfo(b []byte) {
	for a := range wire.Attrs(b) {
		switch a.Type {
		case uapi.IFLA_INFO_KIND:
			l.Kind = wire.CString(a.Data)
		case uapi.IFLA_INFO_DATA:
			v := &VXLANInfo{}
			for a := range wire.Attrs(a.Data) {
				v.handRead(a)
			}
			l.Info = v
		}
	}
}

func (v *VXLANInfo) handRead(a wire.Attr) {
	switch b := a.Data; a.Type {
	case uapi.IFLA_VXLAN_ID:
		v.VNI = u32(b)
	case uapi.IFLA_VXLAN_GROUP, uapi.IFLA_VXLAN_GROUP6:
		v.Remote, _ = netip.AddrFromSlice(b)
	case uapi.IFLA_VXLAN_LOCAL, uapi.IFLA_VXLAN_LOCAL6:
		v.Local, _ = netip.AddrFromSlice(b)
	case uapi.IFLA_VXLAN_LINK:
		v.Dev = int(u32(b))
	case uapi.IFLA_VXLAN_PORT_RANGE:
		v.PortLow, v.PortHigh = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	case uapi.IFLA_VXLAN_PORT:
		v.Port = binary.BigEndian.Uint16(b)
	case uapi.IFLA_VXLAN_TTL:
		v.TTL = b[0]
	case uapi.IFLA_VXLAN_TTL_INHERIT:
		v.TTLInherit = b[0] != 0
	case uapi.IFLA_VXLAN_TOS:
		v.TOS = b[0]
	case uapi.IFLA_VXLAN_DF:
		v.DF = VXLANDF(b[0])
	case uapi.IFLA_VXLAN_LABEL:
		v.FlowLabel = binary.BigEndian.Uint32(b)
	case uapi.IFLA_VXLAN_LABEL_POLICY:
		v.LabelPolicy = VXLANLabelPolicy(u32(b))
	case uapi.IFLA_VXLAN_AGEING:
		v.Ageing = time.Duration(u32(b)) * time.Second
	case uapi.IFLA_VXLAN_LIMIT:
		v.Limit = u32(b)
	case uapi.IFLA_VXLAN_RESERVED_BITS:
		v.ReservedBits = binary.BigEndian.Uint64(b)
	default:
		v.handReadBool(a)
	}
}

func (v *VXLANInfo) handReadBool(a wire.Attr) {
	is := len(a.Data) == 0 || a.Data[0] != 0
	switch a.Type {
	case uapi.IFLA_VXLAN_LEARNING:
		v.Learning = is
	case uapi.IFLA_VXLAN_PROXY:
		v.Proxy = is
	case uapi.IFLA_VXLAN_RSC:
		v.RSC = is
	case uapi.IFLA_VXLAN_L2MISS:
		v.L2Miss = is
	case uapi.IFLA_VXLAN_L3MISS:
		v.L3Miss = is
	case uapi.IFLA_VXLAN_UDP_CSUM:
		v.UDPCSum = is
	case uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_TX:
		v.UDPZeroCSum6Tx = is
	case uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_RX:
		v.UDPZeroCSum6Rx = is
	case uapi.IFLA_VXLAN_REMCSUM_TX:
		v.RemCSumTx = is
	case uapi.IFLA_VXLAN_REMCSUM_RX:
		v.RemCSumRx = is
	case uapi.IFLA_VXLAN_GBP:
		v.GBP = is
	case uapi.IFLA_VXLAN_COLLECT_METADATA:
		v.External = is
	case uapi.IFLA_VXLAN_VNIFILTER:
		v.VNIFilter = is
	case uapi.IFLA_VXLAN_LOCALBYPASS:
		v.LocalBypass = is
	}
}

// TestCodecHand compares the codec with what is written by hand, so that the
// benchmarks compare like with like.
func TestCodecHand(t *testing.T) {
	s := dozen().description()
	if want, got := handRequest(nil, s, s.Info.(*VXLANInfo)), request(dozen())(nil); string(got) != string(want) {
		t.Errorf("the request is\n%x, by hand\n%x", got, want)
	}
	b := captured(t, "vxlan")
	diff := cmp.Diff(handLink(b), parseLink(new(attr.Codec), b),
		cmpopts.IgnoreFields(Link{}, "raw"), cmp.AllowUnexported(INET{}, INET6{}), cmpopts.EquateComparable(netip.Addr{}))
	if diff != "" {
		t.Errorf("by hand - codec +:\n%s", diff)
	}
}

func BenchmarkHandRequest(b *testing.B) {
	s := dozen().description()
	v, buf := s.Info.(*VXLANInfo), make([]byte, 0, 1<<10)
	b.ReportAllocs()
	for b.Loop() {
		handRequest(buf, s, v)
	}
}

func BenchmarkHandLink(b *testing.B) {
	data := captured(b, "vxlan")
	b.ReportAllocs()
	for b.Loop() {
		handLink(data)
	}
}
