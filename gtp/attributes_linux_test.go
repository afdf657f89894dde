package gtp_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/gtp"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
)

// TestAttributes makes contexts that differ in one attribute of the family, and compares
// the bytes that the kernel reports.
func TestAttributes(t *testing.T) {
	testutil.Need(t, iplink.KindGTP)
	conn, ns := lab.Scratch(t)
	lab.MustCreate(t, conn, gtp.New("first").FD1(socket(ns, "udp4", 0)), gtp.New("four").Sockets())
	four := testutil.OpenedLink(ns, "four", gtp.Open)
	const node, ms = "192.0.2.2", "10.0.0.1"
	of1 := func(local, peer uint32) gtp.PDP { return v1(local, peer, node, ms) }
	proves := func(typ uint16, a, b gtp.PDP, first, second []byte) func(*testing.T) {
		return func(t *testing.T) {
			prove(t, ns, four, typ, a, first)
			prove(t, ns, four, typ, b, second)
		}
	}
	one, six := of1(7, 8), [2]string{"2001:db8:1234:5678::", "2001:db8:8765:4321::"}
	testutil.ProveEach(t, uapi.GTPA_FAMILY, map[uint16]testutil.Attribute{
		uapi.GTPA_LINK: {Name: "GTPA_LINK", Oracle: "ip", Prove: func(t *testing.T) {
			prove(t, ns, four, uapi.GTPA_LINK, one, index(ns, "four"))
			prove(t, ns, testutil.OpenedLink(ns, "first", gtp.Open), uapi.GTPA_LINK, one, index(ns, "first"))
		}},
		uapi.GTPA_VERSION:      {Name: "GTPA_VERSION", Oracle: "bytes", Prove: proves(uapi.GTPA_VERSION, one, v0(7, 8, node, ms), le32(1), le32(0))},
		uapi.GTPA_TID:          {Name: "GTPA_TID", Oracle: "bytes", Prove: proves(uapi.GTPA_TID, v0(0x123456789abcdef0, 8, node, ms), v0(0x0fedcba987654321, 8, node, ms), le64(0x123456789abcdef0), le64(0x0fedcba987654321))},
		uapi.GTPA_FLOW:         {Name: "GTPA_FLOW", Oracle: "bytes", Prove: proves(uapi.GTPA_FLOW, v0(7, 0x1234, node, ms), v0(7, 0x4321, node, ms), []byte{0x34, 0x12}, []byte{0x21, 0x43})},
		uapi.GTPA_I_TEI:        {Name: "GTPA_I_TEI", Oracle: "bytes", Prove: proves(uapi.GTPA_I_TEI, of1(0x12345678, 8), of1(0x87654321, 8), le32(0x12345678), le32(0x87654321))},
		uapi.GTPA_O_TEI:        {Name: "GTPA_O_TEI", Oracle: "bytes", Prove: proves(uapi.GTPA_O_TEI, of1(7, 0x12345678), of1(7, 0x87654321), le32(0x12345678), le32(0x87654321))},
		uapi.GTPA_PEER_ADDRESS: {Name: "GTPA_PEER_ADDRESS", Oracle: "bytes", Prove: proves(uapi.GTPA_PEER_ADDRESS, v1(7, 8, "192.0.2.17", ms), v1(7, 8, "198.51.100.3", ms), []byte{192, 0, 2, 17}, []byte{198, 51, 100, 3})},
		uapi.GTPA_MS_ADDRESS:   {Name: "GTPA_MS_ADDRESS", Oracle: "bytes", Prove: proves(uapi.GTPA_MS_ADDRESS, v1(7, 8, node, "10.1.2.3"), v1(7, 8, node, "10.3.2.1"), []byte{10, 1, 2, 3}, []byte{10, 3, 2, 1})},
		uapi.GTPA_MS_ADDR6:     {Name: "GTPA_MS_ADDR6", Since: [2]int{6, 10}, Oracle: "bytes", Prove: proves(uapi.GTPA_MS_ADDR6, v1(7, 8, node, six[0]), v1(7, 8, node, six[1]), lab.Addr(six[0]).AsSlice(), lab.Addr(six[1]).AsSlice())},
		uapi.GTPA_FAMILY:       {Name: "GTPA_FAMILY", Since: [2]int{6, 10}, Oracle: "bytes", Prove: proves(uapi.GTPA_FAMILY, v1(7, 8, node, six[0]), one, []byte{uapi.AF_INET6}, []byte{uapi.AF_INET})},
		uapi.GTPA_PEER_ADDR6: {Name: "GTPA_PEER_ADDR6", Since: [2]int{6, 10}, Oracle: "bytes", Prove: func(t *testing.T) {
			lab.MustCreate(t, conn, gtp.New("six").FD1(socket(ns, "udp6", 0)))
			over6 := testutil.OpenedLink(ns, "six", gtp.Open)
			for _, peer := range []string{"2001:db8::1234", "2001:db8::4321"} {
				prove(t, ns, over6, uapi.GTPA_PEER_ADDR6, v1(7, 8, peer, ms), lab.Addr(peer).AsSlice())
			}
		}},
		uapi.GTPA_NET_NS_FD: {Name: "GTPA_NET_NS_FD", Unused: "the netlink socket is in the namespace of the link"},
		uapi.GTPA_PAD:       {Name: "GTPA_PAD", Unused: "it has no value"},
	})
}

// prove adds a context, compares an attribute of it with bytes, reads it and deletes it.
func prove(t *testing.T, ns *testutil.Lab, d *gtp.Device, typ uint16, p gtp.PDP, want []byte) {
	t.Helper()
	testutil.Must(t, d.AddPDP(t.Context(), p))
	if got := testutil.RawGeneric(ns, uapi.GTP_GENL_NAME, uapi.GTP_CMD_GETPDP, nil, typ); len(got) != 1 || !bytes.Equal(got[0], want) {
		t.Errorf("attribute %d of %v is % x, want % x", typ, p, got, want)
	}
	wants(t, d, p)
	testutil.Must(t, d.DeletePDP(t.Context(), gtp.PDP{Version: p.Version, LocalTEI: p.LocalTEI, TID: p.TID}))
	wants(t, d)
}

// wants compares the contexts of a link, which are in the order of their numbers.
func wants(t *testing.T, d *gtp.Device, want ...gtp.PDP) {
	t.Helper()
	got, err := d.PDPs(t.Context())
	testutil.Must(t, err)
	slices.SortFunc(got, func(a, b gtp.PDP) int { return a.MS.Compare(b.MS) })
	if !slices.Equal(got, want) {
		t.Errorf("contexts %v, want %v", got, want)
	}
}

func index(ns *testutil.Lab, name string) []byte {
	return le32(uint32(ns.Link(name)["ifindex"].(float64)))
}

func le32(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

func le64(n uint64) []byte { return binary.LittleEndian.AppendUint64(nil, n) }
