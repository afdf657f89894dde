package iplink_test

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxlan"
	"github.com/iplink-go/iplink/wireguard"
)

// TestMessageWords puts the requests for links into words. Those are the words of the
// command for the link, without the lower links' names.
func TestMessageWords(t *testing.T) {
	indexes := map[string]int{"under": 77, "br0": 88}
	for _, test := range []struct {
		spec iplink.Spec
		want string // of the first request
	}{
		{vxlan.New("vx0").VNI(100).Port(4789).Up(), "> RTM_NEWLINK create,excl seq 0: vx0 up type vxlan id 100 dstport 4789"},
		{bridge.New("br1").STP(false).Group(1281).Index(0x1234), "> RTM_NEWLINK create,excl seq 0: br1 index 4660 group 1281 type bridge stp_state 0"},
		{vlan.New("v0").Parent("under").ID(0x123).Master("br0"), "> RTM_NEWLINK create,excl seq 0: v0 link if77 master if88 type vlan id 291"},
		{macvlan.New("m0").Parent("under").Mode(macvlan.Private), "> RTM_NEWLINK create,excl seq 0: m0 link if77 type macvlan mode private"},
		{veth.New("t0").MTU(1281).Up().Peer(veth.New("t 1").Index(9).MTU(1282)), "> RTM_NEWLINK create,excl seq 0: t0 mtu 1281 up type veth peer 't 1' index 9 mtu 1282"},
		{macsec.New("ms0").Parent("under").Encrypt(true), "> RTM_NEWLINK create,excl seq 0: ms0 link if77 type macsec encrypt on"},
		{wireguard.New("wg0").Up(), "> RTM_NEWLINK create,excl seq 0: wg0 up type wireguard"},
		{iplink.Raw("warp", "w0").Attr(3, []byte("secret")), "> RTM_NEWLINK create,excl seq 0: w0 type warp attr 3 (6 bytes)"},
	} {
		all := iplink.DescribeAll("", true, iplink.Requests(test.spec, indexes)[0])
		if len(all) != 1 {
			t.Errorf("%v: %d messages", test.spec, len(all))
			continue
		}
		// The flag echo depends on the kernel.
		if got := strings.Replace(all[0].String(), ",echo", "", 1); got != test.want {
			t.Errorf("%q\nwant %q", got, test.want)
		}
	}
}

// TestMessageWordsLater has the requests that follow a creation.
func TestMessageWordsLater(t *testing.T) {
	spec := bridge.New("t0").Index(7).Alias("it's\nme").AltName("other").Master("br0").PortSettings(bridge.Port().Isolated(true))
	var got []string
	for _, b := range iplink.Requests(spec, map[string]int{"br0": 88})[1:] {
		for _, m := range iplink.DescribeAll("", true, b) {
			got = append(got, m.String())
		}
	}
	text := strings.Join(got, "\n")
	for _, want := range []string{`> RTM_NEWLINKPROP create,excl seq 0: dev if7 altname other`, "type bridge_slave isolated on", `me`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "\n") + 1; n != len(got) {
		t.Errorf("%d lines for %d messages", n, len(got))
	}
}

func TestMessageString(t *testing.T) {
	for _, test := range []struct {
		m    iplink.Message
		want string
	}{
		{iplink.Message{Sent: true, Type: "RTM_GETLINK", Flags: "dump", Seq: 0x1234}, "> RTM_GETLINK dump seq 4660"},
		{iplink.Message{Type: "ack", Seq: 7}, "< ack seq 7"},
		{iplink.Message{NetNS: "blue", Type: "error", Seq: 8, Err: syscall.EEXIST}, "< [blue] error seq 8: file exists"},
		{iplink.Message{Sent: true, NetNS: "a\x1bb", Type: "x", Text: "t0 up"}, `> [a\x1bb] x seq 0: t0 up`},
	} {
		if got := test.m.String(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

// TestMessageError finds the errno in a refusal.
func TestMessageError(t *testing.T) {
	b, at := wire.BeginMessage(nil, uapi.NLMSG_ERROR, 0)
	b = wire.EndMessage(append(wire.Order.AppendUint32(b, ^uint32(17)+1), make([]byte, 16)...), at)
	all := iplink.DescribeAll("", false, b)
	if len(all) != 1 || all[0].Sent || !errors.Is(all[0].Err, fs.ErrExist) || !errors.Is(all[0].Err, syscall.EEXIST) {
		t.Errorf("%+v", all)
	}
}

// FuzzMessage puts any bytes into words: always one line, and of printable characters.
func FuzzMessage(f *testing.F) {
	families := []string{"", "wireguard", "macsec", "team", "fou", "gtp", "other"}
	for _, spec := range []iplink.Spec{vxlan.New("vx0").VNI(100).Port(4789), veth.New("t0").Peer(veth.New("t1")),
		bridge.New("t0").AltName("t1").Master("br0").PortSettings(bridge.Port().Isolated(true))} {
		for _, b := range iplink.Requests(spec, map[string]int{"br0": 88}) {
			f.Add(byte(0), true, b[4:8], b[16:])
		}
	}
	for typ := range byte(130) {
		f.Add(typ%6, typ%2 == 0, []byte{typ, 0, 1, 3}, make([]byte, typ))
		f.Add(typ%6, typ%2 == 0, []byte{typ, 0, 0, 0}, append(make([]byte, 16), 8, 0, typ, 0, 1, 2, 3, 4))
	}
	f.Fuzz(func(t *testing.T, family byte, sent bool, header, body []byte) {
		if len(header) < 4 {
			return
		}
		b, at := wire.BeginMessage(nil, wire.Order.Uint16(header), wire.Order.Uint16(header[2:]))
		b = wire.EndMessage(append(b, body...), at)
		for _, m := range iplink.DescribeAll(families[int(family)%len(families)], sent, b) {
			if text := m.String(); strings.ContainsAny(text, "\n\x1b") || !utf8.ValidString(text) {
				t.Errorf("%q", text)
			}
		}
	})
}
