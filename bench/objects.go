package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
)

// mirroringObjects is the workload of keeping a copy of objects of links. It measures the
// memory for each.
func mirroringObjects(what string, n, few int, world func(*lab) error) *workload {
	start := func(l *lab) (work, error) {
		return func() (*sample, error) {
			p, err := spawn("mirror "+what, l.n)
			if err != nil {
				return nil, err
			}
			r, err := p.wait()
			return &sample{links: l.n, bytes: float64(r.resident) / float64(l.n)}, err
		}, nil
	}
	return &workload{name: fmt.Sprintf("mirror %d %s, resident memory for each", n, what), links: n, few: few, rounds: 3, world: world,
		entrants: []entrant{{who: ourName, start: start}, cannot(ipName, "keeps nothing")}}
}

func mirroringAddrs() *workload {
	return mirroringObjects("addresses", 10_000, 8, onePort("addr add %s/32 dev x0"))
}

func mirroringRoutes() *workload {
	return mirroringObjects("routes", 10_000, 8, onePort("route add %s/32 dev x0"))
}

func mirroringNeighs() *workload {
	return mirroringObjects("neighbours", 10_000, 8, onePort("neigh add %s lladdr 02:12:34:00:00:01 dev x0"))
}

func mirroringVLANs() *workload {
	return mirroringObjects("VLANs", vlanPorts*100, vlanPorts*2, func(l *lab) error {
		if err := makeFiltering(l); err != nil {
			return err
		}
		conn, err := dialOurs(l)
		if err != nil {
			return err
		}
		return addVLANs(conn, l.all)
	})
}

func mirroringGroups() *workload {
	return mirroringObjects("groups", 10_000, 8, func(l *lab) error {
		conn, err := dialOurs(l)
		if err != nil {
			return err
		}
		_, err = conn.Create(background, bridge.New("br0").MulticastHashMax(1<<15).Up())
		if errors.Is(err, errors.ErrUnsupported) {
			return lacking("this kernel's bridge knows no groups")
		}
		if err != nil {
			return err
		}
		s, err := bridge.Open(background, "br0", iplink.On(conn))
		if err != nil {
			return err
		}
		defer s.Close()
		for i := range l.all {
			if err == nil {
				err = s.AddMDB(background, bridge.MDBEntry{Port: "br0", MAC: []byte{1, 0x12, 0x34, byte(i >> 16), byte(i >> 8), byte(i)}, Permanent: true})
			}
		}
		return err
	})
}

// onePort makes a link, and as many objects as a command of `ip` for each address makes.
func onePort(command string) func(*lab) error {
	return func(l *lab) error {
		all := []string{"link add x0 up type veth peer name y0"}
		for i := range l.all {
			all = append(all, fmt.Sprintf(command, fmt.Sprintf("10.18.%d.%d", i>>8, i&255)))
		}
		run, err := l.batch("objects", all)
		if err != nil {
			return err
		}
		return run()
	}
}

func vlansOn(c *iplink.Conn, ctx context.Context, filters ...iplink.Filter) iter.Seq2[bridge.VLANEvent, error] {
	return bridge.WatchVLANsOn(ctx, c, filters...)
}

func groupsOn(c *iplink.Conn, ctx context.Context, filters ...iplink.Filter) iter.Seq2[bridge.MDBEvent, error] {
	return bridge.WatchMDBOn(ctx, c, filters...)
}

// mirrorObjects keeps watching during the measurement.
func mirrorObjects[T any](watch func(*iplink.Conn, context.Context, ...iplink.Filter) iter.Seq2[iplink.ObjectEvent[T], error]) child {
	return func(n int, ready func()) error {
		conn, err := iplink.Dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		ctx, cancel := context.WithCancel(background)
		defer cancel()
		for e, err := range watch(conn, ctx) {
			switch {
			case ctx.Err() != nil:
				return nil
			case err != nil:
				return err
			case e.Kind != iplink.Current:
				n--
			case n > 0:
				return fmt.Errorf("the snapshot lacks %d", n)
			default:
				go func() {
					defer cancel()
					debug.FreeOSMemory() // the garbage of the snapshot
					settle(conn, ready)
				}()
			}
		}
		return errors.New("the watch ended")
	}
}
