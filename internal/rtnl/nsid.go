package rtnl

import (
	"context"
	"slices"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Socket is a Conn or a Held.
type Socket interface {
	Do(context.Context, *Batch) error
	Control(func(fd int) error) error
}

// A Dumper is Conn.Dump or an equivalent function.
type Dumper func(ctx context.Context, typ uint16, body func([]byte) []byte, restart func(), each Reply) error

// rtgenLen is the padded length of the struct rtgenmsg at the start of messages
// about namespace ids.
const rtgenLen = 4

func appendRTGen(b []byte) []byte {
	return append(b, make([]byte, rtgenLen)...)
}

// AppendTarget appends an attribute of type typ that directs a request to the
// namespace with the id nsid in the socket's namespace. It appends nothing for
// OwnNetNS.
func AppendTarget(b []byte, typ uint16, nsid int32) []byte {
	if nsid == OwnNetNS {
		return b
	}
	return wire.AppendU32(b, typ, uint32(nsid))
}

// ParseNSID returns the namespace id in a message about namespace ids, and false if
// there is none.
func ParseNSID(m wire.Message) (int32, bool) {
	id := wire.Find(m.Data[min(rtgenLen, len(m.Data)):], uapi.NETNSA_NSID)
	if len(id) != 4 {
		return -1, false
	}
	return int32(wire.Order.Uint32(id)), true
}

// FindNSID returns the id that the socket's namespace has for the namespace of the
// descriptor fd, or -1 if it has none.
func FindNSID(ctx context.Context, s Socket, fd int) (int32, error) {
	return askNSID(ctx, s, func(b []byte) []byte { return wire.AppendU32(b, uapi.NETNSA_FD, uint32(fd)) })
}

// TranslateNSID returns the id that the namespace target has for the namespace id,
// or -1 if it has none. Both id and target are ids in the socket's namespace; target
// may be OwnNetNS.
func TranslateNSID(ctx context.Context, s Socket, id, target int32) (int32, error) {
	return askNSID(ctx, s, func(b []byte) []byte {
		return AppendTarget(wire.AppendU32(b, uapi.NETNSA_NSID, uint32(id)), uapi.NETNSA_TARGET_NSID, target)
	})
}

func askNSID(ctx context.Context, s Socket, key func([]byte) []byte) (int32, error) {
	id := int32(-1)
	var b Batch
	b.Get(uapi.RTM_GETNSID, func(m wire.Message) { id, _ = ParseNSID(m) }, func(b []byte) []byte { return key(appendRTGen(b)) })
	if err := s.Do(ctx, &b); err != nil {
		return -1, err
	}
	return id, b.Err(0)
}

// FindOrMakeNSID is FindNSID, but the kernel assigns an id if there is none.
func FindOrMakeNSID(ctx context.Context, s Socket, fd int) (int32, error) {
	id, err := FindNSID(ctx, s, fd)
	if err != nil || id >= 0 {
		return id, err
	}
	const any = -1
	if err := SetNSID(ctx, s, fd, any); err != nil {
		return -1, err
	}
	return FindNSID(ctx, s, fd)
}

// SetNSID gives the namespace of the descriptor fd an id in the socket's namespace; -1 is
// any id.
func SetNSID(ctx context.Context, s Socket, fd int, id int32) error {
	var b Batch
	b.Write(uapi.RTM_NEWNSID, 0, func(b []byte) []byte {
		b = wire.AppendU32(appendRTGen(b), uapi.NETNSA_FD, uint32(fd))
		return wire.AppendU32(b, uapi.NETNSA_NSID, uint32(id))
	})
	if err := s.Do(ctx, &b); err != nil {
		return err
	}
	return b.Err(0)
}

// ListNSIDs returns the ids that the socket's namespace has for others, and for
// itself if it has one, sorted.
func ListNSIDs(ctx context.Context, dump Dumper) (ids []int32, err error) {
	err = dump(ctx, uapi.RTM_GETNSID, appendRTGen, func() { ids = nil }, func(m wire.Message) {
		if id, ok := ParseNSID(m); ok && id >= 0 {
			ids = append(ids, id)
		}
	})
	slices.Sort(ids)
	return ids, err
}
