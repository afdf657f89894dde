package iplink_test

import (
	"net"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/macsec"
)

var macsecMAC = net.HardwareAddr{0x02, 0x11, 0x22, 0x33, 0x44, 0x55}

func TestMACsecEncoding(t *testing.T) {
	encoded(t, macsec.New("a").SCI(iplink.MACsecSCIOf(macsecMAC, 0x1234)), "0c000100 0211223344551234")
	encoded(t, macsec.New("a").Port(0x1234), "0600020012340000")
	encoded(t, macsec.New("a").Cipher(macsec.GCMAES128), "0c000400 0100000100c28000")
	encoded(t, macsec.New("a").Cipher(macsec.GCMAESXPN256).ICVLen(12), "0c000400 0400000100c28000 050003000c000000")
	encoded(t, macsec.New("a").Replay(true).Window(0x12345678), "05000c0001000000 08000500 78563412")
	encoded(t, macsec.New("a").EndStation(true), "0500090000000000 05000a0001000000")
	encoded(t, macsec.New("a").SCB(true), "0500090000000000 05000b0001000000")
	encoded(t, macsec.New("a").Encrypt(true).Protect(false).Validate(macsec.Check).EncodingSA(3).Offload(macsec.OffloadMAC),
		"0500070001000000 0500080000000000 05000d0001000000 0500060003000000 05000f0002000000")
}

// TestMACsecDecoding reads what Linux 6.12 says of a link with GCM-AES-128, whose
// number is the old one.
func TestMACsecDecoding(t *testing.T) {
	l := decoded(t, "3c001200 0b0001006d61637365630000 2c000200 0c000100 0211223344551234 0c000400 0100000100028000 0500030010000000 0500070001000000")
	got := l.Info.(*iplink.MACsecInfo)
	if got.SCI.String() != "0211223344551234" || got.Port != 0x1234 || got.Cipher != macsec.GCMAES128 || got.ICVLen != 16 || !got.Encrypt {
		t.Errorf("got %+v", got)
	}
	if d := iplink.CompareInfo(macsec.New("a").Cipher(macsec.GCMAES128), got); len(d) != 0 {
		t.Errorf("differs: %v", d)
	}
}

// TestMACsecPort compares a port, which the kernel reports as part of the SCI.
func TestMACsecPort(t *testing.T) {
	have := &iplink.Link{Kind: iplink.KindMACsec, Info: &iplink.MACsecInfo{Port: 0x1234}}
	for _, c := range []struct {
		port    uint16
		differs int
	}{{0x1234, 0}, {0x4321, 1}} {
		p := iplink.PlanUpdate(t.Context(), macsec.New("a").Port(c.port), have)
		d := p.Differences
		if len(d) != c.differs || c.differs > 0 && !d[0].Immutable {
			t.Errorf("%#x: %v", c.port, d)
		}
		if c.differs == 0 && !p.Info.Empty() {
			t.Errorf("%#x is sent though it is so", c.port)
		}
	}
}

func TestMACsecSCI(t *testing.T) {
	sci := iplink.MACsecSCIOf(macsecMAC, 0x1234)
	if sci.MAC().String() != macsecMAC.String() || sci.Port() != 0x1234 {
		t.Errorf("%v is of %v and %#x", sci, sci.MAC(), sci.Port())
	}
	if short := iplink.MACsecSCIOf(macsecMAC[:5], 0x1234); short != (macsec.SCI{}) {
		t.Errorf("5 bytes give %v", short)
	}
}

