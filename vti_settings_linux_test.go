package iplink_test

import (
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/vti"
	"github.com/iplink-go/iplink/vti6"
)

func vtiSettings[B vtiBuilder[B]](t *testing.T, kind string, build func(string) B, local, remote, first, second string) {
	ends := endSettings[B](uapi.IFLA_VTI_LOCAL, uapi.IFLA_VTI_REMOTE, uapi.IFLA_VTI_LINK, uapi.IFLA_VTI_FWMARK, first, second)
	endsSubject(t, kind, build, local, remote, slices.Concat(ends, []setting[B]{
		set(uapi.IFLA_VTI_IKEY, B.IKey, 0x1234, 0x87654321, "Info.IKey", inData("ikey", "0.0.18.52", "135.101.67.33")),
		set(uapi.IFLA_VTI_OKEY, B.OKey, 0x1234, 0x87654321, "Info.OKey", inData("okey", "0.0.18.52", "135.101.67.33")),
		set(uapi.IFLA_VTI_IKEY, B.Key, 0x123, 0x4321, "Info.IKey", inData("ikey", "0.0.1.35", "0.0.67.33")).variant("key"),
		set(uapi.IFLA_VTI_OKEY, B.Key, 0x123, 0x4321, "Info.OKey", inData("okey", "0.0.1.35", "0.0.67.33")).variant("key"),
	}))
}

func TestVTISettings(t *testing.T) {
	vtiSettings(t, iplink.KindVTI, vti.New, local4, remote4, first4, second4)
}

func TestVTI6Settings(t *testing.T) {
	vtiSettings(t, iplink.KindVTI6, vti6.New, local6, remote6, first6, second6)
}
