package iplink_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/mdlayher/netlink"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// rowsOf are the rows of a table, what the library says of one, and how a request
// carries it.
type rowsOf struct {
	rows    []attr.Row
	refuse  func(attr.Row, []byte) error
	request func(attr.Row, []byte) []byte
	before  []string // commands of `ip`
	undo    []string // commands of `ip` after a request that the kernel takes
}

// TestRefusalErrno hands the kernel what the library refuses: if the kernel
// refuses it too, the library's error must match its errno.
func TestRefusalErrno(t *testing.T) {
	for _, kind := range []string{iplink.KindBond, iplink.KindBridge, iplink.KindIPvlan, iplink.KindIPvtap, iplink.KindMACsec,
		iplink.KindMacvlan, iplink.KindMacvtap, iplink.KindVLAN, iplink.KindVXLAN} {
		t.Run(kind, func(t *testing.T) {
			testutil.Need(t, kind)
			compareErrnos(t, rowsOf{
				rows:   iplink.KindRows(kind),
				refuse: func(r attr.Row, b []byte) error { return iplink.KindRefusal(kind, r, b) },
				request: func(r attr.Row, b []byte) []byte {
					return linkRequest(kind, nil, wire.AppendAttr(dataFor(kind, r), r.Type, b))
				},
				undo: []string{"link delete t0"},
			})
		})
	}
	for _, kind := range []string{iplink.KindBond, iplink.KindBridge} {
		t.Run("port of a "+kind, func(t *testing.T) {
			testutil.Need(t, kind)
			compareErrnos(t, rowsOf{
				rows:    iplink.PortRows(kind),
				refuse:  func(r attr.Row, b []byte) error { return iplink.PortRefusal(kind, r, b) },
				request: func(r attr.Row, b []byte) []byte { return portRequest(kind, wire.AppendAttr(nil, r.Type, b)) },
				before:  []string{"link add m0 type " + kind, "link set under master m0"},
			})
		})
	}
	t.Run("common", func(t *testing.T) {
		testutil.Need(t, iplink.KindBridge)
		compareErrnos(t, rowsOf{
			rows:   iplink.CommonRows(),
			refuse: iplink.CommonRefusal,
			request: func(r attr.Row, b []byte) []byte {
				return linkRequest(iplink.KindBridge, wire.AppendAttr(nil, r.Type, b), nil)
			},
			undo: []string{"link delete t0"},
		})
	})
}

// compareErrnos tries each row with payloads that are odd for many of them.
func compareErrnos(t *testing.T, of rowsOf) {
	ns := testutil.NetNS(t)
	testutil.IPBatch(t, ns, append([]string{fmt.Sprintf("link add under index %d type veth peer name under1", parentIndex)}, of.before...)...)
	for _, row := range of.rows {
		for _, payload := range odd(row.Format) {
			refused := of.refuse(row, payload)
			if refused == nil || !row.Settable() {
				continue
			}
			kernel := sendRaw(t, ns, of.request(row, payload))
			switch {
			case kernel == 0:
				testutil.IPBatch(t, ns, of.undo...)
			case row.Name == "offload" && kernel == syscall.EOPNOTSUPP: // older kernels ask the parent first
			case !errors.Is(refused, kernel) || !errors.Is(refused, fs.ErrInvalid):
				t.Errorf("%s % x: the kernel says %v (%d), the library %v", row.Name, payload, kernel, int(kernel), refused)
			}
		}
	}
}

// odd returns payloads of a format, the most that fits and others.
func odd(format string) [][]byte {
	n := map[string]int{"u8": 1, "s8": 1, "u16": 2, "be16": 2, "u32": 4, "be32": 4, "s32": 4, "u64": 8}[strings.TrimPrefix(format, "enum ")]
	if n == 0 {
		return nil
	}
	var high []byte
	if n > 1 {
		high = append(make([]byte, n-2), 0x7f, 0xff)
		if !strings.HasPrefix(format, "be") {
			high = append([]byte{0xff, 0x7f}, make([]byte, n-2)...)
		}
	}
	return [][]byte{make([]byte, n), bytes.Repeat([]byte{0xff}, n), bytes.Repeat([]byte{0x20}, n), high}
}

const parentIndex = 77

// dataFor returns the attributes that a kind, or the row, cannot do without.
func dataFor(kind string, row attr.Row) []byte {
	switch {
	case kind == iplink.KindVLAN:
		return wire.AppendU16(nil, uapi.IFLA_VLAN_ID, 7)
	case kind == iplink.KindBond && (row.Name == "lacp_rate" || strings.HasPrefix(row.Name, "ad_")):
		return wire.AppendU8(nil, uapi.IFLA_BOND_MODE, uint8(iplink.Bond8023AD))
	}
	return nil
}

// linkRequest returns the request for a link t0 with attributes of the link's and
// of the kind's.
func linkRequest(kind string, common, data []byte) []byte {
	b := wire.AppendLink(nil, wire.Link{})
	b = wire.AppendString(b, uapi.IFLA_IFNAME, "t0")
	if kind != iplink.KindBridge && kind != iplink.KindBond && kind != iplink.KindVXLAN {
		b = wire.AppendU32(b, uapi.IFLA_LINK, parentIndex)
	}
	b = append(b, common...)
	b, info := wire.Begin(b, uapi.IFLA_LINKINFO)
	b = wire.AppendText(b, uapi.IFLA_INFO_KIND, kind)
	b, nest := wire.Begin(b, uapi.IFLA_INFO_DATA)
	return wire.End(wire.End(append(b, data...), nest), info)
}

// portRequest returns the request for the parent to have attributes of its
// master's.
func portRequest(kind string, data []byte) []byte {
	b := wire.AppendLink(nil, wire.Link{Index: parentIndex})
	b, info := wire.Begin(b, uapi.IFLA_LINKINFO)
	b = wire.AppendText(b, uapi.IFLA_INFO_SLAVE_KIND, kind)
	b, nest := wire.Begin(b, uapi.IFLA_INFO_SLAVE_DATA)
	return wire.End(wire.End(append(b, data...), nest), info)
}

// sendRaw has the kernel carry a request out, and returns the errno.
func sendRaw(t *testing.T, ns *os.File, request []byte) (errno syscall.Errno) {
	t.Helper()
	var err error
	testutil.In(t, ns, func() {
		var conn *netlink.Conn
		if conn, err = netlink.Dial(0, nil); err != nil {
			return
		}
		defer conn.Close()
		_, err = conn.Execute(netlink.Message{
			Header: netlink.Header{Type: uapi.RTM_NEWLINK, Flags: netlink.Request | netlink.Acknowledge | netlink.Create},
			Data:   request,
		})
	})
	if err != nil && !errors.As(err, &errno) {
		t.Fatal(err)
	}
	return errno
}
