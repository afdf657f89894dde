package iplink_test

import (
	"testing"

	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/veth"
)

// TestBridgeMTUStays gives a new bridge an MTU and a port of another, which a
// bridge whose MTU nobody has set would follow.
func TestBridgeMTUStays(t *testing.T) {
	c, ns := scratch(t)
	mustCreate(t, c,
		bridge.New("br0").MTU(1423).Up(),
		veth.New("a0").MTU(1357).Master("br0").Up().Peer(veth.New("b0").Up()))
	if mtu := ns.link("br0")["mtu"]; mtu != 1423.0 {
		t.Errorf("ip says the MTU is %v", mtu)
	}
	mustCreate(t, c, veth.New("a1").MTU(1300).Master("br0"))
	if mtu := ns.link("br0")["mtu"]; mtu != 1423.0 {
		t.Errorf("ip says the MTU is %v after another port", mtu)
	}
}
