// Converge maintains a topology: it declares the wanted links, addresses, VLANs and
// forwarding entries, and has iplink.Keep correct every change. Change them from another
// terminal with `ip` and `bridge`.
//
//	sudo go run ./examples/converge
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/veth"
)

const about = `Converge keeps a topology in place: it says what is to be, watches the links, and
puts right what is changed. Break it from another terminal, with ip and bridge, and
end it with Ctrl-C.`

func main() { lab.Main(about, run) }

// wanted returns the wanted links, with VLANs if the kernel's bridge filters them.
func wanted(vlans bool) []iplink.Spec {
	server := fdb.Entry{MAC: net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}, State: fdb.Static}
	br0 := bridge.New("br0").MTU(1400).STP(false).Up().Addr(netip.MustParsePrefix("192.0.2.1/24"))
	port1 := bridge.Port().FDB(server)
	if vlans {
		br0.VLANFiltering(true)
		port1.VLANs(bridge.VLAN{ID: 100, PVID: true, Untagged: true})
	}
	return []iplink.Spec{
		br0,
		veth.New("port1").Master("br0").PortSettings(port1).MTU(1400).Up().Peer(veth.New("host1").MTU(1400).Up()),
		veth.New("port2").Master("br0").MTU(1400).Up().Peer(veth.New("host2").MTU(1400).Up()),
	}
}

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("net")
	if err != nil {
		return err
	}
	conn, err := all[0].Dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	vlans := true
	if _, err := conn.Ensure(ctx, wanted(vlans)...); errors.Is(err, errors.ErrUnsupported) {
		l.Say("This kernel's bridge does not filter VLANs: there are none.")
		vlans = false
	} else if err != nil {
		return err
	}
	return keep(ctx, l, conn, all[0], wanted(vlans))
}

// invite shows the links and says how to change them.
func invite(ctx context.Context, l *lab.Lab, ns *iplink.NetNS) error {
	if err := l.Show(ctx); err != nil {
		return err
	}
	l.Say("Type in another terminal, for example:\n")
	if enter := nsenter(); enter != "" {
		l.Say("  %s", enter)
	}
	for _, words := range []string{
		"ip -n %s link del port1", "ip -n %s link set port2 nomaster", "ip -n %s link add br7 type bridge", "ip -n %s link set port2 master br7", "ip -n %s address del 192.0.2.1/24 dev br0", "ip -n %s link set br0 mtu 1500",
		"bridge -n %s fdb del 02:00:00:00:12:34 dev port1 master", "bridge -n %s vlan del vid 100 dev port1", "ip -n %s link set host2 down",
	} {
		l.Say("  "+words, ns)
	}
	l.Say("")
	return nil
}

// keep has the wanted links kept until ctx ends, and prints each change.
func keep(ctx context.Context, l *lab.Lab, conn *iplink.Conn, ns *iplink.NetNS, wanted []iplink.Spec) error {
	begun := false
	for changes, err := range iplink.Keep(ctx, conn, wanted...) {
		if ctx.Err() != nil {
			return nil
		}
		if err != nil { // the links may be changing at this moment: Keep tries again
			l.Say("not yet put right: %v", err)
		}
		for _, c := range changes {
			if c.Created {
				l.Say("made %s", c.Link.Name)
			} else {
				l.Say("put right %s: %v", c.Link.Name, c.Differences)
			}
		}
		if !begun {
			begun = true
			if err := invite(ctx, l, ns); err != nil {
				return err
			}
		}
	}
	return nil
}

// nsenter returns the command to enter the program's user namespace from another
// terminal, if the program was started without root and therefore has its own.
func nsenter() string {
	users, err := os.ReadFile("/proc/self/uid_map")
	if err != nil || strings.Contains(string(users), "4294967295") {
		return ""
	}
	return fmt.Sprintf("nsenter --target %d --user --mount --net --preserve-credentials", os.Getpid())
}
