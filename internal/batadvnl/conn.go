package batadvnl

import (
	"bytes"
	"context"

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
// have the family batadv.
func Dial(ctx context.Context, netns int) (*Conn, error) {
	rt, err := rtnl.DialFamily(ctx, netns, uapi.BATADV_NL_NAME)
	if err != nil {
		return nil, err
	}
	return &Conn{rt}, nil
}

// Close closes the socket.
func (c *Conn) Close() error {
	return c.rt.Close()
}

// An Object is a mesh, one of its ports or one of its VLANs: the commands that read and
// change it, and the attributes that identify it.
type Object struct {
	get, set uint8
	key      []byte
}

// Mesh returns the mesh of the link with the given index.
func Mesh(index int) Object {
	return Object{uapi.BATADV_CMD_GET_MESH, uapi.BATADV_CMD_SET_MESH, meshKey(index)}
}

// Port returns a port of a mesh, by its index.
func Port(mesh, port int) Object {
	return Object{uapi.BATADV_CMD_GET_HARDIF, uapi.BATADV_CMD_SET_HARDIF,
		wire.AppendU32(meshKey(mesh), uapi.BATADV_ATTR_HARD_IFINDEX, uint32(port))}
}

// VLAN returns a VLAN of a mesh, by its id.
func VLAN(mesh int, id uint16) Object {
	return Object{uapi.BATADV_CMD_GET_VLAN, uapi.BATADV_CMD_SET_VLAN,
		wire.AppendU16(meshKey(mesh), uapi.BATADV_ATTR_VLANID, id)}
}

func meshKey(index int) []byte {
	return wire.AppendU32(nil, uapi.BATADV_ATTR_MESH_IFINDEX, uint32(index))
}

// Read fills the fields of a table from the kernel's report of an object, and returns the
// rows that the kernel reports.
func (c *Conn) Read(ctx context.Context, o Object, t attr.Table) (reported attr.Set, err error) {
	var fault error
	err = c.rt.List(ctx, o.get, o.key, func(m wire.Message) {
		reported, fault = new(attr.Codec).Decode(bytes.Clone(rtnl.GenericAttrs(m)), t, nil)
	})
	if err == nil {
		err = fault
	}
	return reported, err
}

// Write sends the rows of a table that are in set, in one request.
func (c *Conn) Write(ctx context.Context, o Object, set attr.Set, t attr.Table) error {
	return c.rt.Change(ctx, o.set, new(attr.Codec).Encode(bytes.Clone(o.key), set, nil, t))
}

// Dump requests a list about the mesh with the given index, and passes the attributes of
// each entry to each. If the list changed while it was read, Dump calls restart and reads
// it again.
func (c *Conn) Dump(ctx context.Context, command uint8, mesh int, restart func(), each func(attrs []byte)) error {
	body := func(b []byte) []byte { return append(c.rt.AppendHeader(b, command), meshKey(mesh)...) }
	return c.rt.Dump(ctx, c.rt.ID, body, restart, func(m wire.Message) { each(bytes.Clone(rtnl.GenericAttrs(m))) })
}
