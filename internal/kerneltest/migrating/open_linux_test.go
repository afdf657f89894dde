package migrating_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/fou"
	"github.com/iplink-go/iplink/gtp"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/wireguard"
)

// open opens the links that the code uses, once.
func (r *run) open() {
	r.Helper()
	v := &r.v
	var err error
	if r.uses("br") && v.br == nil {
		v.br, err = bridge.Open(r.Context(), "br0")
		r.opened(v.br, err)
	}
	if r.uses("wg") && v.wg == nil {
		v.wg, err = wireguard.Open(r.Context(), "wg0")
		r.opened(v.wg, err)
	}
	if r.uses("mobiles") && v.mobiles == nil {
		r.verb(gtp.New("gtp0").Sockets(), false)
		v.mobiles, err = gtp.Open(r.Context(), "gtp0")
		r.opened(v.mobiles, err)
	}
	if r.uses("ports") && v.ports == nil {
		r.openPorts()
	}
}

// opened closes an opened link when the test ends.
func (r *run) opened(link interface{ Close() error }, err error) {
	r.Helper()
	testutil.Must(r, err)
	r.Cleanup(func() { link.Close() })
}

// openPorts opens the ports of fou, whose module the kernel does not load.
func (r *run) openPorts() {
	r.Helper()
	conn, err := fou.Open(r.Context())
	if errors.Is(err, errors.ErrUnsupported) && !testutil.Matrix() {
		testutil.Skipf(r, "this kernel has no fou")
	}
	r.opened(conn, err)
	if err := conn.Delete(r.Context(), fou.Port{Port: 1}); errors.Is(err, fs.ErrPermission) && !testutil.Matrix() {
		testutil.Skipf(r, "needs root of the first user namespace")
	}
	r.v.ports = conn
}

// keys sets the keys of WireGuard.
func (r *run) keys() {
	r.Helper()
	var err error
	r.v.private, err = wireguard.ParsePrivateKey(privateText)
	testutil.Must(r, err)
	r.v.public, err = wireguard.ParseKey(publicText)
	testutil.Must(r, err)
	r.v.text = otherText
}

func (r *run) addr(text string) netip.Addr { return lab.Addr(text) }

// contexts returns the contexts of GTP of the namespace, in words.
func (r *run) contexts() string {
	r.Helper()
	const list, localTEI, peerTEI = 2, 8, 9 // GTP_CMD_GETPDP, GTPA_I_TEI, GTPA_O_TEI
	var lines []string
	peers := testutil.RawGeneric(r.Lab, "gtp", list, nil, peerTEI)
	for i, tei := range testutil.RawGeneric(r.Lab, "gtp", list, nil, localTEI) {
		lines = append(lines, fmt.Sprintf("local %d peer %d\n", binary.NativeEndian.Uint32(tei), binary.NativeEndian.Uint32(peers[i])))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}
