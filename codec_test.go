package iplink

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// tables returns every table of this package by name: those of the kinds and
// their ports, and those of what every link has.
func tables() map[string]attr.Table {
	all := map[string]attr.Table{
		"link":  new(Link).attrs,
		"inet6": new(INET6).attrs,
	}
	for name := range kinds {
		if info := newInfo(name); info != nil {
			all[name] = info.attrs
		}
		if port := newPortInfo(name); port != nil {
			all[name+" port"] = port.attrs
		}
	}
	return all
}

// TestCodecTables checks what must hold for every row of every table.
func TestCodecTables(t *testing.T) {
	for name, table := range tables() {
		types, phrase := map[uint16]bool{}, map[string]int{}
		for i, r := range rows(table) {
			for _, typ := range []uint16{r.Type, r.Type6} {
				if typ != 0 && types[typ] && r.Format != "bit" && r.Format != "bits" {
					t.Errorf("%s: number %d of %s has a row already", name, typ, r.Name)
				}
				types[typ] = true
			}
			// Rows that make one phrase of iproute2's, one after another, share its word.
			if last, ok := phrase[r.Name]; r.Name == "" || ok && last != i-1 {
				t.Errorf("%s: number %d has the name %q, which another row has", name, r.Type, r.Name)
			}
			phrase[r.Name] = i
			if s := r.Since; s != (attr.Version{}) && (s.Major < 6 || s.Major == 6 && s.Minor < 2 || s.Major > 7) {
				t.Errorf("%s: %s is since %v", name, r.Name, s)
			}
			if r.ReadOnly && (r.WriteOnly || r.CreateOnly) {
				t.Errorf("%s: %s is both: %+v", name, r.Name, r)
			}
		}
	}
}

// slow encodes attributes one after another, with nothing of this module's but
// their numbers.
type slow struct {
	b   []byte
	set attr.Set
}

func (s *slow) put(typ, number uint16, payload []byte) {
	if !s.set.Has(typ) {
		return
	}
	s.b = binary.NativeEndian.AppendUint16(s.b, uint16(4+len(payload)))
	s.b = append(binary.NativeEndian.AppendUint16(s.b, number), payload...)
	for len(s.b)%4 != 0 {
		s.b = append(s.b, 0)
	}
}

func (s *slow) u8(typ uint16, v uint8) { s.put(typ, typ, []byte{v}) }

func (s *slow) u32(typ uint16, v uint32) { s.put(typ, typ, binary.NativeEndian.AppendUint32(nil, v)) }

func (s *slow) be16(typ uint16, v uint16) { s.put(typ, typ, binary.BigEndian.AppendUint16(nil, v)) }

func (s *slow) be32(typ uint16, v uint32) { s.put(typ, typ, binary.BigEndian.AppendUint32(nil, v)) }

func (s *slow) be64(typ uint16, v uint64) { s.put(typ, typ, binary.BigEndian.AppendUint64(nil, v)) }

func (s *slow) flag(typ uint16, v bool) {
	if v {
		s.put(typ, typ, nil)
	}
}

func (s *slow) bool(typ uint16, v bool) {
	s.u8(typ, map[bool]uint8{false: 0, true: 1}[v])
}

func (s *slow) addr(typ4, typ6 uint16, v netip.Addr) {
	if v.Is4() {
		s.put(typ4, typ4, v.AsSlice())
	} else {
		s.put(typ4, typ6, v.AsSlice())
	}
}

