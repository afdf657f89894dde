package attr_test

import (
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
)

// values are fields for one row of each sort.
type values struct {
	u8       uint8
	u16      uint16
	u32      uint32
	u64      uint64
	s8       int8
	s32      int32
	on       bool
	text     string
	enum     colour
	wide     colour32
	protocol protocol
	time     time.Duration
	mac      net.HardwareAddr
	addr     netip.Addr
	index    int
	macs     []net.HardwareAddr
	strings  []string
	raw      []byte
	members  [2]uint32
	long     [2]uint64
	pair     pair
	shorts   []uint16
}

type (
	colour   uint8
	colour32 uint32
	protocol uint16
)

var (
	colours   = attr.Words{1: "red", 4: "green"}
	protocols = map[protocol]string{0x8100: "802.1Q", 0x88a8: "802.1ad"}
)

// pair is a payload of its own making: its second byte first.
type pair [2]byte

func (p *pair) AppendPayload(b []byte) []byte { return append(b, p[1], p[0]) }
func (p *pair) AppendWords(b []byte) []byte   { return append(b, hex.EncodeToString(p[:])...) }

func (p *pair) ParsePayload(b []byte) error {
	if len(b) != 2 {
		return errors.New("no pair")
	}
	*p = pair{b[1], b[0]}
	return nil
}

func (p *pair) Check() error {
	if p[0] == p[1] {
		return errors.New("twins")
	}
	return nil
}

// typ and typ6 are the numbers of every row under test.
const (
	typ  = 0x12
	typ6 = 0x13
	elem = 0x21
)

