package rtnl

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// vast is the minimum size, in the receive buffer, of the first datagram of a list
// that includes a link whose description, by the kernel's estimate, is longer than
// an attribute can be.
const vast = 96 << 10

// isVast reports whether more than vast bytes wait to be read.
func (c *Conn) isVast() bool {
	var info [9]uint32 // SK_MEMINFO_*
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(c.fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	const rmemAlloc = 0
	return errno != 0 || info[rmemAlloc] > vast
}

// DumpLinks is Dump for the links of the socket's namespace, and it is complete. A
// link that the kernel cannot describe ends the kernel's own list without an error:
// since Linux 7.1, for example, a link with a list of more than 64 KiB. For such a
// link, each receives a message of type NLMSG_ERROR with the index and the name.
func (c *Conn) DumpLinks(ctx context.Context, body func([]byte) []byte, restart func(), each Reply) error {
	return c.dumpLinks(ctx, c.Do, body, restart, each)
}

// DumpLinks is Conn.DumpLinks, but works even if the Conn is closed.
func (h Held) DumpLinks(ctx context.Context, body func([]byte) []byte, restart func(), each Reply) error {
	return h.dumpLinks(ctx, h.Do, body, restart, each)
}

func (c *Conn) dumpLinks(ctx context.Context, do doer, body func([]byte) []byte, restart func(), each Reply) error {
	s := sightings{each: each}
	vast, err := dump(ctx, do, uapi.RTM_GETLINK, body, func() { s.seen = s.seen[:0]; restart() }, s.note)
	if err != nil || !vast {
		return err
	}
	var all []int32
	_, err = dump(ctx, do, uapi.RTM_GETSTATS, appendNoStats, func() { all = nil }, func(m wire.Message) {
		if len(m.Data) >= statsLen {
			all = append(all, int32(wire.Order.Uint32(m.Data[4:])))
		}
	})
	if err != nil {
		return err
	}
	_, err = s.look(ctx, do, s.unseen(all), appendNothing, c.nameOf)
	return err
}

// DumpLinksOf is DumpLinks for another namespace, given by its id in the socket's
// namespace. There the kernel reserves no room for long descriptions and offers no
// other list of the links. DumpLinksOf therefore requests the known links, and the
// indexes after the last listed one.
func (c *Conn) DumpLinksOf(ctx context.Context, nsid int32, known []int32, restart func(), each Reply) error {
	target := func(b []byte) []byte { return wire.AppendU32(b, uapi.IFLA_TARGET_NETNSID, uint32(nsid)) }
	s := sightings{each: each}
	_, err := dump(ctx, c.Do, uapi.RTM_GETLINK, func(b []byte) []byte { return target(wire.AppendLinkList(b)) },
		func() { s.seen = s.seen[:0]; restart() }, s.note)
	next := int32(1)
	switch {
	case err == nil && len(s.seen) > 0:
		next = slices.Max(s.seen) + 1
	case err != nil && !errors.Is(err, syscall.EMSGSIZE): // as before Linux 6.10
		return err
	}
	nameless := func(int32) string { return "" }
	if _, err := s.look(ctx, c.Do, s.unseen(known), target, nameless); err != nil {
		return err
	}
	for found := 1; found > 0; next += lookAhead {
		var ahead []int32
		for i := range int32(lookAhead) {
			ahead = append(ahead, next+i)
		}
		if found, err = s.look(ctx, c.Do, s.unseen(ahead), target, nameless); err != nil {
			return err
		}
	}
	return nil
}

// lookAhead is the number of consecutive unused indexes that mark the end.
const lookAhead = 32

// sightings records the links that a list contained.
type sightings struct {
	each Reply
	seen []int32
}

func (s *sightings) note(m wire.Message) {
	if l, _, err := wire.ParseLink(m.Data); err == nil {
		s.seen = append(s.seen, l.Index)
	}
	s.each(m)
}

// unseen returns the indexes that were not in the list, in order.
func (s *sightings) unseen(indexes []int32) []int32 {
	slices.Sort(s.seen)
	slices.Sort(indexes)
	return slices.DeleteFunc(slices.Compact(indexes), func(index int32) bool {
		_, seen := slices.BinarySearch(s.seen, index)
		return seen
	})
}

// look reads links one by one and returns the number that exist.
func (s *sightings) look(ctx context.Context, do doer, indexes []int32, target func([]byte) []byte, nameOf func(int32) string) (n int, err error) {
	if len(indexes) == 0 {
		return 0, nil
	}
	var b Batch
	for _, index := range indexes {
		b.Get(uapi.RTM_GETLINK, s.note, func(b []byte) []byte {
			return target(wire.AppendLink(b, wire.Link{Index: index}))
		})
	}
	if err := do(ctx, &b); err != nil {
		return 0, err
	}
	for i, index := range indexes {
		switch err := b.Err(i); {
		case err == nil:
			n++
		case errors.Is(err, syscall.EMSGSIZE):
			n++
			s.note(undescribed(index, nameOf(index)))
		case !errors.Is(err, syscall.ENODEV):
			return n, err
		}
	}
	return n, nil
}

// undescribed returns the message for a link that the kernel cannot describe.
func undescribed(index int32, name string) wire.Message {
	data := wire.AppendLink(nil, wire.Link{Index: index})
	if name != "" {
		data = wire.AppendString(data, uapi.IFLA_IFNAME, name)
	}
	return wire.Message{Header: wire.Header{Type: uapi.NLMSG_ERROR}, Data: data}
}

func (c *Conn) nameOf(index int32) string {
	req, _ := unix.NewIfreq("")
	req.SetUint32(uint32(index))
	if err := c.Control(func(fd int) error { return unix.IoctlIfreq(fd, unix.SIOCGIFNAME, req) }); err != nil {
		return ""
	}
	return req.Name()
}

func appendNothing(b []byte) []byte { return b }

// statsLen is the length of struct if_stats_msg.
const statsLen = 12

// appendNoStats appends a struct if_stats_msg that requests statistics that few
// links have (IFLA_STATS_AF_SPEC). The kernel lists all links nevertheless.
func appendNoStats(b []byte) []byte {
	const filter = 1 << (uapi.IFLA_STATS_AF_SPEC - 1)
	return wire.Order.AppendUint32(append(b, make([]byte, 8)...), filter)
}
