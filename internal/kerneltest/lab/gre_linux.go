package lab

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// InGRE reads the fields of GRE around datagrams: keys, sequence numbers and checksums, all
// and none of them. inner is the protocol of the packets in GRE.
func InGRE[B interface {
	TunnelBuilder[B]
	WithKeys[B]
}](t *testing.T, k Tunnel[B], inner uint16) {
	all := func(b B) B { return b.ISeq(true).OSeq(true).ICsum(true).OCsum(true) }
	e := k.Connect(t, func(b B) B { return all(b).OKey(0x1234).IKey(0x87654321) }, func(b B) B { return all(b).OKey(0x87654321).IKey(0x1234) })
	// The sender, not the hardware, computes the checksum.
	if out, err := e.Left.Run("ethtool", "-K", "eth0", "tx", "off"); err != nil {
		t.Fatalf("ethtool: %v %s", err, out)
	}
	const flags = testutil.GRECsum | testutil.GREKey | testutil.GRESeq
	first, second := e.wantsGRE(flags, inner, 0x1234), e.wantsGRE(flags, inner, 0x1234)
	if second <= first {
		t.Errorf("sequence number %d after %d", second, first)
	}
	none := func(b B) B { return b.ISeq(false).OSeq(false).ICsum(false).OCsum(false) }
	Updated(t, e.Here, none(k.Left(TunnelName)).OKey(0x43218765))
	Updated(t, e.There, none(k.Right(TunnelName)).IKey(0x43218765))
	e.wantsGRE(testutil.GREKey, inner, 0x43218765)
	Updated(t, e.Here, k.Left(TunnelName).NoKey())
	Updated(t, e.There, k.Right(TunnelName).NoKey())
	e.wantsGRE(0, inner, 0)
}

// wantsGRE demands the flags, the protocol, the key and a right checksum, if there is one,
// of the next datagram's header, and returns the sequence number.
func (e *Ends) wantsGRE(flags, inner uint16, key uint32) uint32 {
	e.t.Helper()
	_, packet := e.Through(testutil.Datagram{})
	got, _ := testutil.ParseGRE(packet)
	if got.Flags != flags || got.Protocol != inner || got.Key != key {
		e.t.Errorf("GRE %+v, want flags %#x, protocol %#x, key %#x", got, flags, inner, key)
	}
	if sum := testutil.InternetSum(packet); flags&testutil.GRECsum != 0 && sum != 0xffff {
		e.t.Errorf("the checksum of % x is wrong: %#x", packet, sum)
	}
	return got.Seq
}

// Mirrored reads the headers of ERSPAN before datagrams, of both versions. The left end
// of the tunnel sends with the session ID 0x123.
func Mirrored[B Mirroring[B]](t *testing.T, k Tunnel[B]) {
	e := k.Connect(t, func(b B) B { return b.SessionIndex(0x12345) },
		func(b B) B { return b.SessionIndex(0x54321) })
	e.wantsERSPAN(0x88be, testutil.ERSPANHeader{Version: 1, Session: 0x123, Index: 0x12345})
	Updated(t, e.Here, k.Left(TunnelName).Version(2).Direction(iplink.ERSPANEgress).HWID(33))
	Updated(t, e.There, k.Right(TunnelName).Version(2))
	e.wantsERSPAN(0x22eb, testutil.ERSPANHeader{Version: 2, Session: 0x123, Egress: true, HWID: 33})
	Updated(t, e.Here, k.Left(TunnelName).Direction(iplink.ERSPANIngress).HWID(17).OKey(0x213))
	Updated(t, e.There, k.Right(TunnelName).IKey(0x213))
	e.wantsERSPAN(0x22eb, testutil.ERSPANHeader{Version: 2, Session: 0x213, HWID: 17})
}

// wantsERSPAN demands the header of the next datagram's frame, and before it a header of
// GRE with a sequence number only.
func (e *Ends) wantsERSPAN(protocol uint16, want testutil.ERSPANHeader) {
	e.t.Helper()
	_, packet := e.Through(testutil.Datagram{})
	outer, rest := testutil.ParseGRE(packet)
	if outer.Flags != testutil.GRESeq || outer.Protocol != protocol {
		e.t.Errorf("GRE %+v, want flags %#x, protocol %#x", outer, testutil.GRESeq, protocol)
	}
	if got, _ := testutil.ParseERSPAN(rest); got != want {
		e.t.Errorf("ERSPAN %+v, want %+v", got, want)
	}
}
