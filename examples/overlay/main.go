// Overlay connects a number of hosts through VXLAN, with forwarding entries in place
// of multicast: each host has an entry for each address on the other hosts.
//
//	go run ./examples/overlay -hosts 4
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

const about = `Overlay joins a number of hosts by VXLAN, with forwarding entries in place of
multicast: each host is told behind which other one each address is.`

func main() {
	hosts := flag.Int("hosts", 3, "how many hosts, 2 to 50")
	lab.Main(about, func(ctx context.Context, l *lab.Lab) error { return run(ctx, l, *hosts) })
}

// A host has an address on the underlay, and an IP address with a link-layer address
// on the overlay.
type host struct {
	ns           *iplink.NetNS
	outer, inner netip.Prefix
	mac          net.HardwareAddr
}

func run(ctx context.Context, l *lab.Lab, n int) error {
	if n < 2 || n > 50 {
		return fmt.Errorf("%d hosts: choose 2 to 50", n)
	}
	hosts, err := build(ctx, l, n)
	if err != nil {
		return err
	}
	for i, h := range hosts {
		if err := h.ns.Do(func() error { return h.tell(ctx, l, i, hosts) }); err != nil {
			return err
		}
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	for _, from := range hosts {
		for _, to := range hosts {
			if from.ns == to.ns {
				continue
			}
			if _, err := packet.Ping(ctx, from.ns, to.inner.Addr()); err != nil {
				return err
			}
		}
	}
	l.Say("each of %d hosts reaches each other: %d pings were answered", n, n*(n-1))
	return nil
}

// build makes the underlay, which is a switch with a cable to each host, and the
// VXLANs. The VXLANs do not learn, and have only the remotes that tell adds.
func build(ctx context.Context, l *lab.Lab, n int) (hosts []host, err error) {
	underlay, err := l.NetNS("underlay")
	if err != nil {
		return nil, err
	}
	links := []iplink.Spec{bridge.New("br0").MTU(1550).Up()}
	for i := range n {
		ns, err := l.NetNS(fmt.Sprintf("host%d", i+1))
		if err != nil {
			return nil, err
		}
		h := host{
			ns:    ns[0],
			outer: netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)}), 24),
			inner: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 24),
			mac:   net.HardwareAddr{0x02, 0, 0, 0, 0, byte(i + 1)},
		}
		hosts = append(hosts, h)
		port := veth.New(fmt.Sprintf("port%d", i+1)).MTU(1550).Master("br0").Up()
		links = append(links, port.Peer(veth.New("eth0").NetNS(h.ns).MTU(1550).Addr(h.outer).Up()),
			vxlan.New("vx0").NetNS(h.ns).LinkNetNS(h.ns).VNI(100).Local(h.outer.Addr()).Dev("eth0").Port(4789).Learning(false).Address(h.mac).Addr(h.inner).Up())
	}
	_, err = l.Create(ctx, underlay[0], links...)
	return hosts, err
}

// tell adds two entries for each other host: one for frames to the host's own
// address, and one for copies of broadcast and multicast frames.
func (h host) tell(ctx context.Context, l *lab.Lab, self int, hosts []host) error {
	vtep, err := vxlan.Open(ctx, "vx0")
	if err != nil {
		return err
	}
	defer vtep.Close()
	for i, other := range hosts {
		if i == self {
			continue
		}
		known := fdb.Entry{MAC: other.mac, Dst: other.outer.Addr(), State: fdb.Permanent}
		if err := vtep.ReplaceFDB(ctx, known); err != nil {
			return err
		}
		if err := vtep.AppendFDB(ctx, fdb.Entry{MAC: vxlan.AllOthers(), Dst: other.outer.Addr()}); err != nil {
			return err
		}
		l.Say("%s: %s", h.ns, known)
	}
	return nil
}
