package iplink_test

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/xfrm"
)

func TestXfrmSettings(t *testing.T) {
	numbered := func(x *xfrm.Builder) { x.IfID(7) }
	subject[*xfrm.Builder]{
		kind:    iplink.KindXfrm,
		rows:    iplink.KindRows(iplink.KindXfrm),
		prepare: underlays,
		start: func(bool) (*xfrm.Builder, iplink.Spec) {
			x := xfrm.New(link).IfID(9)
			return x, x
		},
		settings: []setting[*xfrm.Builder]{
			set(uapi.IFLA_XFRM_IF_ID, (*xfrm.Builder).IfID, 0x12345678, 0x7654321, "Info.IfID", inData("if_id", "0x12345678", "0x7654321")),
			set(uapi.IFLA_XFRM_IF_ID, (*xfrm.Builder).IfID, 0x1234, 0x4321, "Info.IfID", inData("if_id", "0x1234", "0x4321"),
				inLink("link", "other", "other")).needs(func(x *xfrm.Builder) { x.Dev("other") }).variant("dev"),
			set(uapi.IFLA_XFRM_LINK, (*xfrm.Builder).Dev, "under", "other", "Info.Dev", inLink("link", "under", "other")).
				needs(numbered).reads(77, 78),
			set(uapi.IFLA_XFRM_LINK, (*xfrm.Builder).DevIndex, 77, 78, "Info.Dev", inLink("link", "under", "other")).variant("index"),
			present(uapi.IFLA_XFRM_COLLECT_METADATA, xfrmExternal, "Info.External", mentioned("external")),
		},
	}.test(t)
}

// xfrmExternal takes back the number that the link of each test has.
func xfrmExternal(x *xfrm.Builder) *xfrm.Builder {
	x.Own(x).Set.Remove(uapi.IFLA_XFRM_IF_ID)
	return x.External()
}
