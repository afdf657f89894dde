package batadv

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// An Originator is another node of the mesh, and a path to it.
type Originator struct {
	// Address is the address of the node (BATADV_ATTR_ORIG_ADDRESS): of its first port.
	Address net.HardwareAddr
	// Neighbour is the address of the next node on the path (BATADV_ATTR_NEIGH_ADDRESS).
	Neighbour net.HardwareAddr
	// Port and PortIndex identify the port that leads there (BATADV_ATTR_HARD_IFNAME,
	// BATADV_ATTR_HARD_IFINDEX).
	Port      string
	PortIndex int
	// Best reports whether the mesh sends over this path (BATADV_ATTR_FLAG_BEST).
	Best bool
	// TQ is the quality of the path, up to 255, with BATMAN_IV (BATADV_ATTR_TQ).
	TQ uint8
	// Throughput is the throughput of the path in kbit/s, with BATMAN_V
	// (BATADV_ATTR_THROUGHPUT).
	Throughput uint32
	// LastSeen is the time since the last message of the node
	// (BATADV_ATTR_LAST_SEEN_MSECS).
	LastSeen time.Duration
}

func (o *Originator) attrs(c *attr.Codec) {
	attr.MAC(c.ReadOnly(), uapi.BATADV_ATTR_ORIG_ADDRESS, "originator", &o.Address)
	attr.MAC(c.ReadOnly(), uapi.BATADV_ATTR_NEIGH_ADDRESS, "neighbour", &o.Neighbour)
	attr.Text(c.ReadOnly(), uapi.BATADV_ATTR_HARD_IFNAME, "port", &o.Port, uapi.IFNAMSIZ-1)
	attr.Index(c.ReadOnly(), uapi.BATADV_ATTR_HARD_IFINDEX, "index", &o.PortIndex)
	attr.Flag(c.ReadOnly(), uapi.BATADV_ATTR_FLAG_BEST, "best", &o.Best)
	attr.U8(c.ReadOnly(), uapi.BATADV_ATTR_TQ, "tq", &o.TQ)
	attr.U32(c.ReadOnly(), uapi.BATADV_ATTR_THROUGHPUT, "throughput", &o.Throughput)
	attr.Millis(c.ReadOnly(), uapi.BATADV_ATTR_LAST_SEEN_MSECS, "last_seen", &o.LastSeen)
}

func (o *Originator) table() attr.Table { return o.attrs }

// Originators returns the other nodes of the mesh, with an entry for each path to one
// (BATADV_CMD_GET_ORIGINATORS). It is empty as long as no port is active.
func (d *Device) Originators(ctx context.Context) ([]Originator, error) {
	return list(ctx, d, uapi.BATADV_CMD_GET_ORIGINATORS, (*Originator).table)
}

// A Neighbour is another node that a port reaches directly.
type Neighbour struct {
	// Address is the address of the port of the other node (BATADV_ATTR_NEIGH_ADDRESS).
	Address net.HardwareAddr
	// Port and PortIndex identify the port that leads there (BATADV_ATTR_HARD_IFNAME,
	// BATADV_ATTR_HARD_IFINDEX).
	Port      string
	PortIndex int
	// Throughput is the throughput in kbit/s, with BATMAN_V (BATADV_ATTR_THROUGHPUT).
	Throughput uint32
	// LastSeen is the time since the last message (BATADV_ATTR_LAST_SEEN_MSECS).
	LastSeen time.Duration
}

func (n *Neighbour) attrs(c *attr.Codec) {
	attr.MAC(c.ReadOnly(), uapi.BATADV_ATTR_NEIGH_ADDRESS, "neighbour", &n.Address)
	attr.Text(c.ReadOnly(), uapi.BATADV_ATTR_HARD_IFNAME, "port", &n.Port, uapi.IFNAMSIZ-1)
	attr.Index(c.ReadOnly(), uapi.BATADV_ATTR_HARD_IFINDEX, "index", &n.PortIndex)
	attr.U32(c.ReadOnly(), uapi.BATADV_ATTR_THROUGHPUT, "throughput", &n.Throughput)
	attr.Millis(c.ReadOnly(), uapi.BATADV_ATTR_LAST_SEEN_MSECS, "last_seen", &n.LastSeen)
}

