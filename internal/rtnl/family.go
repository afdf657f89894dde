package rtnl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// ErrFamily means that the kernel has no generic netlink family of that name,
// usually because its module is not available.
var ErrFamily = errors.New("this kernel has no such generic netlink family")

// A Family is a generic netlink socket for the requests of one family, whose message
// type is its ID. It is safe for concurrent use.
type Family struct {
	*Conn
	ID      uint16
	Version uint8

	name   string
	groups map[string]uint32
}

// DialFamily opens a socket like Dial's and looks up the named family, for which the
// kernel loads the module. The error is ErrFamily if the kernel has no such family.
// The socket keeps a Trace that Traced has put into ctx.
// The kernel's error messages do not echo the request, which may hold secrets. A
// Batch is sent from its own memory, so the caller can clear it.
func DialFamily(ctx context.Context, netns int, name string) (*Family, error) {
	c, err := dialGeneric(netns)
	if err != nil {
		return nil, err
	}
	f := &Family{Conn: c, name: name, groups: map[string]uint32{}}
	c.tracing.family, c.tracing.own = name, traceOf(ctx)
	if err := f.find(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return f, nil
}

func (f *Family) find(ctx context.Context) error {
	control := Family{Conn: f.Conn, ID: uapi.GENL_ID_CTRL, Version: 1}
	query := wire.AppendString(nil, uapi.CTRL_ATTR_FAMILY_NAME, f.name)
	err := control.List(ctx, uapi.CTRL_CMD_GETFAMILY, query, func(m wire.Message) { f.learn(GenericAttrs(m)) })
	if errors.Is(err, syscall.ENOENT) || err == nil && f.ID == 0 {
		return fmt.Errorf("%w: %q", ErrFamily, f.name)
	}
	return err
}

// learn reads the IDs of the family and its groups from its description.
func (f *Family) learn(attrs []byte) {
	if id := wire.Find(attrs, uapi.CTRL_ATTR_FAMILY_ID); len(id) == 2 {
		f.ID = wire.Order.Uint16(id)
	}
	if version := wire.Find(attrs, uapi.CTRL_ATTR_VERSION); len(version) == 4 {
		f.Version = uint8(wire.Order.Uint32(version))
	}
	for group, err := range wire.Attrs(wire.Find(attrs, uapi.CTRL_ATTR_MCAST_GROUPS)) {
		if err != nil {
			return
		}
		name := wire.CString(wire.Find(group.Data, uapi.CTRL_ATTR_MCAST_GRP_NAME))
		if id := wire.Find(group.Data, uapi.CTRL_ATTR_MCAST_GRP_ID); len(id) == 4 {
			f.groups[strings.Clone(name)] = wire.Order.Uint32(id)
		}
	}
}

// AppendHeader appends the struct genlmsghdr of a command.
func (f *Family) AppendHeader(b []byte, command uint8) []byte {
	return append(b, command, f.Version, 0, 0)
}

// GenericAttrs returns the attributes after the struct genlmsghdr of a message,
// whose first byte is the command, or nil if the message is too short.
func GenericAttrs(m wire.Message) []byte {
	if len(m.Data) < uapi.GENL_HDRLEN {
		return nil
	}
	return m.Data[uapi.GENL_HDRLEN:]
}

// Change sends one request that the kernel acknowledges.
func (f *Family) Change(ctx context.Context, command uint8, attrs []byte) error {
	return f.send(ctx, func(b *Batch) { b.Write(f.ID, 0, f.body(command, attrs)) })
}

// List sends one request that is answered either by one message or by several and a
// final NLMSG_DONE, and calls each for every message.
func (f *Family) List(ctx context.Context, command uint8, attrs []byte, each Reply) error {
	return f.send(ctx, func(b *Batch) { b.list(f.ID, each, f.body(command, attrs)) })
}

// Series sends one request that is answered by any number of messages that do not say which
// of them is the last one, and then by an acknowledgement. It calls each for every message.
func (f *Family) Series(ctx context.Context, command uint8, attrs []byte, each Reply) error {
	return f.send(ctx, func(b *Batch) { b.Echo(f.ID, 0, each, f.body(command, attrs)) })
}

func (f *Family) send(ctx context.Context, add func(*Batch)) error {
	var b Batch
	add(&b)
	if err := f.Do(ctx, &b); err != nil {
		return err
	}
	return b.Err(0)
}

func (f *Family) body(command uint8, attrs []byte) func([]byte) []byte {
	return func(b []byte) []byte { return append(f.AppendHeader(b, command), attrs...) }
}

// Listen opens a Listener for one of the family's groups in the network namespace of
// the descriptor netns, or in the caller's if netns is Here.
func (f *Family) Listen(ctx context.Context, netns int, group string, how Listening) (*Listener, error) {
	id, ok := f.groups[group]
	if !ok {
		return nil, fmt.Errorf("the generic netlink family %q has no group %q", f.name, group)
	}
	return listenGeneric(ctx, netns, how, id)
}