// slowVXLAN encodes what is set of v.
func slowVXLAN(v *VXLANInfo, set attr.Set) []byte {
	s := &slow{set: set}
	s.u32(uapi.IFLA_VXLAN_ID, v.VNI)
	s.addr(uapi.IFLA_VXLAN_GROUP, uapi.IFLA_VXLAN_GROUP6, v.Remote)
	s.addr(uapi.IFLA_VXLAN_LOCAL, uapi.IFLA_VXLAN_LOCAL6, v.Local)
	s.u32(uapi.IFLA_VXLAN_LINK, uint32(v.Dev))
	s.be32(uapi.IFLA_VXLAN_PORT_RANGE, uint32(v.PortLow)<<16|uint32(v.PortHigh))
	s.be16(uapi.IFLA_VXLAN_PORT, v.Port)
	s.u8(uapi.IFLA_VXLAN_TTL, v.TTL)
	s.flag(uapi.IFLA_VXLAN_TTL_INHERIT, v.TTLInherit)
	s.u8(uapi.IFLA_VXLAN_TOS, v.TOS)
	s.u8(uapi.IFLA_VXLAN_DF, uint8(v.DF))
	s.be32(uapi.IFLA_VXLAN_LABEL, v.FlowLabel)
	s.u32(uapi.IFLA_VXLAN_LABEL_POLICY, uint32(v.LabelPolicy))
	s.bool(uapi.IFLA_VXLAN_LEARNING, v.Learning)
	s.u32(uapi.IFLA_VXLAN_AGEING, uint32(v.Ageing/time.Second))
	s.u32(uapi.IFLA_VXLAN_LIMIT, v.Limit)
	s.bool(uapi.IFLA_VXLAN_PROXY, v.Proxy)
	s.bool(uapi.IFLA_VXLAN_RSC, v.RSC)
	s.bool(uapi.IFLA_VXLAN_L2MISS, v.L2Miss)
	s.bool(uapi.IFLA_VXLAN_L3MISS, v.L3Miss)
	s.bool(uapi.IFLA_VXLAN_UDP_CSUM, v.UDPCSum)
	s.bool(uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_TX, v.UDPZeroCSum6Tx)
	s.bool(uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_RX, v.UDPZeroCSum6Rx)
	s.bool(uapi.IFLA_VXLAN_REMCSUM_TX, v.RemCSumTx)
	s.bool(uapi.IFLA_VXLAN_REMCSUM_RX, v.RemCSumRx)
	s.flag(uapi.IFLA_VXLAN_REMCSUM_NOPARTIAL, v.RemCSumNoPartial)
	s.flag(uapi.IFLA_VXLAN_GBP, v.GBP)
	s.flag(uapi.IFLA_VXLAN_GPE, v.GPE)
	s.bool(uapi.IFLA_VXLAN_COLLECT_METADATA, v.External)
	s.bool(uapi.IFLA_VXLAN_VNIFILTER, v.VNIFilter)
	s.bool(uapi.IFLA_VXLAN_LOCALBYPASS, v.LocalBypass)
	s.bool(uapi.IFLA_VXLAN_MC_ROUTE, v.MCRoute)
	s.be64(uapi.IFLA_VXLAN_RESERVED_BITS, v.ReservedBits)
	return s.b
}

// randomSet returns some of the settings of a VXLAN.
func randomSet(r *rand.Rand) (set attr.Set) {
	for typ := range uint16(35) {
		if typ != 0 && r.Uint64()&1 != 0 {
			set.Add(typ)
		}
	}
	return set
}

// TestCodecReference compares with an encoder written by hand, and has what
// that wrote decoded.
func TestCodecReference(t *testing.T) {
	r := rand.New(rand.NewPCG(0x1234, 0x5678))
	var c attr.Codec
	for range 2000 {
		set := randomSet(r)
		set.Remove(uapi.IFLA_VXLAN_GROUP6) // in a set, both families have one number
		set.Remove(uapi.IFLA_VXLAN_LOCAL6)
		want, got := randomVXLAN(r), new(VXLANInfo)
		b := slowVXLAN(want, set)
		if enc := c.Encode(nil, set, nil, want.attrs); string(enc) != string(b) {
			t.Fatalf("%+v, set %v:\n got % x\nwant % x", want, set, enc, b)
		}
		found, err := c.Decode(b, got.attrs, nil)
		if err != nil {
			t.Fatalf("% x: %v", b, err)
		}
		if again := slowVXLAN(got, set); string(again) != string(b) {
			t.Fatalf("% x was decoded as %+v", b, got)
		}
		if more := found.Minus(set.Or(attr.SetOf(uapi.IFLA_VXLAN_GROUP6, uapi.IFLA_VXLAN_LOCAL6))); !more.Empty() {
			t.Fatalf("% x: set %v, want %v", b, found, set)
		}
	}
}

// randomVXLAN returns any values, in their types and units.
func randomVXLAN(r *rand.Rand) *VXLANInfo {
	v := new(VXLANInfo)
	fields := reflect.ValueOf(v).Elem()
	for i := range fields.NumField() {
		switch f := fields.Field(i); {
		case f.Type() == reflect.TypeFor[netip.Addr]():
			f.Set(reflect.ValueOf(randomAddr(r)))
		case f.Type() == reflect.TypeFor[time.Duration]():
			f.SetInt(int64(r.Uint32()) * int64(time.Second))
		case f.Kind() == reflect.Bool:
			f.SetBool(r.IntN(2) == 0)
		case f.CanInt():
			f.SetInt(int64(r.Int32()))
		case f.CanUint():
			f.SetUint(r.Uint64() >> (64 - f.Type().Bits()))
		}
	}
	return v
}

