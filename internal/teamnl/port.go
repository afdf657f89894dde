package teamnl

import (
	"context"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Port is a port of a team, as the kernel reports it.
type Port struct {
	Index   int
	LinkUp  bool
	Speed   uint32 // in Mbit/s, 1<<32-1 if unknown
	Duplex  uint8  // DUPLEX_HALF or DUPLEX_FULL, 255 if unknown
	Changed bool
	Removed bool
}

// FullDuplex reports whether the port can send and receive at the same time.
func (p Port) FullDuplex() bool {
	const full = 1 // DUPLEX_FULL
	return p.Duplex == full
}

// Ports requests all ports of a team.
func Ports(ctx context.Context, f *rtnl.Family, team int) ([]Port, error) {
	var all []Port
	err := list(ctx, f, uapi.TEAM_CMD_PORT_LIST_GET, team, func(attrs []byte) {
		all = append(all, ParsePorts(attrs)...)
	})
	return all, err
}

// ParsePorts returns the ports in the attributes of a message.
func ParsePorts(attrs []byte) []Port {
	var all []Port
	items(attrs, uapi.TEAM_ATTR_LIST_PORT, func(item []byte) { all = append(all, parsePort(item)) })
	return all
}

func parsePort(item []byte) (p Port) {
	walk(item, func(a wire.Attr) {
		switch a.Type {
		case uapi.TEAM_ATTR_PORT_IFINDEX:
			p.Index = int(u32(a.Data))
		case uapi.TEAM_ATTR_PORT_CHANGED:
			p.Changed = true
		case uapi.TEAM_ATTR_PORT_LINKUP:
			p.LinkUp = true
		case uapi.TEAM_ATTR_PORT_SPEED:
			p.Speed = u32(a.Data)
		case uapi.TEAM_ATTR_PORT_DUPLEX:
			p.Duplex = u8(a.Data)
		case uapi.TEAM_ATTR_PORT_REMOVED:
			p.Removed = true
		}
	})
	return p
}
