package iplink_test

import (
	"testing"

	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/ipvtap"
)

func TestIPvlanEncoding(t *testing.T) {
	encoded(t, ipvlan.New("a").Mode(ipvlan.L3S).Flags(ipvlan.VEPA), "0600010002000000 0600020002000000")
	encoded(t, ipvtap.New("a").Mode(ipvtap.L2).Flags(ipvtap.Private), "0600010000000000 0600020001000000")
}

func TestIPvlanRefusals(t *testing.T) {
	mac := []byte{2, 0, 0, 0, 0x12, 0x34}
	for _, r := range []badSpec{
		{spec: ipvlan.New("a").Mode(ipvlan.L2), message: "link: a ipvlan sits on another link: name it with Parent"},
		{spec: ipvtap.New("a").Mode(ipvtap.L2), message: "link: a ipvtap sits on another link: name it with Parent"},
		{spec: ipvlan.New("a").Parent("b").Mode(3), message: "mode: 3 is none of l2, l3, l3s"},
		{spec: ipvlan.New("a").Parent("b").Flags(3), message: "flags: 3 is none of bridge, private, vepa"},
		{spec: ipvlan.New("a").Parent("b").Address(mac), message: "address: an ipvlan has the address of its parent"},
		{spec: ipvtap.New("a").Address(mac), op: "update", message: "address: an ipvlan has the address of its parent"},
	} {
		r.test(t)
	}
}