// every has a row of each sort: the value, what lies on the wire on
// little-endian and on big-endian hosts, and iproute2's words.
var every = []struct {
	name        string
	row         func(*attr.Codec, *values)
	v           values
	little, big string
	words       string
	format      string
	elastic     bool // payloads of other lengths are fine
	readOnly    bool
}{
	{
		name: "u8", format: "u8", words: " x 161",
		row:    func(c *attr.Codec, v *values) { attr.U8(c, typ, "x", &v.u8, 1, 200) },
		v:      values{u8: 0xa1},
		little: "0500 1200 a1000000", big: "0005 0012 a1000000",
	}, {
		name: "u16", format: "u16", words: " x 4660",
		row:    func(c *attr.Codec, v *values) { attr.U16(c, typ, "x", &v.u16) },
		v:      values{u16: 0x1234},
		little: "0600 1200 34120000", big: "0006 0012 12340000",
	}, {
		name: "u32", format: "u32", words: " x 305419896",
		row:    func(c *attr.Codec, v *values) { attr.U32(c, typ, "x", &v.u32) },
		v:      values{u32: 0x12345678},
		little: "0800 1200 78563412", big: "0008 0012 12345678",
	}, {
		name: "u64", format: "u64", words: " x 1311768467463790320",
		row:    func(c *attr.Codec, v *values) { attr.U64(c, typ, "x", &v.u64) },
		v:      values{u64: 0x123456789abcdef0},
		little: "0c00 1200 f0debc9a 78563412", big: "000c 0012 12345678 9abcdef0",
	}, {
		name: "s8", format: "s8", words: " x -2",
		row:    func(c *attr.Codec, v *values) { attr.S8(c, typ, "x", &v.s8) },
		v:      values{s8: -2},
		little: "0500 1200 fe000000", big: "0005 0012 fe000000",
	}, {
		name: "s32", format: "s32", words: " x -66052",
		row:    func(c *attr.Codec, v *values) { attr.S32(c, typ, "x", &v.s32) },
		v:      values{s32: -0x10204},
		little: "0800 1200 fcfdfeff", big: "0008 0012 fffefdfc",
	}, {
		name: "be16", format: "be16", words: " x 4660",
		row:    func(c *attr.Codec, v *values) { attr.BE16(c, typ, "x", &v.u16) },
		v:      values{u16: 0x1234},
		little: "0600 1200 12340000", big: "0006 0012 12340000",
	}, {
		name: "be32", format: "be32", words: " x 0x12345678",
		row:    func(c *attr.Codec, v *values) { attr.BE32(c.Hex(), typ, "x", &v.u32) },
		v:      values{u32: 0x12345678},
		little: "0800 1200 12345678", big: "0008 0012 12345678",
	}, {
		name: "be64", format: "be64", words: " x 0x123456789abcdef0",
		row:    func(c *attr.Codec, v *values) { attr.BE64(c.Hex(), typ, "x", &v.u64) },
		v:      values{u64: 0x123456789abcdef0},
		little: "0c00 1200 12345678 9abcdef0", big: "000c 0012 12345678 9abcdef0",
	}, {
		name: "bool", format: "bool", words: " x",
		row:    func(c *attr.Codec, v *values) { attr.Bool(c, typ, "x", &v.on) },
		v:      values{on: true},
		little: "0500 1200 01000000", big: "0005 0012 01000000",
	}, {
		name: "onoff", format: "bool", words: " x on",
		row:    func(c *attr.Codec, v *values) { attr.OnOff(c, typ, "x", &v.on) },
		v:      values{on: true},
		little: "0500 1200 01000000", big: "0005 0012 01000000",
	}, {
		name: "bool01", format: "bool", words: " x 1",
		row:    func(c *attr.Codec, v *values) { attr.Bool01(c, typ, "x", &v.on) },
		v:      values{on: true},
		little: "0500 1200 01000000", big: "0005 0012 01000000",
	}, {
		name: "flag", format: "flag", words: " x", elastic: true,
		row:    func(c *attr.Codec, v *values) { attr.Flag(c, typ, "x", &v.on) },
		v:      values{on: true},
		little: "0400 1200", big: "0004 0012",
	}, {
		name: "text", format: "string", words: " x 'a b'", elastic: true,
		row:    func(c *attr.Codec, v *values) { attr.Text(c, typ, "x", &v.text, 3) },
		v:      values{text: "a b"},
		little: "0800 1200 61206200", big: "0008 0012 61206200",
	}, {
		name: "bytes", format: "string", words: " x a-b", elastic: true,
		row:    func(c *attr.Codec, v *values) { attr.Bytes(c, typ, "x", &v.text, 3) },
		v:      values{text: "a-b"},
		little: "0700 1200 612d6200", big: "0007 0012 612d6200",
	}, {
		name: "enum", format: "u8", words: " x green",
		row:    func(c *attr.Codec, v *values) { attr.Enum(c, typ, "x", &v.enum, colours) },
		v:      values{enum: 4},
		little: "0500 1200 04000000", big: "0005 0012 04000000",
	}, {
		name: "numeric enum", format: "u32", words: " x 4",
		row:    func(c *attr.Codec, v *values) { attr.Enum(c.Numeric(), typ, "x", &v.wide, colours) },
		v:      values{wide: 4},
		little: "0800 1200 04000000", big: "0008 0012 00000004",
	}, {
		name: "be16 enum", format: "be16", words: " x 802.1ad",
		row:    func(c *attr.Codec, v *values) { attr.EnumBE16(c, typ, "x", &v.protocol, protocols) },
		v:      values{protocol: 0x88a8},
		little: "0600 1200 88a80000", big: "0006 0012 88a80000",
	}, {
		name: "ticks32", format: "u32 × 10ms", words: " x 4660",
		row:    func(c *attr.Codec, v *values) { attr.Ticks32(c, typ, "x", &v.time) },
		v:      values{time: 46600 * time.Millisecond},
		little: "0800 1200 34120000", big: "0008 0012 00001234",
	}, {
		name: "ticks64", format: "u64 × 10ms", words: " x 4660",
		row:    func(c *attr.Codec, v *values) { attr.Ticks64(c, typ, "x", &v.time) },
		v:      values{time: 46600 * time.Millisecond},
		little: "0c00 1200 34120000 00000000", big: "000c 0012 00000000 00001234",
	}, {
		name: "seconds", format: "u32 × 1s", words: " x 4660",
		row:    func(c *attr.Codec, v *values) { attr.Seconds(c, typ, "x", &v.time) },
		v:      values{time: 4660 * time.Second},
		little: "0800 1200 34120000", big: "0008 0012 00001234",
	}, {
		name: "millis", format: "u32 × 1ms", words: " x 4660",
		row:    func(c *attr.Codec, v *values) { attr.Millis(c, typ, "x", &v.time) },
		v:      values{time: 4660 * time.Millisecond},
		little: "0800 1200 34120000", big: "0008 0012 00001234",
	}, {
		name: "nanos", format: "uint × 1ns", readOnly: true,
		row:    func(c *attr.Codec, v *values) { attr.Nanos(c, typ, "x", &v.time) },
		v:      values{time: 0x12345678},
		little: "0800 1200 78563412", big: "0008 0012 12345678",
	}, {
		name: "long nanos", format: "uint × 1ns", readOnly: true,
		row:    func(c *attr.Codec, v *values) { attr.Nanos(c, typ, "x", &v.time) },
		v:      values{time: 0x123456789abcdef0},
		little: "0c00 1200 f0debc9a 78563412", big: "000c 0012 12345678 9abcdef0",
	}, {
		name: "mac", format: "mac", words: " x 02:a1:a2:a3:a4:a5",
		row:    func(c *attr.Codec, v *values) { attr.MAC(c, typ, "x", &v.mac) },
		v:      values{mac: net.HardwareAddr{2, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5}},
		little: "0a00 1200 02a1a2a3 a4a50000", big: "000a 0012 02a1a2a3 a4a50000",
	}, {
		name: "hardware", format: "hardware address", words: " x 80:00:02:08", elastic: true,
		row:    func(c *attr.Codec, v *values) { attr.Hardware(c, typ, "x", &v.mac) },
		v:      values{mac: net.HardwareAddr{0x80, 0, 2, 8}},
		little: "0800 1200 80000208", big: "0008 0012 80000208",
	}, {
		name: "ipv4", format: "ip", words: " x 192.0.2.1",
		row:    func(c *attr.Codec, v *values) { attr.Addr(c, typ, typ6, "x", &v.addr) },
		v:      values{addr: netip.MustParseAddr("192.0.2.1")},
		little: "0800 1200 c0000201", big: "0008 0012 c0000201",
	}, {
		name: "ipv6", format: "ip", words: " x 2001:db8::1",
		row:    func(c *attr.Codec, v *values) { attr.Addr(c, typ, typ6, "x", &v.addr) },
		v:      values{addr: netip.MustParseAddr("2001:db8::1")},
		little: "1400 1300 20010db8 00000000 00000000 00000001", big: "0014 0013 20010db8 00000000 00000000 00000001",
	}, {
		name: "reported ipv4", format: "ip", readOnly: true,
		row:    func(c *attr.Codec, v *values) { attr.ReportedAddr(c, typ, "x", &v.addr) },
		v:      values{addr: netip.MustParseAddr("192.0.2.1")},
		little: "0800 1200 c0000201", big: "0008 0012 c0000201",
	}, {
		name: "reported ipv6", format: "ip", readOnly: true,
		row:    func(c *attr.Codec, v *values) { attr.ReportedAddr(c, typ, "x", &v.addr) },
		v:      values{addr: netip.MustParseAddr("2001:db8::1")},
		little: "1400 1200 20010db8 00000000 00000000 00000001", big: "0014 0012 20010db8 00000000 00000000 00000001",
	}, {
		name: "index", format: "ifindex", words: " x if4660",
		row:    func(c *attr.Codec, v *values) { attr.Index(c, typ, "x", &v.index) },
		v:      values{index: 0x1234},
		little: "0800 1200 34120000", big: "0008 0012 00001234",
	}, {
		name: "macs", format: "list of macs", words: " 02:00:00:00:00:01 02:00:00:00:00:02", elastic: true,
		row:    func(c *attr.Codec, v *values) { attr.MACs(c.ValueOnly(), typ, elem, "x", &v.macs) },
		v:      values{macs: []net.HardwareAddr{{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}}},
		little: "1c00 1200 0a00 2100 02000000 00010000 0a00 2100 02000000 00020000",
		big:    "001c 0012 000a 0021 02000000 00010000 000a 0021 02000000 00020000",
	}, {
		name: "strings", format: "list of strings", elastic: true, readOnly: true,
		row:    func(c *attr.Codec, v *values) { attr.Strings(c, typ, elem, "x", &v.strings) },
		v:      values{strings: []string{"one", "two"}},
		little: "1400 1200 0800 2100 6f6e6500 0700 2100 74776f00", big: "0014 0012 0008 0021 6f6e6500 0007 0021 74776f00",
	}, {
		name: "nest", format: "nest", elastic: true, readOnly: true,
		row: func(c *attr.Codec, v *values) {
			attr.Nest(c, typ, "x", func(c *attr.Codec) { attr.U16(c, elem, "inner", &v.u16) })
		},
		v:      values{u16: 0x1234},
		little: "0c00 1200 0600 2100 34120000", big: "000c 0012 0006 0021 12340000",
	}, {
		name: "raw", format: "bytes", elastic: true, readOnly: true,
		row:    func(c *attr.Codec, v *values) { attr.Raw(c, typ, "x", &v.raw) },
		v:      values{raw: []byte{0xa1, 0xa2, 0xa3}},
		little: "0700 1200 a1a2a300", big: "0007 0012 a1a2a300",
	}, {
		name: "in place", format: "bytes", elastic: true, readOnly: true,
		row:    func(c *attr.Codec, v *values) { attr.InPlace(c, typ, "x", &v.raw) },
		v:      values{raw: []byte{0xa1, 0xa2, 0xa3}},
		little: "0700 1200 a1a2a300", big: "0007 0012 a1a2a300",
	}, {
		name: "report", format: "struct", readOnly: true,
		row: func(c *attr.Codec, v *values) {
			attr.Report(c, typ, "x", 2, &v.pair, func(p *pair, b []byte) { *p = pair(b) })
		},
		v:      values{pair: pair{0xa1, 0xa2}},
		little: "0600 1200 a1a20000", big: "0006 0012 a1a20000",
	}, {
		name: "u32s", format: "members", elastic: true, readOnly: true,
		row:    func(c *attr.Codec, v *values) { attr.U32s(c, typ, "x", &v.members[0], &v.members[1]) },
		v:      values{members: [2]uint32{0x12345678, 0x11223344}},
		little: "0c00 1200 78563412 44332211", big: "000c 0012 12345678 11223344",
	}, {
		name: "u64s", format: "members", elastic: true, readOnly: true,
		row:    func(c *attr.Codec, v *values) { attr.U64s(c, typ, "x", &v.long[0], &v.long[1]) },
		v:      values{long: [2]uint64{0x12345678, 0x1122334455667788}},
		little: "1400 1200 78563412 00000000 88776655 44332211", big: "0014 0012 00000000 12345678 11223344 55667788",
	}, {
		name: "array", format: "array", elastic: true, readOnly: true,
		row:    func(c *attr.Codec, v *values) { attr.Array(c, typ, "x", &v.shorts) },
		v:      values{shorts: []uint16{0x1234, 0x5678, 0xa1a2}},
		little: "0a00 1200 34127856 a2a10000", big: "000a 0012 12345678 a1a20000",
	}, {
		name: "custom", format: "struct", words: " x a1a2",
		row:    func(c *attr.Codec, v *values) { attr.Custom(c, typ, "x", &v.pair) },
		v:      values{pair: pair{0xa1, 0xa2}},
		little: "0600 1200 a2a10000", big: "0006 0012 a2a10000",
	}, {
		name: "nested custom", format: "struct", words: " x a1a2",
		row:    func(c *attr.Codec, v *values) { attr.Custom(c.Nested(), typ, "x", &v.pair) },
		v:      values{pair: pair{0xa1, 0xa2}},
		little: "0600 1280 a2a10000", big: "0006 8012 a2a10000",
	},
}
