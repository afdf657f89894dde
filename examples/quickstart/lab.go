package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"slices"

	"github.com/iplink-go/iplink"
)

// A lab is a pair of hosts with their containers.
type lab struct {
	narrator
	prefix string // of the names of all namespaces
	hosts  [2]host
	all    []*iplink.NetNS // the existing namespaces
}

// A host has a bridge for its containers, and an address on the network between the
// hosts.
type host struct {
	name       string
	addr       netip.Prefix
	containers []container
	ns         *iplink.NetNS
}

// A container is a namespace on a bridge.
type container struct {
	name  string
	addrs []netip.Prefix
	ns    *iplink.NetNS
}

// newLab describes the lab, but does not create anything.
func newLab(prefix string, n narrator) *lab {
	return &lab{narrator: n, prefix: prefix, hosts: [2]host{
		{name: "host1", addr: netip.MustParsePrefix("192.0.2.1/24"), containers: []container{
			newContainer("web1", "10.20.0.11/24", "2001:db8:20::11/64"),
			newContainer("db1", "10.20.0.12/24", "2001:db8:20::12/64"),
		}},
		{name: "host2", addr: netip.MustParsePrefix("192.0.2.2/24"), containers: []container{
			newContainer("web2", "10.20.0.21/24", "2001:db8:20::21/64"),
			newContainer("db2", "10.20.0.22/24", "2001:db8:20::22/64"),
		}},
	}}
}

// newContainer describes a container. It omits IPv6 addresses if the kernel runs
// without IPv6.
func newContainer(name string, addrs ...string) container {
	c := container{name: name}
	for _, a := range addrs {
		if prefix := netip.MustParsePrefix(a); prefix.Addr().Is4() || hasIPv6() {
			c.addrs = append(c.addrs, prefix)
		}
	}
	return c
}

func hasIPv6() bool {
	_, err := os.Stat("/proc/net/if_inet6")
	return err == nil
}

// createNetNS creates one of the lab's namespaces.
func (l *lab) createNetNS(ctx context.Context, name string) (ns *iplink.NetNS, err error) {
	name = l.prefix + name
	err = l.step(ctx, "", "ip netns add "+name, func() error {
		ns, err = iplink.CreateNetNS(name)
		return err
	})
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%w: delete it with `ip netns del %s`, or choose another -prefix", err, name)
	}
	if err == nil {
		l.all = append(l.all, ns)
	}
	return ns, err
}

// cleanUp deletes the namespaces and with them their links. It must also work after
// an interruption of the program, so it has no context.
func (l *lab) cleanUp() error {
	l.heading("Cleaning up:")
	var failed error
	for _, ns := range slices.Backward(l.all) {
		err := l.step(context.Background(), "", "ip netns del "+ns.Name(), func() error {
			return errors.Join(iplink.DeleteNetNS(ns.Name()), ns.Close())
		})
		failed = errors.Join(failed, err)
	}
	l.all = nil
	return failed
}
