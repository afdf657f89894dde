package lab

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// The UDP ports of OverUDP.
const (
	fouPort = 0x1234
	guePort = 0x5678
)

// OverUDP reads the UDP headers around datagrams, and the headers of GUE in them.
func OverUDP[B TunnelBuilder[B]](t *testing.T, k Tunnel[B]) {
	testutil.NeedModule(t, "fou6")
	four, six := !k.over6(), k.over6()
	e := k.Connect(t, func(b B) B {
		return b.Encap(iplink.TunnelEncap{Type: iplink.TunnelEncapFOU, SourcePort: 0x4321, DestPort: fouPort, Checksum: four, Checksum6: six})
	}, as)
	e.receiveUDP(k.Protocol, six)
	e.wantsUDP("4321 1234", true)
	change := func(encap iplink.TunnelEncap) { Updated(t, e.Here, k.Left(TunnelName).Encap(encap)) }
	change(iplink.TunnelEncap{Type: iplink.TunnelEncapFOU, SourcePort: 0x3421, DestPort: fouPort, Checksum: six, Checksum6: four}) // of the other family
	e.wantsUDP("3421 1234", false)
	change(iplink.TunnelEncap{Type: iplink.TunnelEncapGUE, SourcePort: 0x5432, DestPort: guePort})
	if gue := e.wantsUDP("5432 5678", false); gue[0] != 0 || gue[1] != k.Protocol {
		t.Errorf("GUE % x, want version 0, no options, protocol %d", gue[:4], k.Protocol)
	}
	change(iplink.TunnelEncap{Type: iplink.TunnelEncapGUE, SourcePort: 0x4532, DestPort: guePort, Checksum: four, Checksum6: six, RemoteChecksum: true})
	e.wantsRemoteChecksum(e.wantsUDP("4532 5678", true), k.Protocol)
}

// receiveUDP makes the right end receive a protocol on fouPort, and GUE on guePort.
func (e *Ends) receiveUDP(protocol byte, six bool) {
	e.t.Helper()
	family := ""
	if six {
		family = " -6"
	}
	line := fmt.Sprintf("ip fou add port %d ipproto %d%s && ip fou add port %d gue%s", fouPort, protocol, family, guePort, family)
	if out, err := e.Right.Run("sh", "-c", line); err != nil {
		if !testutil.Matrix() && strings.Contains(out, "not permitted") {
			testutil.Skipf(e.t, "needs root of the first user namespace")
		}
		e.t.Fatalf("ip fou: %v %s", err, out)
	}
}

// wantsUDP demands the ports of the next datagram's outer header, and a checksum or none.
// It returns the bytes behind that header.
func (e *Ends) wantsUDP(ports string, sum bool) []byte {
	e.t.Helper()
	outer, udp := e.Through(testutil.Datagram{})
	if got := fmt.Sprintf("%x %x", udp[:2], udp[2:4]); outer.Protocol != unix.IPPROTO_UDP || got != ports {
		e.t.Errorf("protocol %d, ports %s, want UDP, %s", outer.Protocol, got, ports)
	}
	if has := udp[6] != 0 || udp[7] != 0; has != sum {
		e.t.Errorf("UDP % x, with a checksum: %v, want %v", udp[:8], has, sum)
	}
	return udp[8:]
}

// wantsRemoteChecksum demands that a GUE header leaves the checksum of the datagram to the
// receiver: the private flags of remote checksum offload, and where the checksum begins and
// where it belongs, in the bytes behind the header. A link that takes only packets with
// checksums has nothing to leave.
func (e *Ends) wantsRemoteChecksum(gue []byte, protocol byte) {
	e.t.Helper()
	features, err := e.Left.Run("ethtool", "-k", TunnelName)
	testutil.Must(e.t, err)
	if strings.Contains(features, "\ntx-checksumming: off") {
		if gue[0] != 0 || gue[1] != protocol {
			e.t.Errorf("GUE % x, want no options, protocol %d", gue[:4], protocol)
		}
		return
	}
	const words, private, remote = 2, 1, 1 << 31
	flags, rest := gue[:12], gue[12:]
	udp := bytes.Index(rest, []byte("<datagram")) - 8
	if flags[0] != words || flags[1] != protocol || binary.BigEndian.Uint16(flags[2:]) != private || binary.BigEndian.Uint32(flags[4:]) != remote {
		e.t.Errorf("GUE % x, want protocol %d and the private flag of remote checksums", flags, protocol)
	}
	if start, at := int(binary.BigEndian.Uint16(flags[8:])), int(binary.BigEndian.Uint16(flags[10:])); start != udp || at != udp+6 {
		e.t.Errorf("GUE % x: a checksum from %d on at %d, want %d, %d", flags, start, at, udp, udp+6)
	}
}
