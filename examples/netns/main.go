// Netns makes network namespaces, and performs the operations of `ip netns` on them.
//
//	go run ./examples/netns
package main

import (
	"context"
	"fmt"
	"net"
	"slices"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/lab"
)

const about = `Netns makes network namespaces, and does in them what "ip netns" does.`

func main() { lab.Main(about, run) }

func run(ctx context.Context, l *lab.Lab) error {
	if err := named(ctx, l); err != nil {
		return err
	}
	return unnamed(l)
}

// named performs the operations of `ip netns`: add, list, exec, list-id and del.
func named(ctx context.Context, l *lab.Lab) error {
	name := l.Prefix + "net1"
	net1, err := iplink.CreateNetNS(name)
	if err != nil {
		return err
	}
	defer net1.Close()
	defer iplink.DeleteNetNS(name) // in case of an earlier error
	names, err := iplink.ListNetNS()
	if err != nil {
		return err
	}
	l.Say("created %s; listed: %v", name, slices.Contains(names, name))
	out, err := net1.Command(ctx, "ip", "-brief", "link").Output()
	if err != nil {
		return err
	}
	l.Say("a command started in it sees these links:\n%s", out)
	id, err := net1.ID(ctx)
	if err != nil {
		return err
	}
	l.Say("the caller's namespace knows it by the id %d", id)
	if err := iplink.DeleteNetNS(name); err != nil {
		return err
	}
	if names, err = iplink.ListNetNS(); err != nil {
		return err
	}
	l.Say("deleted %s; listed: %v; it is still open, and usable", name, slices.Contains(names, name))
	return countLinks(l, net1)
}

// countLinks runs a function inside a namespace.
func countLinks(l *lab.Lab, ns *iplink.NetNS) error {
	return ns.Do(func() error {
		links, err := net.Interfaces()
		if err == nil {
			l.Say("a function called in it sees %d link, %s", len(links), links[0].Name)
		}
		return err
	})
}

// unnamed sends a datagram inside an unnamed namespace. It does not leave the
// namespace, which is deleted when the program ends.
func unnamed(l *lab.Lab) error {
	ns, err := iplink.NewNetNS()
	if err != nil {
		return err
	}
	defer ns.Close()
	var server, client net.Conn
	err = ns.Do(func() error {
		if err := upLoopback(); err != nil {
			return err
		}
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return err
		}
		server = conn
		client, err = net.Dial("udp", conn.LocalAddr().String())
		return err
	})
	if server != nil {
		defer server.Close()
	}
	if err != nil {
		return err
	}
	defer client.Close()
	if _, err := fmt.Fprint(client, "hello"); err != nil {
		return err
	}
	buf := make([]byte, 16)
	n, err := server.Read(buf)
	l.Say("in %s %s sent %q to %s", ns, client.LocalAddr(), buf[:n], server.LocalAddr())
	return err
}

func upLoopback() error {
	_, err := iplink.Device("lo").Up().Update(context.Background())
	return err
}
