package lab

import (
	"fmt"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

// mark is the mark of Marked.
const mark = 0x12345678

// Marked sends datagrams through a tunnel whose outer packets have a route only with a
// mark.
func Marked[B TunnelBuilder[B]](t *testing.T, k Tunnel[B]) {
	e := k.Connect(t, func(b B) B { return b.FwMark(mark) }, as)
	e.Through(testutil.Datagram{}) // which also finds the neighbour
	ByMark(e.Left, k.over6(), mark)
	e.Through(testutil.Datagram{})
	Updated(t, e.Here, k.Left(TunnelName).FwMark(mark+1))
	e.Lost(testutil.Datagram{})
	Updated(t, e.Here, k.Left(TunnelName).FwMark(mark))
	e.Through(testutil.Datagram{})
}

// MarkedInside is Marked for a tunnel whose outer packets have the marks of the inner ones.
func MarkedInside[B TunnelOver6[B]](t *testing.T, k Tunnel[B]) {
	e := k.Connect(t, func(b B) B { return b.FwMark(mark) }, as)
	e.Through(testutil.Datagram{})
	ByMark(e.Left, true, mark)
	Updated(t, e.Here, k.Left(TunnelName).FwMark(0).FwMarkInherit())
	e.Lost(testutil.Datagram{})
	e.Through(testutil.Datagram{Mark: mark})
}

// ByMark lets only packets with a mark leave by the cable: their route is in a table of
// their own.
func ByMark(ns *testutil.Lab, six bool, mark uint32) {
	ns.Helper()
	family, prefix := "-4", "192.0.2.0/24"
	if six {
		family, prefix = "-6", "2001:db8::/64"
	}
	ns.IP(fmt.Sprintf("%s rule add fwmark %#x lookup 77", family, mark))
	ns.IP(fmt.Sprintf("%s route add %s dev eth0 table 77", family, prefix))
	ns.IP(fmt.Sprintf("%s route del %s dev eth0 table main", family, prefix))
}
