// Package hsrnl encodes and decodes the generic netlink family HSR, which reports the nodes
// of a network of HSR or PRP.
package hsrnl

import (
	"context"
	"net"
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Conn is a socket for the family. It is safe for concurrent use.
type Conn struct {
	rt *rtnl.Family
}

// Dial opens a socket in the network namespace of the descriptor netns, or in the
// caller's if netns is rtnl.Here. The error matches rtnl.ErrFamily if the kernel does not
// have the family, which comes with the first hsr link.
func Dial(ctx context.Context, netns int) (*Conn, error) {
	rt, err := rtnl.DialFamily(ctx, netns, uapi.HSR_GENL_NAME)
	if err != nil {
		return nil, err
	}
	return &Conn{rt}, nil
}

// Close closes the socket.
func (c *Conn) Close() error {
	return c.rt.Close()
}

// A Node is a node of the network as a link knows it.
type Node struct {
	Addr         net.HardwareAddr
	AddrB        net.HardwareAddr // nil without one
	AddrBIfIndex uint32           // of the port with frames from AddrB
	If1, If2     Port
	Err          error // attributes that could not be read
}

// A Port is the report of a port about a node.
type Port struct {
	IfIndex uint32 // 0 if the port no longer exists
	Age     uint32 // milliseconds since the last frame
	Seq     uint16 // of the last frame
}

// Addrs returns the addresses of the nodes that the link with an index knows.
func (c *Conn) Addrs(ctx context.Context, index int) (all []net.HardwareAddr, err error) {
	err = c.rt.Series(ctx, uapi.HSR_C_GET_NODE_LIST, appendLink(nil, index), func(m wire.Message) {
		all = AppendAddrs(all, rtnl.GenericAttrs(m))
	})
	return all, err
}

// AppendAddrs appends the addresses in a message of the list.
func AppendAddrs(all []net.HardwareAddr, b []byte) []net.HardwareAddr {
	for a, err := range wire.Attrs(b) {
		if err != nil {
			break
		}
		if a.Type == uapi.HSR_A_NODE_ADDR {
			all = append(all, slices.Clone(net.HardwareAddr(a.Data)))
		}
	}
	return all
}

// Node returns the node with an address. The error matches syscall.ENOENT if the link does
// not know it.
func (c *Conn) Node(ctx context.Context, index int, addr net.HardwareAddr) (n Node, err error) {
	request := wire.AppendAttr(appendLink(nil, index), uapi.HSR_A_NODE_ADDR, addr)
	err = c.rt.List(ctx, uapi.HSR_C_GET_NODE_STATUS, request, func(m wire.Message) { n = Parse(slices.Clone(rtnl.GenericAttrs(m))) })
	if err == nil {
		err = n.Err
	}
	return n, err
}

func appendLink(b []byte, index int) []byte {
	return wire.AppendU32(b, uapi.HSR_A_IFINDEX, uint32(index))
}

// Parse returns the node in a message, whose memory it keeps.
func Parse(b []byte) (n Node) {
	var link uint32
	_, n.Err = new(attr.Codec).Decode(b, func(c *attr.Codec) {
		attr.U32(c, uapi.HSR_A_IFINDEX, "ifindex", &link)
		attr.MAC(c, uapi.HSR_A_NODE_ADDR, "node_addr", &n.Addr)
		attr.MAC(c, uapi.HSR_A_NODE_ADDR_B, "node_addr_b", &n.AddrB)
		attr.U32(c, uapi.HSR_A_ADDR_B_IFINDEX, "addr_b_ifindex", &n.AddrBIfIndex)
		attr.U32(c, uapi.HSR_A_IF1_AGE, "if1_age", &n.If1.Age)
		attr.U32(c, uapi.HSR_A_IF2_AGE, "if2_age", &n.If2.Age)
		attr.U16(c, uapi.HSR_A_IF1_SEQ, "if1_seq", &n.If1.Seq)
		attr.U16(c, uapi.HSR_A_IF2_SEQ, "if2_seq", &n.If2.Seq)
		attr.U32(c, uapi.HSR_A_IF1_IFINDEX, "if1_ifindex", &n.If1.IfIndex)
		attr.U32(c, uapi.HSR_A_IF2_IFINDEX, "if2_ifindex", &n.If2.IfIndex)
	}, nil)
	return n
}
