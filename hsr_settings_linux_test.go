package iplink_test

import (
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/hsr"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
)

// Linux 6.12 does not report Version and Interlink: tests of package hsr look for them in
// frames and at the port.
var hsrUnreported = []uint16{uapi.IFLA_HSR_VERSION, uapi.IFLA_HSR_INTERLINK}

func TestHSRSettings(t *testing.T) {
	s := subject[*hsr.Builder]{
		kind: iplink.KindHSR,
		rows: iplink.KindRows(iplink.KindHSR),
		prepare: []string{"link add under index 77 type dummy", "link add other index 78 type dummy",
			"link add third index 79 type dummy", "link add fourth index 80 type dummy"},
		start: func(bool) (*hsr.Builder, iplink.Spec) {
			b := hsr.New(link)
			return b, b
		},
		settings: hsrSettings,
	}
	if testutil.Older(t, 7, 3) {
		s.rows = slices.DeleteFunc(s.rows, func(r attr.Row) bool { return slices.Contains(hsrUnreported, r.Type) })
		s.settings = slices.DeleteFunc(slices.Clone(s.settings), func(x setting[*hsr.Builder]) bool { return slices.Contains(hsrUnreported, x.row) })
	}
	s.test(t)
}

var hsrSettings = []setting[*hsr.Builder]{
	set(uapi.IFLA_HSR_SLAVE1, (*hsr.Builder).Slave1, "under", "other", "Info.Slave1", inData("slave1", "under", "other")).
		needs(func(b *hsr.Builder) { b.Slave2("third") }).reads(77, 78),
	set(uapi.IFLA_HSR_SLAVE1, (*hsr.Builder).Slave1Index, 77, 78, "Info.Slave1", inData("slave1", "under", "other")).
		needs(func(b *hsr.Builder) { b.Slave2("third") }).variant("index"),
	set(uapi.IFLA_HSR_SLAVE2, (*hsr.Builder).Slave2, "under", "other", "Info.Slave2", inData("slave2", "under", "other")).
		needs(func(b *hsr.Builder) { b.Slave1("third") }).reads(77, 78),
	set(uapi.IFLA_HSR_SLAVE2, (*hsr.Builder).Slave2Index, 77, 78, "Info.Slave2", inData("slave2", "under", "other")).
		needs(func(b *hsr.Builder) { b.Slave1("third") }).variant("index"),
	set(uapi.IFLA_HSR_INTERLINK, (*hsr.Builder).Interlink, "third", "fourth", "Info.Interlink",
		rawData([]byte{79, 0, 0, 0}, []byte{80, 0, 0, 0}, uapi.IFLA_HSR_INTERLINK)).needs(hsrSlaves).reads(79, 80),
	set(uapi.IFLA_HSR_INTERLINK, (*hsr.Builder).InterlinkIndex, 79, 80, "Info.Interlink",
		rawData([]byte{79, 0, 0, 0}, []byte{80, 0, 0, 0}, uapi.IFLA_HSR_INTERLINK)).needs(hsrSlaves).variant("index"),
	set(uapi.IFLA_HSR_MULTICAST_SPEC, (*hsr.Builder).Supervision, 0x2d, 0x71, "Info.Supervision",
		inData("supervision_addr", "01:15:4e:00:01:2d", "01:15:4e:00:01:71")).needs(hsrSlaves),
	set(uapi.IFLA_HSR_VERSION, (*hsr.Builder).Version, 1, 0, "Info.Version",
		rawData([]byte{1}, []byte{0}, uapi.IFLA_HSR_VERSION)).needs(hsrSlaves),
	set(uapi.IFLA_HSR_PROTOCOL, (*hsr.Builder).Protocol, hsr.PRP, hsr.HSR, "Info.Protocol", inData("proto", 1, 0)).needs(hsrSlaves),
}

func hsrSlaves(b *hsr.Builder) { b.Slave1("under").Slave2("other") }