// randomAddr returns an address of either family.
func randomAddr(r *rand.Rand) netip.Addr {
	b := binary.BigEndian.AppendUint64(nil, r.Uint64())
	if r.IntN(2) == 0 {
		return netip.AddrFrom4([4]byte(b))
	}
	return netip.AddrFrom16([16]byte(binary.BigEndian.AppendUint64(b, r.Uint64())))
}

// FuzzParseLink decodes any bytes as the description of a link. What holds for
// any: nothing of it is read outside of them, what is wrong is told, the same
// again gives the same, and so does the table without its layout.
func FuzzParseLink(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		before := slices.Clone(b)
		var c attr.Codec
		l, again := parseLink(&c, b), parseLink(&c, b)
		if !slices.Equal(b, before) {
			t.Fatal("decoding changed the bytes")
		}
		if (l.Err == nil) != (again.Err == nil) || l.Name != again.Name || len(l.Unknown) != len(again.Unknown) {
			t.Errorf("%+v, then %+v", l, again)
		}
		if len(b) < wire.LinkLen && l.Err == nil {
			t.Errorf("%d bytes are a link: %+v", len(b), l)
		}
		for _, a := range l.Unknown {
			if len(a.Data) > len(b) || cap(a.Data) > len(b) {
				t.Errorf("attribute %d is longer than the message", a.Type)
			}
		}
		byTable(t, linkTable, newLink(), newLink(), b[min(wire.LinkLen, len(b)):], (*Link).attrs)
		l.INET.Conf()
		l.INET6.Conf()
		l.INET6.Stats()
		l.INET6.ICMP6Stats()
	})
}

// FuzzKinds decodes any bytes by every table, encodes what was found, and
// decodes that: the two must be equal, and encode to the same bytes. So must what
// is decoded by the table's layout.
func FuzzKinds(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<14 {
			return // An encoding longer than an attribute can be says nothing.
		}
		for name := range kinds {
			roundTrip(t, name, b, newInfo)
			roundTrip(t, name+" port", b, func(string) info { return newPortInfo(name) })
			if k := kindOf(name); k.info != nil {
				byTable(t, k.table(), k.info(), k.info(), b, info.attrs)
			}
			if k := kindOf(name); k.port != nil {
				byTable(t, k.portTable(), k.port(), k.port(), b, info.attrs)
			}
		}
	})
}

// byTable has a layout and the table that it is of decode the same.
func byTable[T any](t *testing.T, l *attr.Layout, v, w T, b []byte, walk func(T, *attr.Codec)) {
	var c attr.Codec
	var unknown, unknownByTable []wire.Attr
	set, err := l.Decode(&c, b, v, func(a wire.Attr) { unknown = append(unknown, a) })
	byTable, errByTable := c.Decode(b, func(c *attr.Codec) { walk(w, c) }, func(a wire.Attr) { unknownByTable = append(unknownByTable, a) })
	if set != byTable || fmt.Sprint(err) != fmt.Sprint(errByTable) || !reflect.DeepEqual(unknown, unknownByTable) || !reflect.DeepEqual(v, w) {
		t.Fatalf("% x\nis %+v, %v, error %v\nand by the table %+v, %v, error %v", b, v, set, err, w, byTable, errByTable)
	}
}

func roundTrip(t *testing.T, name string, b []byte, empty func(kind string) info) {
	first, second := empty(name), empty(name)
	if first == nil {
		return
	}
	var c attr.Codec
	set, err := c.Decode(b, first.attrs, nil)
	set = set.Minus(faulty(err, first.attrs))
	encoded := c.Encode(nil, set, nil, first.attrs)
	found, err := c.Decode(encoded, second.attrs, nil)
	if err != nil {
		t.Fatalf("%s: % x: %v", name, encoded, err)
	}
	for _, d := range c.Compare(set, nil, first.attrs, second.attrs) {
		t.Errorf("%s: %s differs in % x", name, d.Name, encoded)
	}
	if again := c.Encode(nil, found, nil, second.attrs); string(again) != string(encoded) {
		t.Errorf("%s:\nencoded % x\n  again % x", name, encoded, again)
	}
}

// faulty returns the rows of a table that an error is about: what they hold is
// nothing to go by.
func faulty(err error, table attr.Table) (set attr.Set) {
	if err == nil {
		return set
	}
	names := map[string]bool{}
	for line := range strings.Lines(err.Error()) {
		name, _, _ := strings.Cut(line, ": ")
		names[name] = true
	}
	for _, r := range rows(table) {
		if names[r.Name] {
			set.Add(r.Type)
			set.Add(r.Type6)
		}
	}
	return set
}
