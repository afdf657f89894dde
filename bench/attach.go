package main

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// An attachment is the network interface of a container: a veth pair. The host end
// is up, is a port of br0, and has its own MTU and MAC. The other end is up in the
// container's namespace and has an IP address.
type attachment struct {
	host, pod string
	i         int
}

func attachments(n int) []attachment {
	all := make([]attachment, n)
	for i := range all {
		all[i] = attachment{fmt.Sprintf("vh%d", i), fmt.Sprintf("vp%d", i), i}
	}
	return all
}

// An attacher attaches some containers. It may or may not have open sockets in the
// containers' namespace.
type attacher func(l *lab, all []attachment) (work, error)

// attaching is the workload of attaching many containers with one call. attachingOne
// is the workload of attaching one container at a time, where each contestant opens
// its own sockets in the container's namespace.
func attaching() *workload {
	return &workload{
		name: "attach 500 containers", links: 500, few: 3, target: target{ratio: 1.15, peer: 0.35},
		world: makeBridge, check: isAttached, after: detach,
		entrants: []entrant{
			{who: floorName, start: together(attachRaw)},
			{who: ourName, start: together(attachOurs)},
			{who: vishName, start: together(attachVish)},
			{who: jsimName, start: together(attachJsim)},
			{who: ipName, start: together(attachIP)},
		},
	}
}

// attachingRead is attaching with a floor that reads both ends at last, as this library does.
func attachingRead() *workload {
	const unread = "does not read the ends back"
	return &workload{
		name: "attach 500 containers, read back", links: 500, few: 3, target: target{ratio: 1.15},
		world: makeBridge, check: isAttached, after: detach,
		entrants: []entrant{
			{who: floorName, start: together(attachRawRead)},
			{who: ourName, start: together(attachOurs)},
			cannot(vishName, unread), cannot(jsimName, unread), cannot(ipName, unread),
		},
	}
}

func attachingOne() *workload {
	return &workload{
		name: "attach one container, alone", links: 20, few: 1, target: target{ratio: 1.3}, often: 5,
		world: makeBridge, check: isAttached, after: detach,
		entrants: []entrant{
			{who: floorName, start: apart(attachRaw)},
			{who: ourName, start: apart(attachOurs)},
			{who: vishName, start: apart(attachVish)},
			{who: jsimName, start: apart(attachJsim)},
			{who: ipName, start: apart(attachIP)},
		},
	}
}

// together starts a work that attaches all containers at once.
func together(a attacher) func(*lab) (work, error) {
	return func(l *lab) (work, error) { return a(l, attachments(l.n)) }
}

// apart starts a work that attaches one container after another.
func apart(a attacher) func(*lab) (work, error) {
	return func(l *lab) (work, error) {
		var works []work
		for _, one := range attachments(l.n) {
			w, err := a(l, []attachment{one})
			if err != nil {
				return nil, err
			}
			works = append(works, w)
		}
		return do(func() error {
			for _, w := range works {
				if _, err := w(); err != nil {
					return err
				}
			}
			return nil
		}), nil
	}
}

// bridgeIndex is the index of br0.
const bridgeIndex = 7

func makeBridge(l *lab) error {
	m := &messages{}
	createLink(m, bridgeIndex, unix.IFF_UP, "br0", "bridge", nothing, nothing)
	return l.raw.pipeline(m)
}

// detach deletes the pairs and leaves the bridge.
func detach(l *lab) error {
	all, err := l.raw.indexes()
	if err != nil {
		return err
	}
	var pairs []int32
	for _, index := range all {
		if index != bridgeIndex {
			pairs = append(pairs, index)
		}
	}
	return l.raw.pipeline(deletion(pairs))
}

// isAttached checks both ends of all pairs.
func isAttached(l *lab) error {
	ports, pods, addrs := 0, 0, 0
	err := l.raw.each(listLinks(), func(m wire.Message) {
		if isPort(m) {
			ports++
		}
	})
	if err != nil {
		return err
	}
	err = l.rawAway.each(listLinks(), func(m wire.Message) {
		if link, _, _ := wire.ParseLink(m.Data); mayDelete(link) && link.Flags&unix.IFF_UP != 0 {
			pods++
		}
	})
	if err != nil {
		return err
	}
	err = l.rawAway.each(listAddrs(), func(m wire.Message) {
		if m.Data[0] == unix.AF_INET {
			addrs++
		}
	})
	if err == nil && (ports != l.n || pods != l.n || addrs != l.n) {
		err = fmt.Errorf("%d ports, %d other ends that are up and %d addresses, not %d", ports, pods, addrs, l.n)
	}
	return err
}