func (n *Neighbour) table() attr.Table { return n.attrs }

// Neighbours returns the nodes that the ports reach directly (BATADV_CMD_GET_NEIGHBORS). It
// is empty as long as no port is active.
func (d *Device) Neighbours(ctx context.Context) ([]Neighbour, error) {
	return list(ctx, d, uapi.BATADV_CMD_GET_NEIGHBORS, (*Neighbour).table)
}

// A Gateway is a node of the mesh that offers a way to the Internet.
type Gateway struct {
	// Address is the address of the node (BATADV_ATTR_ORIG_ADDRESS).
	Address net.HardwareAddr
	// Router is the address of the next node on the way there (BATADV_ATTR_ROUTER), and
	// Port and PortIndex identify the port that leads to it (BATADV_ATTR_HARD_IFNAME,
	// BATADV_ATTR_HARD_IFINDEX).
	Router    net.HardwareAddr
	Port      string
	PortIndex int
	// Best reports whether this node, as a client, uses the gateway
	// (BATADV_ATTR_FLAG_BEST).
	Best bool
	// TQ is the quality of the path, up to 255, with BATMAN_IV (BATADV_ATTR_TQ), and
	// Throughput the throughput in units of 100 kbit/s with BATMAN_V
	// (BATADV_ATTR_THROUGHPUT).
	TQ         uint8
	Throughput uint32
	// BandwidthDown and BandwidthUp are the announced bandwidths in units of 100 kbit/s
	// (BATADV_ATTR_BANDWIDTH_DOWN, BATADV_ATTR_BANDWIDTH_UP).
	BandwidthDown, BandwidthUp uint32
}

func (g *Gateway) attrs(c *attr.Codec) {
	attr.MAC(c.ReadOnly(), uapi.BATADV_ATTR_ORIG_ADDRESS, "originator", &g.Address)
	attr.MAC(c.ReadOnly(), uapi.BATADV_ATTR_ROUTER, "router", &g.Router)
	attr.Text(c.ReadOnly(), uapi.BATADV_ATTR_HARD_IFNAME, "port", &g.Port, uapi.IFNAMSIZ-1)
	attr.Index(c.ReadOnly(), uapi.BATADV_ATTR_HARD_IFINDEX, "index", &g.PortIndex)
	attr.Flag(c.ReadOnly(), uapi.BATADV_ATTR_FLAG_BEST, "best", &g.Best)
	attr.U8(c.ReadOnly(), uapi.BATADV_ATTR_TQ, "tq", &g.TQ)
	attr.U32(c.ReadOnly(), uapi.BATADV_ATTR_THROUGHPUT, "throughput", &g.Throughput)
	attr.U32(c.ReadOnly(), uapi.BATADV_ATTR_BANDWIDTH_DOWN, "bandwidth_down", &g.BandwidthDown)
	attr.U32(c.ReadOnly(), uapi.BATADV_ATTR_BANDWIDTH_UP, "bandwidth_up", &g.BandwidthUp)
}

func (g *Gateway) table() attr.Table { return g.attrs }

// Gateways returns the nodes that offer a way to the Internet (BATADV_CMD_GET_GATEWAYS). It
// is empty as long as no port is active.
func (d *Device) Gateways(ctx context.Context) ([]Gateway, error) {
	return list(ctx, d, uapi.BATADV_CMD_GET_GATEWAYS, (*Gateway).table)
}

// list requests a list about the mesh. The kernel has none, ENOENT, while no port is
// active.
func list[T any](ctx context.Context, d *Device, command uint8, table func(*T) attr.Table) (all []T, err error) {
	var fault error
	err = d.nl.Dump(ctx, command, d.Index(), func() { all, fault = nil, nil }, func(attrs []byte) {
		entry := new(T)
		if _, err := new(attr.Codec).Decode(attrs, table(entry), nil); err != nil {
			fault = errors.Join(fault, err)
		}
		all = append(all, *entry)
	})
	if errors.Is(err, syscall.ENOENT) {
		_, err = d.link.Own(ctx, opShow)
		return nil, err
	}
	if err == nil {
		err = fault
	}
	if err != nil {
		return nil, d.explain(ctx, opShow, "", err)
	}
	return all, nil
}
