package iplinktest_test

import (
	"testing"

	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/iplinktest"
	"github.com/iplink-go/iplink/veth"
)

// TestUplink is what a program's own test looks like. It makes its links in a
// namespace of its own: it needs no privilege, and meets no link of the machine
// or of another test.
func TestUplink(t *testing.T) {
	t.Parallel()
	conn := iplinktest.Dial(t, iplinktest.NetNS(t))
	links, err := conn.Create(t.Context(),
		bridge.New("br0").Up(),
		veth.New("uplink0").Master("br0").MTU(1400).Up().Peer(veth.New("uplink1").Up()))
	if err != nil {
		t.Fatal(err)
	}
	br0, uplink := links[0], links[1]
	if uplink.Master != br0.Index || uplink.MTU != 1400 {
		t.Errorf("uplink0 has master %d and MTU %d", uplink.Master, uplink.MTU)
	}
}

// TestSwitch compares what is there in the end with testdata/switch.golden.
func TestSwitch(t *testing.T) {
	iplinktest.NoLeaks(t)
	iplinktest.Need(t, "bridge")
	ns := iplinktest.NetNS(t)
	iplinktest.Create(t, ns, bridge.New("br0").Up(), veth.New("uplink0").Master("br0").Up().Peer(veth.New("uplink1")))
	iplinktest.Golden(t, "testdata/switch.golden", ns)
}
