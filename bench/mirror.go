package main

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/jsimonetti/rtnetlink/v2"
	vish "github.com/vishvananda/netlink"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/wire"
)

// mirroring is the workload of keeping a copy of all links. It measures the memory
// for each link.
func mirroring() *workload {
	w := &workload{name: "mirror 10000 links, resident memory for each", links: 10000, few: 8, rounds: 3,
		world: func(l *lab) error { return l.raw.pipeline(createVXLANs(names("x", l.all))) }}
	for _, who := range []string{floorName, ourName, vishName, jsimName} {
		w.entrants = append(w.entrants, entrant{who: who, start: func(l *lab) (work, error) {
			return func() (*sample, error) {
				p, err := spawn("mirror "+who, l.n)
				if err != nil {
					return nil, err
				}
				r, err := p.wait()
				return &sample{links: l.n, bytes: float64(r.resident) / float64(l.n)}, err
			}, nil
		}})
	}
	w.entrants = append(w.entrants, cannot(ipName, "keeps nothing"))
	return w
}

// settle waits for background work of the runtime to end, so that only lasting
// memory is resident.
func settle(keep any, ready func()) error {
	ready()
	time.Sleep(time.Second)
	runtime.KeepAlive(keep)
	return nil
}

// mirrorRaw keeps the bytes of each message.
func mirrorRaw(n int, ready func()) error {
	c, err := listenRaw()
	if err != nil {
		return err
	}
	all := map[int32][]byte{}
	err = c.each(listLinks(), func(m wire.Message) {
		if link, _, err := wire.ParseLink(m.Data); err == nil {
			all[link.Index] = append([]byte(nil), m.Data...)
		}
	})
	if err != nil {
		return err
	}
	return settle(all, ready)
}

// mirrorOurs keeps watching during the measurement.
func mirrorOurs(n int, ready func()) error {
	conn, err := iplink.Dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	all := map[int]*iplink.Link{}
	for e, err := range conn.Watch(ctx) {
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case e.Kind == iplink.Current:
			go func() {
				defer cancel()
				settle(all, ready)
			}()
		default:
			all[e.New.Index] = e.New
		}
	}
	return errors.New("the watch ended")
}

func mirrorVish(n int, ready func()) error {
	updates, done := make(chan vish.LinkUpdate), make(chan struct{})
	err := vish.LinkSubscribeWithOptions(updates, done, vish.LinkSubscribeOptions{
		ListExisting: true, ReceiveBufferSize: watchBuffer, ReceiveBufferForceSize: mayForce(),
	})
	if err != nil {
		return err
	}
	all := map[int]vish.Link{}
	for u := range updates {
		all[u.Attrs().Index] = u.Link
		if len(all) == n+1 {
			return settle(all, ready)
		}
	}
	return errors.New("the subscription ended")
}

// mirrorJsim lists the links, because the peer has no watch.
func mirrorJsim(n int, ready func()) error {
	conn, err := openJsim(0)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := rtnetlink.RegisterDriver(&jsimVXLAN{}); err != nil {
		return err
	}
	all := map[uint32]*rtnetlink.LinkMessage{}
	links, err := conn.Link.List()
	for i := range links {
		all[links[i].Index] = &links[i]
	}
	if err != nil {
		return err
	}
	return settle(all, ready)
}
