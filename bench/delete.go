package main

import (
	"errors"
	"fmt"

	"github.com/jsimonetti/rtnetlink/v2"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// oneByOneShare is the divisor of the number of links for contestants that delete
// links one by one. Each such deletion takes 16 ms, regardless of the number of
// links.
const oneByOneShare = 40

// deletion is the workload of deleting many links by name.
func (m maker) deletion() *workload {
	return &workload{
		name: "delete 1000 " + m.kind, links: 1000, few: 4, target: target{ratio: 1.2}, rounds: 5,
		before: func(l *lab) error { return l.raw.pipeline(m.raw(names("l", l.n))) },
		check:  isEmpty, after: deleteAll,
		entrants: []entrant{
			{who: floorName, start: m.deleteRaw},
			{who: ourName, start: deleteOurs},
			{who: vishName, start: deleteVish, less: oneByOneShare},
			{who: jsimName, start: deleteJsim, less: oneByOneShare},
			{who: ipName, start: deleteIP, less: oneByOneShare},
		},
	}
}

// deleteRaw moves the links to a group, by name, and deletes the group.
func (m maker) deleteRaw(l *lab) (work, error) {
	requests := &messages{}
	for _, name := range names("l", l.n) {
		requests.write(uapi.RTM_NEWLINK, 0, func(b []byte) []byte {
			b = wire.AppendString(wire.AppendLink(b, wire.Link{}), uapi.IFLA_IFNAME, name)
			return wire.AppendU32(b, uapi.IFLA_GROUP, doomedGroup)
		})
	}
	requests.write(uapi.RTM_DELLINK, 0, func(b []byte) []byte {
		return wire.AppendU32(wire.AppendLink(b, wire.Link{}), uapi.IFLA_GROUP, doomedGroup)
	})
	return do(func() error { return l.raw.pipeline(requests) }), nil
}

func deleteOurs(l *lab) (work, error) {
	conn, err := dialOurs(l)
	all := names("l", l.n)
	return do(func() error { return conn.Delete(background, all...) }), err
}

func deleteVish(l *lab) (work, error) {
	h, err := dialVish(l)
	all := names("l", l.n)
	return do(func() error {
		for _, name := range all {
			link, err := h.LinkByName(name)
			if err == nil {
				err = h.LinkDel(link)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}), err
}

func deleteJsim(l *lab) (work, error) {
	conn, err := dialJsim(l)
	all := names("l", l.n)
	return do(func() error {
		for _, name := range all {
			link, err := getJsim(conn, name)
			if err == nil {
				err = conn.Link.Delete(link.Index)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}), err
}

func deleteIP(l *lab) (work, error) {
	run, err := l.batch("delete", lines(l.n, func(i int) string { return fmt.Sprintf("link del l%d", i) }))
	return do(run), err
}

// getJsim gets a link by name, from the functions that the peer provides.
func getJsim(conn *rtnetlink.Conn, name string) (*rtnetlink.LinkMessage, error) {
	request := &rtnetlink.LinkMessage{Attributes: &rtnetlink.LinkAttributes{Name: name}}
	all, err := conn.Execute(request, uapi.RTM_GETLINK, uapi.NLM_F_REQUEST)
	if err != nil {
		return nil, err
	}
	if len(all) != 1 {
		return nil, errors.New("not one answer")
	}
	return all[0].(*rtnetlink.LinkMessage), nil
}