// isPort reports whether a link is up, is a port of br0, and has the requested MTU
// and MAC.
func isPort(m wire.Message) bool {
	link, attrs, err := wire.ParseLink(m.Data)
	if err != nil || link.Flags&unix.IFF_UP == 0 {
		return false
	}
	good := 0
	for a := range wire.Attrs(attrs) {
		switch {
		case a.Type == uapi.IFLA_MASTER && wire.Order.Uint32(a.Data) == bridgeIndex,
			a.Type == uapi.IFLA_MTU && wire.Order.Uint32(a.Data) == attachMTU,
			a.Type == uapi.IFLA_ADDRESS && a.Data[0] == hostMAC(0)[0] && a.Data[1] == hostMAC(0)[1]:
			good++
		}
	}
	return good == 3
}

// firstIndex is the first interface index that the floor chooses.
const firstIndex = 1 << 20

// attachRaw makes all pairs in one send and configures the other ends in another, on
// a socket that it opens for the purpose. The indexes are chosen in advance.
func attachRaw(l *lab, all []attachment) (work, error) { return attachByFloor(l, all, false) }

// attachRawRead is attachRaw, and reads the ends in the container's namespace, then the host
// ends.
func attachRawRead(l *lab, all []attachment) (work, error) { return attachByFloor(l, all, true) }

func attachByFloor(l *lab, all []attachment, reads bool) (work, error) {
	home, away, ends, hosts := &messages{}, &messages{}, &messages{}, &messages{}
	for _, a := range all {
		pod := int32(firstIndex + 2*a.i + 1)
		createLink(home, pod-1, unix.IFF_UP, a.host, "veth", func(b []byte) []byte {
			b = wire.AppendAttr(b, uapi.IFLA_ADDRESS, hostMAC(a.i))
			b = wire.AppendU32(b, uapi.IFLA_MTU, attachMTU)
			return wire.AppendU32(b, uapi.IFLA_MASTER, bridgeIndex)
		}, func(b []byte) []byte {
			return appendPeer(b, pod, a.pod, func(b []byte) []byte {
				return wire.AppendU32(b, uapi.IFLA_NET_NS_FD, uint32(l.awayFD))
			})
		})
		away.write(uapi.RTM_NEWLINK, 0, func(b []byte) []byte {
			return wire.AppendLink(b, wire.Link{Index: pod, Flags: unix.IFF_UP, Change: unix.IFF_UP})
		})
		away.write(uapi.RTM_NEWADDR, uapi.NLM_F_CREATE|uapi.NLM_F_EXCL, func(b []byte) []byte {
			ip := podAddr(a.i).Addr().AsSlice()
			b = append(b, unix.AF_INET, byte(podAddr(a.i).Bits()), 0, 0)
			b = wire.Order.AppendUint32(b, uint32(pod))
			return wire.AppendAttr(wire.AppendAttr(b, unix.IFA_LOCAL, ip), unix.IFA_ADDRESS, ip)
		})
		if reads {
			readLink(ends, pod)
			readLink(hosts, pod-1)
		}
	}
	return do(func() error {
		if err := l.raw.pipeline(home); err != nil {
			return err
		}
		c, err := dialRawIn(l.awayFD, l.homeFD)
		if err != nil {
			return err
		}
		defer c.close()
		if err := c.pipeline(away); err != nil {
			return err
		}
		if err := c.read(ends); err != nil {
			return err
		}
		return l.raw.read(hosts)
	}), nil
}

// readLink adds a request that reads a link.
func readLink(m *messages, index int32) {
	m.add(uapi.RTM_GETLINK, 0, func(b []byte) []byte { return wire.AppendLink(b, wire.Link{Index: index}) })
}

// dialRawIn opens a socket in the namespace there from a thread in the namespace
// here.
func dialRawIn(there, here int) (*rawConn, error) {
	if err := unix.Setns(there, unix.CLONE_NEWNET); err != nil {
		return nil, err
	}
	c, err := dialRaw()
	if back := unix.Setns(here, unix.CLONE_NEWNET); back != nil {
		return nil, back
	}
	return c, err
}

func attachIP(l *lab, all []attachment) (work, error) {
	netns := fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), l.awayFD)
	home := lines(len(all), func(i int) string {
		a := all[i]
		return fmt.Sprintf("link add %s mtu %d address %s master br0 up type veth peer name %s netns %s",
			a.host, attachMTU, net.HardwareAddr(hostMAC(a.i)), a.pod, netns)
	})
	away := lines(2*len(all), func(i int) string {
		a := all[i/2]
		if i%2 == 0 {
			return "link set " + a.pod + " up"
		}
		return fmt.Sprintf("address add %s dev %s", podAddr(a.i), a.pod)
	})
	create, err := l.batch(all[0].host+"-home", home)
	if err != nil {
		return nil, err
	}
	complete, err := l.batch(all[0].host+"-away", away)
	return do(func() error {
		if err := create(); err != nil {
			return err
		}
		return inNamespace(l.awayFD, l.homeFD, complete)
	}), err
}

// inNamespace runs f with the thread in the namespace there.
func inNamespace(there, here int, f func() error) error {
	if err := unix.Setns(there, unix.CLONE_NEWNET); err != nil {
		return err
	}
	err := f()
	if back := unix.Setns(here, unix.CLONE_NEWNET); back != nil {
		return back
	}
	return err
}
