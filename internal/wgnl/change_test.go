package wgnl

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

// TestAppend compares requests with bytes written by hand from the kernel's header.
func TestAppend(t *testing.T) {
	port, mark, keepalive := uint16(0x1234), uint32(0x12345678), uint16(0x4321)
	for want, c := range map[string]Change{
		"01010000 08000100 34120000 24000300 " + private + "06000600 34120000 08000700 78563412": {
			Index: 0x1234, Private: testutil.LittleEndian(t, private), Port: &port, FwMark: &mark},
		"01010000 08000100 34120000" + "a0000880 9c000080 24000100 " + first + "08000300 02000000 24000200 " + preshare +
			"14000400 0200 1234 c0000207 0000000000000000 06000500 21430000 2c000980 28000080 06000100 0a000000 14000200 20010db8000100000000000000000000 05000300 40000000": {
			Index: 0x1234, Peers: []PeerChange{{Public: keyOf(t, first), Replace: true, Preshared: testutil.LittleEndian(t, preshare), Keepalive: &keepalive,
				Endpoint: netip.MustParseAddrPort("192.0.2.7:4660"), Allowed: []netip.Prefix{netip.MustParsePrefix("2001:db8:1::/64")}}}},
		"01010000 08000100 34120000" + "ac000880 30000080 24000100 " + first + "08000300 01000000" +
			"78000080 24000100 " + second + "08000300 04000000 20000400 0a00 5678 00000000 20010db8000000000000000000000007 09000000" +
			"28000980 24000080 06000100 02000000 08000200 0a090000 05000300 10000000 08000400 01000000": {
			Index: 0x1234, Peers: []PeerChange{{Public: keyOf(t, first), Remove: true}, {Public: keyOf(t, second), Update: true,
				Endpoint: netip.MustParseAddrPort("[2001:db8::7%9]:22136"), Disallow: []netip.Prefix{netip.MustParsePrefix("10.9.0.0/16")}}}},
	} {
		if got := c.Append(nil, 1); string(got) != string(testutil.LittleEndian(t, want)) {
			t.Errorf("\n got % x\nwant % x", got, testutil.LittleEndian(t, want))
		}
	}
}

// random returns a device with so many peers and, for each, up to so many allowed IPs.
func random(r *rand.Rand, peers, ips int) *Device {
	d := &Device{Index: 7, Port: uint16(r.Uint32()), FwMark: r.Uint32()}
	for n := range 1 + r.IntN(peers) {
		p := &Peer{Keepalive: uint16(r.UintN(3)), Endpoint: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(r.UintN(3))}), 9)}
		p.Public[0], p.Public[1], p.Public[5] = byte(n), byte(n>>8), 1
		p.Preshared[3] = byte(r.UintN(2))
		for range r.IntN(1 + ips) {
			var a [4]byte
			binary.BigEndian.PutUint32(a[:], r.Uint32N(1<<16))
			p.AllowedIPs = append(p.AllowedIPs, netip.PrefixFrom(netip.AddrFrom4(a), 32))
		}
		d.merge(p)
	}
	return d
}

// carryOut changes a device as the kernel does.
func (d *Device) carryOut(c *Change) *Device {
	after := &Device{Index: d.Index, Private: d.Private, Port: d.Port, FwMark: d.FwMark}
	for _, p := range d.Peers {
		after.merge(&Peer{Public: p.Public, Preshared: p.Preshared, Endpoint: p.Endpoint, Keepalive: p.Keepalive, AllowedIPs: slices.Clone(p.AllowedIPs)})
	}
	if c.Port != nil {
		after.Port = *c.Port
	}
	if c.FwMark != nil {
		after.FwMark = *c.FwMark
	}
	for i := range c.Peers {
		after.carryOutPeer(&c.Peers[i])
	}
	return after
}

func (d *Device) carryOutPeer(c *PeerChange) {
	p := d.Peer(c.Public)
	switch {
	case c.Remove:
		delete(d.byKey, c.Public)
		d.Peers = slices.DeleteFunc(d.Peers, func(o *Peer) bool { return o == p })
		return
	case p == nil:
		d.merge(&Peer{Public: c.Public})
		p = d.Peer(c.Public)
	}
	if c.Preshared != nil {
		p.Preshared = Key(c.Preshared)
	}
	if c.Endpoint.IsValid() {
		p.Endpoint = c.Endpoint
	}
	if c.Keepalive != nil {
		p.Keepalive = *c.Keepalive
	}
	if c.Replace {
		p.AllowedIPs = nil
	}
	for _, ip := range c.Allowed {
		for _, o := range d.Peers {
			o.AllowedIPs = slices.DeleteFunc(o.AllowedIPs, func(had netip.Prefix) bool { return had == ip })
		}
		p.AllowedIPs = append(p.AllowedIPs, ip)
	}
}

// text describes a device, regardless of the order of peers and allowed IPs.
func (d *Device) text() string {
	var all []string
	for _, p := range d.Peers {
		ips := slices.Clone(p.AllowedIPs)
		slices.SortFunc(ips, netip.Prefix.Compare)
		all = append(all, fmt.Sprintf("%x %x %v %d %v\n", p.Public, p.Preshared, p.Endpoint, p.Keepalive, slices.Compact(ips)))
	}
	slices.Sort(all)
	return fmt.Sprintln(d.Port, d.FwMark, all)
}

// TestBack restores devices after random changes, by a model of the kernel.
func TestBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		before := random(r, 6, 5).carryOut(&Change{})
		target := Exactly(random(r, 6, 5))
		now := before.carryOut(&target)
		back := Back(before, now)
		restored := now.carryOut(&back)
		if again := Back(before, restored); restored.text() != before.text() && len(again.Peers) != 0 {
			second := restored.carryOut(&again)
			restored = second
		}
		if restored.text() != before.text() {
			t.Fatalf("restored\n%swant\n%s", restored.text(), before.text())
		}
		if none := Back(before, before); !none.IsEmpty() {
			t.Fatalf("%+v", none)
		}
	}
}

// TestSplit has all parts short enough, and together equal to the whole.
func TestSplit(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	d := random(r, 1, 0)
	for _, sizes := range [][2]int{{900, 3}, {3, 2000}, {40, 40}, {1, 0}} {
		want := random(r, sizes[0], sizes[1])
		whole := Exactly(want)
		after := d
		for i, part := range whole.split() {
			if n := len(part.Append(nil, 1)); n > mostBytes {
				t.Errorf("part %d has %d bytes", i, n)
			}
			if i > 0 && (part.Port != nil || part.Private != nil) {
				t.Errorf("part %d repeats settings of the device", i)
			}
			after = after.carryOut(&part)
		}
		if whole := d.carryOut(&whole); !reflect.DeepEqual(after.text(), whole.text()) {
			t.Errorf("%s, want\n%s", after.text(), whole.text())
		}
	}
}
