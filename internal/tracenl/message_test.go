package tracenl

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/macsecnl"
	"github.com/iplink-go/iplink/internal/teamnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wgnl"
	"github.com/iplink-go/iplink/internal/wire"
)

// message returns a message with a body.
func message(typ, flags uint16, body []byte) wire.Message {
	return wire.Message{Header: wire.Header{Type: typ, Flags: flags | uapi.NLM_F_REQUEST}, Data: body}
}

// noLink spells no message about a link.
func noLink(b, _ []byte) []byte { return append(b, " a link"...) }

var otherMAC = net.HardwareAddr{2, 0x12, 0x34, 0x56, 0x78, 0x9a}

func TestRouteMessages(t *testing.T) {
	addr := &inet.Addr{Prefix: netip.MustParsePrefix("192.0.2.17/28"), Broadcast: netip.MustParseAddr("192.0.2.31"), Metric: 0x1234}
	route := &inet.Route{Dst: netip.MustParsePrefix("198.51.100.0/24"), Via: netip.MustParseAddr("192.0.2.18"), Metric: 0x1234}
	neigh := &inet.Neigh{Addr: netip.MustParseAddr("2001:db8::17"), LLAddr: otherMAC}
	entry := &fdbmsg.Message{Entry: &fdb.Entry{MAC: otherMAC, Dst: netip.MustParseAddr("192.0.2.18"), State: fdb.Permanent}, Index: 7, Flags: fdb.Self}
	for _, test := range []struct {
		typ, flags uint16
		body       []byte
		want       string
	}{
		{uapi.RTM_NEWADDR, 0x604, inetnl.AppendAddr(nil, addr, 7), "RTM_NEWADDR create,excl: 192.0.2.17/28 broadcast 192.0.2.31 metric 4660 dev if7"},
		{uapi.RTM_NEWROUTE, 0x504, inetnl.AppendRoute(nil, route, 7), "RTM_NEWROUTE create,replace: 198.51.100.0/24 via 192.0.2.18 metric 4660 dev if7"},
		{uapi.RTM_DELNEIGH, 4, inetnl.AppendNeigh(nil, neigh, 7), "RTM_DELNEIGH: 2001:db8::17 lladdr 02:12:34:56:78:9a nud permanent dev if7"},
		{uapi.RTM_NEWNEIGH, 0xc04, entry.Append(nil), "RTM_NEWNEIGH create,append: 02:12:34:56:78:9a dev if7 self permanent dst 192.0.2.18"},
		{uapi.RTM_GETADDR, 0x300, []byte{2, 0, 0, 0, 0, 0, 0, 0}, "RTM_GETADDR dump: inet"},
		{uapi.RTM_GETADDR, 0x300, []byte{1}, "RTM_GETADDR dump: (malformed)"},
		{uapi.RTM_NEWLINK, 0x604, nil, "RTM_NEWLINK create,excl: a link"},
		{uapi.RTM_NEWLINKPROP, 0x1000, nil, "RTM_NEWLINKPROP 0x1000: a link"},
		{222, 0, make([]byte, 17), "type 222: (17 bytes)"},
		{uapi.RTM_GETNSID, 0, wire.AppendU32(make([]byte, 4), uapi.NETNSA_FD, 9), "RTM_GETNSID: fd 9"},
		{uapi.RTM_GETNSID, 0, wire.AppendU32(make([]byte, 4), 77, 9), "RTM_GETNSID: attr 77 (4 bytes)"},
	} {
		d := Describe("", message(test.typ, test.flags, test.body), noLink)
		if got := strings.TrimSpace(d.Type+" "+d.Flags) + ": " + d.Text; got != test.want {
			t.Errorf("%q\nwant %q", got, test.want)
		}
	}
}