func TestMACsecRefusals(t *testing.T) {
	sci := iplink.MACsecSCIOf(macsecMAC, 7)
	m := func() *macsec.Builder { return macsec.New("a").Parent("b") }
	for _, r := range []badSpec{
		{spec: macsec.New("a"), message: "link: a macsec sits on another link: name it with Parent"},
		{spec: m().SCI(macsec.SCI{}), message: "sci: the zero SCI is none: it needs an address of 6 bytes, and a port"},
		{spec: m().SCI(sci).Port(7), message: "port: the SCI holds a port: set one of both"},
		{spec: m().Port(0), message: "port: 0 is not in 1…65535"},
		{spec: m().Cipher(0x0080020001000001), message: "cipher: 0x0080020001000001 is no cipher suite"},
		{spec: m().ICVLen(7), message: "icvlen: 7 is not in 8…16"},
		{spec: m().ICVLen(17), message: "icvlen: 17 is not in 8…16"},
		{spec: m().EncodingSA(4), message: "encodingsa: 4 is not in 0…3"},
		{spec: m().Validate(3), message: "validate: 3 is none of disabled, check, strict"},
		{spec: m().Offload(3), message: "offload: 3 is none of off, phy, mac"},
		{spec: m().Replay(true), message: "replay: needs Window"},
		{spec: m().Replay(true), op: "update", message: "replay: needs Window"},
		{spec: m().SendSCI(true).EndStation(true), message: "end_station: needs SendSCI(false)"},
		{spec: m().EndStation(true).SendSCI(true), message: "end_station: needs SendSCI(false)"},
		{spec: m().SendSCI(true).SCB(true), message: "scb: needs SendSCI(false)"},
		{spec: m().EndStation(true).SCB(true), message: "scb: cannot go with EndStation"},
		{spec: m().SCI(sci).SendSCI(false), message: "sci: cannot go with SendSCI(false), EndStation or SCB: others could not tell it from the address"},
		{spec: m().SCI(sci).EndStation(true), message: "sci: cannot go with SendSCI(false), EndStation or SCB: others could not tell it from the address"},
		{spec: m().Cipher(macsec.GCMAESXPN128).Window(1 << 30), message: "window: 1073741824 is more than 1073741823, the most with gcm-aes-xpn-128"},
	} {
		r.test(t)
	}
	accepted(t, "create", m(), m().Window(1<<31), m().Replay(false), m().Replay(true).Window(0), m().SendSCI(false).EndStation(true),
		m().SCI(sci).SendSCI(true), m().Cipher(macsec.GCMAESXPN256).Window(1<<30-1))
}

func TestMACsecChanges(t *testing.T) {
	link := func(i iplink.MACsecInfo) *iplink.Link {
		return iplink.Reported(iplink.Link{Kind: iplink.KindMACsec, Flags: uapi.IFF_UP, Info: &i},
			attr.SetOf(uapi.IFLA_MACSEC_OFFLOAD, uapi.IFLA_MACSEC_WINDOW))
	}
	m := func() *macsec.Builder { return macsec.New("a") }
	for _, c := range []struct {
		spec    *macsec.Builder
		have    *iplink.Link
		message string
	}{
		{m().Window(1 << 30), link(iplink.MACsecInfo{Cipher: macsec.GCMAESXPN256}), "window: 1073741824 is more than 1073741823, the most with gcm-aes-xpn-256"},
		{m().SendSCI(true), link(iplink.MACsecInfo{EndStation: true}), "send_sci: needs EndStation(false)"},
		{m().SendSCI(true), link(iplink.MACsecInfo{SCB: true}), "send_sci: needs SCB(false)"},
		{m().SendSCI(true).SCB(false), link(iplink.MACsecInfo{SCB: true}), ""},
		{m().EndStation(true), link(iplink.MACsecInfo{SCB: true}), "end_station: needs SCB(false)"},
		{m().SCB(true), link(iplink.MACsecInfo{EndStation: true}), "scb: needs EndStation(false)"},
		{m().Offload(macsec.OffloadPHY), link(iplink.MACsecInfo{}), "offload: changes only while the link is down: DownFirst takes it down before"},
		{m().Offload(macsec.OffloadPHY).DownFirst(), link(iplink.MACsecInfo{}), ""},
		{m().Offload(macsec.OffloadPHY), &iplink.Link{Kind: iplink.KindMACsec, Info: &iplink.MACsecInfo{}}, "offload: this kernel takes it only when the link is made"},
	} {
		refusedChange(t, c.spec, c.have, c.message)
	}
}
