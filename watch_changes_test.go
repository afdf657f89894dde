package iplink

import (
	"slices"
	"testing"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// description is the payload of a message about a bridge that is a port of a
// bridge.
type description struct {
	flags                                  uint32
	mtu, unknown, rx, ageing, timer        uint32
	infoUnknown, cost, holdTimer, reasmLen uint32
	genMode                                uint8
	noAlias                                bool
}

func (d description) link() *Link {
	b := wire.AppendLink(nil, wire.Link{Index: 7, Flags: d.flags})
	b = wire.AppendString(b, uapi.IFLA_IFNAME, "br7")
	b = wire.AppendU32(b, uapi.IFLA_MTU, d.mtu)
	if !d.noAlias {
		b = wire.AppendString(b, uapi.IFLA_IFALIAS, "uplink")
	}
	b = wire.AppendU32(b, uapi.IFLA_STATS, d.rx)
	b = wire.AppendU32(b, uapi.IFLA_CARRIER_CHANGES, d.rx)
	b = wire.AppendU32(b, 301, d.unknown)
	b, info := wire.Begin(b, uapi.IFLA_LINKINFO)
	b = wire.AppendString(b, uapi.IFLA_INFO_KIND, "bridge")
	b, data := wire.Begin(b, uapi.IFLA_INFO_DATA)
	b = wire.AppendU32(b, uapi.IFLA_BR_AGEING_TIME, d.ageing)
	b = wire.AppendU64(b, uapi.IFLA_BR_HELLO_TIMER, uint64(d.timer))
	b = wire.AppendU32(b, 99, d.infoUnknown)
	b = wire.End(b, data)
	b = wire.AppendString(b, uapi.IFLA_INFO_SLAVE_KIND, "bridge")
	b, data = wire.Begin(b, uapi.IFLA_INFO_SLAVE_DATA)
	b = wire.AppendU32(b, uapi.IFLA_BRPORT_COST, d.cost)
	b = wire.AppendU64(b, uapi.IFLA_BRPORT_HOLD_TIMER, uint64(d.holdTimer))
	b = wire.End(wire.End(b, data), info)
	b, spec := wire.Begin(b, uapi.IFLA_AF_SPEC)
	b, inet6 := wire.Begin(b, uapi.AF_INET6)
	b = wire.AppendU8(b, uapi.IFLA_INET6_ADDR_GEN_MODE, d.genMode)
	b = wire.AppendU32(b, uapi.IFLA_INET6_CACHEINFO, d.reasmLen)
	return parseLink(new(attr.Codec), wire.End(wire.End(b, inet6), spec))
}

func TestChanges(t *testing.T) {
	old := new(description).link()
	for _, test := range []struct {
		now  description
		want []string
	}{
		{description{}, nil},
		{description{rx: 0x1234, timer: 0x1234, holdTimer: 0x1234, reasmLen: 0x1234}, nil},
		{description{mtu: 0x1234, flags: uapi.IFF_UP}, []string{"flags", "mtu"}},
		{description{noAlias: true}, []string{"alias"}},
		{description{unknown: 0x1234, infoUnknown: 0x1234}, []string{"attribute 301", "info.attribute 99"}},
		{description{ageing: 0x1234, cost: 0x1234, genMode: 2}, []string{"inet6.addrgenmode", "info.ageing_time", "port.cost"}},
	} {
		now := test.now.link()
		if got := changes(old, now); !slices.Equal(got, test.want) {
			t.Errorf("%+v: %q changed, want %q", test.now, got, test.want)
		}
		if got := changes(now, old); !slices.Equal(got, test.want) {
			t.Errorf("%+v and back: %q changed, want %q", test.now, got, test.want)
		}
	}
}