// TestBridgeMessages decodes what `bridge` of iproute2 sends for the commands.
func TestBridgeMessages(t *testing.T) {
	for _, test := range []struct {
		typ  uint16
		body string
		want string
	}{
		// bridge vlan add dev if7 vid 10 pvid untagged
		{uapi.RTM_SETLINK, "07000000 07000000 00000000 00000000 0c001a80 08000200 06000a00", "dev if7 vid 10 pvid,untagged"},
		// bridge vlan add dev if7 vid 18 tunnel_info id 4660
		{uapi.RTM_SETLINK, "07000000 07000000 00000000 00000000 20001a80 1c000380 08000100 34120000 06000200 12000000 06000300 00000000", "dev if7 tunnel_info id 4660 vid 18"},
		// bridge mdb add dev if7 port if9 grp 239.1.2.3 permanent vid 18
		{uapi.RTM_NEWMDB, "07000000 07000000 20000100 09000000 01001200 ef010203 00000000 00000000 00000000 08000000", "dev if7 port if9 grp 239.1.2.3 permanent vid 18"},
		// bridge vlan set dev if7 vid 18 state forwarding
		{uapi.RTM_NEWVLAN, "07000000 07000000 14000180 08000100 00001200 05000300 03000000", "dev if7 vlan vid 18 state 3"},
		// bridge vni add dev if7 vni 4660 group 239.1.2.3
		{uapi.RTM_NEWTUNNEL, "07000000 07000000 14000180 08000100 34120000 08000300 ef010203", "dev if7 vni 4660 group 239.1.2.3"},
	} {
		if got := Describe("", message(test.typ, 0, testutil.LittleEndian(t, test.body)), noLink).Text; got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestEnds(t *testing.T) {
	errno := func(n int32) []byte { return append(wire.Order.AppendUint32(nil, uint32(-n)), make([]byte, 16)...) }
	with := func(n int32, text string) []byte { return wire.AppendString(errno(n), uapi.NLMSGERR_ATTR_MSG, text) }
	const texts = uapi.NLM_F_CAPPED | uapi.NLM_F_ACK_TLVS
	for _, test := range []struct {
		m          wire.Message
		typ, text  string
		is         error
		errorsText string
	}{
		{wire.Message{Header: wire.Header{Type: uapi.NLMSG_ERROR, Flags: uapi.NLM_F_CAPPED}, Data: errno(0)}, "ack", "", nil, ""},
		{wire.Message{Header: wire.Header{Type: uapi.NLMSG_ERROR, Flags: texts}, Data: with(0, "take\ncare")}, "ack", `take\ncare`, nil, ""},
		{wire.Message{Header: wire.Header{Type: uapi.NLMSG_ERROR, Flags: texts}, Data: with(17, "Taken")}, "error", "", fs.ErrExist, "file exists (Taken)"},
		{wire.Message{Header: wire.Header{Type: uapi.NLMSG_DONE}, Data: errno(0)[:4]}, "done", "", nil, ""},
		{wire.Message{Header: wire.Header{Type: uapi.NLMSG_DONE}, Data: errno(90)[:4]}, "done", "", syscall.EMSGSIZE, "message too long"},
		{wire.Message{Header: wire.Header{Type: uapi.NLMSG_NOOP}}, "noop", "", nil, ""},
	} {
		d := Describe("", test.m, noLink)
		if d.Type != test.typ || d.Text != test.text || !errors.Is(d.Err, test.is) || d.Err != nil && d.Err.Error() != test.errorsText {
			t.Errorf("%+v, want %+v", d, test)
		}
	}
}

// TestKeys looks for keys in the words for requests that contain them.
func TestKeys(t *testing.T) {
	key := func(first byte) []byte {
		b := make([]byte, uapi.WG_KEY_LEN)
		for i := range b {
			b[i] = first + byte(i)
		}
		return b
	}
	private, preshared, cak, salt := key(0x41), key(0x61), key(0x81)[:16], key(0xa1)[:12]
	wg := wgnl.Change{Index: 7, Private: private, Port: new(uint16(4660)), Peers: []wgnl.PeerChange{{Public: wgnl.Key(key(1)), Preshared: preshared, Update: true,
		Endpoint: netip.MustParseAddrPort("[2001:db8::1%9]:51820"), Keepalive: new(uint16(25)), Allowed: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}}}}
	sa := macsecnl.AddSA(7, nil, macsecnl.SA{AN: 2, PN: 0x1234, Active: true, KeyID: [16]byte{0x12}, SSCI: 0x34, Key: cak, Salt: salt}, true)
	for _, test := range []struct {
		family string
		body   []byte
		keys   [][]byte
		want   string
	}{
		{uapi.WG_GENL_NAME, wg.Append(nil, 1), [][]byte{private, preshared}, "wireguard SET_DEVICE: dev if7 private-key (hidden) listen-port 4660 peer " +
			base64.StdEncoding.EncodeToString(key(1)) + " update-only preshared-key (hidden) endpoint [2001:db8::1%9]:51820 persistent-keepalive 25 allowed-ips 10.0.0.0/24"},
		{uapi.MACSEC_GENL_NAME, sa.Append(nil, 1), [][]byte{cak, salt}, "macsec ADD_TXSA: dev if7 sa 2 pn 4660 keyid 12000000000000000000000000000000 key (hidden) ssci 52 salt (hidden) on"},
	} {
		d := Describe(test.family, message(0x1d, uapi.NLM_F_ACK, test.body), noLink)
		got := d.Type + ": " + d.Text
		if got != test.want {
			t.Errorf("%q\nwant %q", got, test.want)
		}
		for _, key := range test.keys {
			wantHidden(t, fmt.Sprintf("%+v", d), key)
		}
		// On a socket of another family, nothing but numbers and lengths appears.
		for _, key := range test.keys {
			wantHidden(t, fmt.Sprintf("%+v", Describe("other", message(0x1d, 0, test.body), noLink)), key)
		}
	}
}

// wantHidden fails if a text contains a part of a key in any notation.
func wantHidden(t *testing.T, text string, key []byte) {
	t.Helper()
	for at := 0; at+6 <= len(key); at += 3 {
		part := key[at : at+6]
		for _, notation := range []string{string(part), fmt.Sprintf("%x", part), fmt.Sprintf("% x", part), base64.RawStdEncoding.EncodeToString(part)} {
			if strings.Contains(text, notation) {
				t.Errorf("%q contains %q of a key", text, notation)
			}
		}
	}
}

func TestGenericMessages(t *testing.T) {
	header := func(command byte, attrs []byte) []byte { return append([]byte{command, 1, 0, 0}, attrs...) }
	options := teamnl.AppendSet(nil, 7, teamnl.Option{Name: "mode", Value: "active backup", Index: -1},
		teamnl.Option{Name: "enabled", Value: true, Port: 9, Index: -1}, teamnl.Option{Name: "lb_hash", Value: uint32(0x1234), Index: 3})
	family := wire.AppendString(nil, uapi.CTRL_ATTR_FAMILY_NAME, "fou")
	port := wire.AppendAttr(nil, uapi.FOU_ATTR_PORT, []byte{0x12, 0x34})
	node := wire.AppendAttr(wire.AppendU32(nil, uapi.HSR_A_IFINDEX, 7), uapi.HSR_A_NODE_ADDR, []byte{2, 0x12, 0x34, 0x56, 0x78, 0x9a})
	for _, test := range []struct {
		family string
		typ    uint16
		flags  uint16
		body   []byte
		want   string
	}{
		{"team", 0x1e, 4, header(1, options), "team OPTIONS_SET: dev if7 option mode 'active backup' option enabled port if9 true option lb_hash index 3 4660"},
		{"fou", uapi.GENL_ID_CTRL, 0, header(3, family), "nlctrl GETFAMILY: fou"},
		{"fou", 0x1f, 0x300, header(3, port), "fou GET dump: port 4660"},
		{"fou", 0x1f, 0, header(9, wire.AppendU32(nil, 99, 1)), "fou command 9: attr 99 (4 bytes)"},
		{"fou", 0x1f, 0, []byte{1}, "fou: (malformed)"},
		{"HSR", 0x1f, 0, header(uapi.HSR_C_GET_NODE_STATUS, node), "HSR GET_NODE_STATUS: dev if7 node 02:12:34:56:78:9a"},
		{"batadv", 0x1f, 0, header(15, wire.AppendU32(wire.AppendU32(nil, uapi.BATADV_ATTR_MESH_IFINDEX, 7), uapi.BATADV_ATTR_ORIG_INTERVAL, 0x1234)),
			"batadv SET_MESH: meshif if7 orig_interval 4660"},
	} {
		d := Describe(test.family, message(test.typ, test.flags, test.body), noLink)
		if got := strings.TrimSpace(d.Type+" "+d.Flags) + ": " + d.Text; got != test.want {
			t.Errorf("%q\nwant %q", got, test.want)
		}
	}
}
