package iplink_test

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/tun"
)

func TestTunSettings(t *testing.T) {
	subject[*tun.Builder]{
		kind: iplink.KindTun,
		rows: iplink.KindRows(iplink.KindTun),
		start: func(bool) (*tun.Builder, iplink.Spec) {
			v := tun.NewTap(link)
			return v, v
		},
		settings: []setting[*tun.Builder]{
			set(uapi.IFLA_TUN_TYPE, tunType, tun.Ethernet, tun.IP, "Info.Type", inData("type", "tap", "tun")),
			set(uapi.IFLA_TUN_OWNER, (*tun.Builder).Owner, 0x1234, 0x4321, "Info.Owner", inData("user", 4660, 17185)),
			set(uapi.IFLA_TUN_GROUP, (*tun.Builder).OwnerGroup, 0x1234, 0x4321, "Info.Group", inData("group", 4660, 17185)),
			present(uapi.IFLA_TUN_PI, (*tun.Builder).PI, "Info.PI", inData("pi", true, nil)),
			present(uapi.IFLA_TUN_VNET_HDR, (*tun.Builder).VNetHdr, "Info.VNetHdr", inData("vnet_hdr", true, nil)),
			present(uapi.IFLA_TUN_MULTI_QUEUE, (*tun.Builder).MultiQueue, "Info.MultiQueue", inData("multi_queue", true, nil)),
			present(uapi.IFLA_TUN_PERSIST, (*tun.Builder).Persist, "Info.Persist", inData("persist", true, nil)),
		},
	}.test(t)
}

// tunType sets the type, which otherwise comes with the builder.
func tunType(v *tun.Builder, of iplink.TunType) *tun.Builder {
	v.Own(v).Info.(*iplink.TunInfo).Type = of
	return v
}
