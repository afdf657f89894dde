package team

import (
	"context"
	"net"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// linkState holds the properties of the team and its ports as links.
type linkState struct {
	index   int
	name    string
	address net.HardwareAddr
	up      bool // administratively
	master  int
	removed bool
}

// parseLinkState returns the state in a message about a link, with index 0 if the
// message describes none.
func parseLinkState(data []byte) linkState {
	l, ok := rtnl.ParseLink(data)
	if !ok {
		return linkState{}
	}
	return linkState{index: l.Index, name: l.Name, address: l.Address, up: l.Flags&uapi.IFF_UP != 0, master: l.Master}
}

// readLink reads a link by index.
func (t *Team) readLink(ctx context.Context, op, subject string, index int) (linkState, error) {
	var l linkState
	var b rtnl.Batch
	b.Get(uapi.RTM_GETLINK, func(m wire.Message) { l = parseLinkState(m.Data) }, func(b []byte) []byte {
		return appendFilter(wire.AppendLink(b, wire.Link{Index: int32(index)}))
	})
	return l, t.link.Do(ctx, op, subject, &b)
}

// appendFilter leaves out the counters, which take the kernel the most time.
func appendFilter(b []byte) []byte {
	return wire.AppendU32(b, uapi.IFLA_EXT_MASK, uapi.RTEXT_FILTER_SKIP_STATS)
}

// listLinks reads all links of the namespace.
func (t *Team) listLinks(ctx context.Context) ([]linkState, error) {
	var all []linkState
	err := t.link.DumpLinks(ctx, "list links for",
		func(b []byte) []byte { return appendFilter(wire.AppendLink(b, wire.Link{})) },
		func() { all = nil },
		func(m wire.Message) { all = append(all, parseLinkState(m.Data)) })
	return all, err
}

// changeLink changes flags and attributes of a link.
func (t *Team) changeLink(ctx context.Context, op, subject string, l wire.Link, attrs func([]byte) []byte) error {
	return t.link.Write(ctx, op, subject, uapi.RTM_NEWLINK, 0, func(b []byte) []byte {
		return attrs(wire.AppendLink(b, l))
	})
}

func (t *Team) setMaster(ctx context.Context, op, port string, index, master int) error {
	return t.changeLink(ctx, op, "port "+port, wire.Link{Index: int32(index)}, func(b []byte) []byte {
		return wire.AppendU32(b, uapi.IFLA_MASTER, uint32(master))
	})
}

func (t *Team) setUp(ctx context.Context, op, port string, index int, up bool) error {
	l := wire.Link{Index: int32(index), Change: uapi.IFF_UP}
	if up {
		l.Flags = uapi.IFF_UP
	}
	return t.changeLink(ctx, op, "port "+port, l, func(b []byte) []byte { return b })
}

func (t *Team) setAddress(ctx context.Context, index int, address net.HardwareAddr) error {
	return t.changeLink(ctx, "set address of", "", wire.Link{Index: int32(index)}, func(b []byte) []byte {
		return wire.AppendAttr(b, uapi.IFLA_ADDRESS, address)
	})
}

func (t *Team) setCarrier(ctx context.Context, index int, on bool) error {
	return t.changeLink(ctx, "set carrier of", "", wire.Link{Index: int32(index)}, func(b []byte) []byte {
		value := byte(0)
		if on {
			value = 1
		}
		return wire.AppendAttr(b, uapi.IFLA_CARRIER, []byte{value})
	})
}
