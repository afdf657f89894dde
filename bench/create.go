package main

import (
	"fmt"

	"github.com/jsimonetti/rtnetlink/v2"
	jsim "github.com/jsimonetti/rtnetlink/v2/driver"
	vish "github.com/vishvananda/netlink"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// A maker makes links of one kind with each contestant. The functions receive the
// name and the number of one link.
type maker struct {
	kind string
	each int // links made by each call
	raw  func(names []string) *messages
	ours func(name string, i int) iplink.Spec
	vish func(name string, i int) vish.Link
	jsim func(name string, i int) *rtnetlink.LinkInfo
	ip   string // the arguments of `link add`, with %[1]s for the name and %[2]d for the number from 1 on
}

var makers = []maker{{
	kind: "bridges", each: 1, raw: createBridges,
	ours: func(name string, _ int) iplink.Spec { return bridge.New(name) },
	vish: func(name string, _ int) vish.Link { return &vish.Bridge{LinkAttrs: vishAttrs(name)} },
	jsim: func(string, int) *rtnetlink.LinkInfo { return &rtnetlink.LinkInfo{Kind: "bridge"} },
	ip:   "%[1]s type bridge",
}, {
	kind: "veth pairs", each: 2, raw: createVeths,
	ours: func(name string, _ int) iplink.Spec { return veth.New(name).Peer(veth.New(peerOf(name))) },
	vish: func(name string, _ int) vish.Link {
		return &vish.Veth{LinkAttrs: vishAttrs(name), PeerName: peerOf(name)}
	},
	jsim: func(name string, _ int) *rtnetlink.LinkInfo {
		peer := &rtnetlink.LinkMessage{Attributes: &rtnetlink.LinkAttributes{Name: peerOf(name)}}
		return &rtnetlink.LinkInfo{Kind: "veth", Data: &jsim.Veth{PeerInfo: peer}}
	},
	ip: "%[1]s type veth peer name p%[1]s",
}, {
	kind: "vxlans", each: 1, raw: createVXLANs,
	ours: func(name string, i int) iplink.Spec { return vxlan.New(name).VNI(uint32(i + 1)).Port(vxlanPort) },
	vish: func(name string, i int) vish.Link {
		return &vish.Vxlan{LinkAttrs: vishAttrs(name), VxlanId: i + 1, Port: vxlanPort, Learning: true}
	},
	jsim: func(_ string, i int) *rtnetlink.LinkInfo {
		return &rtnetlink.LinkInfo{Kind: "vxlan", Data: &jsimVXLAN{id: uint32(i + 1), port: vxlanPort, learning: true}}
	},
	ip: "%[1]s type vxlan id %[2]d dstport 4789",
}}

func vishAttrs(name string) vish.LinkAttrs {
	a := vish.NewLinkAttrs()
	a.Name = name
	return a
}

// creation is the workload of making many links.
func (m maker) creation() *workload {
	w := &workload{
		name: "create 1000 " + m.kind, links: 1000, few: 4, target: target{ratio: 1.05},
		check: hasLinks(m.each), after: deleteAll,
		entrants: []entrant{
			{who: pipelined, start: m.floor((*rawConn).pipeline)},
			{who: oneByOne, start: m.floor((*rawConn).singly)},
			{who: ourName, start: m.startOurs},
			{who: vishName, start: m.startVish},
			{who: jsimName, start: m.startJsim},
			{who: ipName, start: m.startIP},
		},
	}
	if m.kind == "bridges" { // each takes 16 ms to delete
		w.rounds = 3
	}
	return w
}

func (m maker) floor(send func(*rawConn, *messages) error) func(*lab) (work, error) {
	return func(l *lab) (work, error) {
		requests := m.raw(names("l", l.n))
		return do(func() error { return send(l.raw, requests) }), nil
	}
}

func (m maker) startOurs(l *lab) (work, error) {
	conn, err := dialOurs(l)
	if err != nil {
		return nil, err
	}
	all := names("l", l.n)
	return do(func() error {
		specs := make([]iplink.Spec, len(all))
		for i, name := range all {
			specs[i] = m.ours(name, i)
		}
		_, err := conn.Create(background, specs...)
		return err
	}), nil
}

func (m maker) startVish(l *lab) (work, error) {
	h, err := dialVish(l)
	if err != nil {
		return nil, err
	}
	all := names("l", l.n)
	return do(func() error {
		for i, name := range all {
			if err := h.LinkAdd(m.vish(name, i)); err != nil {
				return err
			}
		}
		return nil
	}), nil
}

func (m maker) startJsim(l *lab) (work, error) {
	conn, err := dialJsim(l)
	if err != nil {
		return nil, err
	}
	all := names("l", l.n)
	return do(func() error {
		for i, name := range all {
			attrs := &rtnetlink.LinkAttributes{Name: name, Info: m.jsim(name, i)}
			if err := conn.Link.New(&rtnetlink.LinkMessage{Attributes: attrs}); err != nil {
				return err
			}
		}
		return nil
	}), nil
}

func (m maker) startIP(l *lab) (work, error) {
	run, err := l.batch("create", lines(l.n, func(i int) string {
		return "link add " + fmt.Sprintf(m.ip, fmt.Sprintf("l%d", i), i+1)
	}))
	return do(run), err
}
