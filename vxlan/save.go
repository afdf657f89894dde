package vxlan

import (
	"context"
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// Objects makes iplink.Save include the networks of links with the setting VNIFilter, as
// the setter VNIs has them, and the forwarding entries of such links. Programs without it
// do not contain the reader.
func Objects() iplink.SaveOption {
	return iplink.SaveObjects(save)
}

// save is an own.Saver.
func save(ctx context.Context, conn *rtnl.Conn, links map[int]*own.Saved) error {
	filters := map[int]*iplink.VXLANInfo{}
	for index, l := range links {
		if v, ok := l.Info.(*iplink.VXLANInfo); ok && v.VNIFilter {
			filters[index] = v
		}
	}
	if len(filters) == 0 {
		return nil
	}
	all, err := readAllVNIs(ctx, conn, 0)
	if err != nil {
		return err
	}
	for index := range filters {
		addVNIs(links[index].Link, false, singly(all[index]))
	}
	return fdbmsg.SaveTunnels(ctx, conn, links, func(l *own.Saved) func(*fdb.Entry) bool {
		v := filters[l.Index]
		if v == nil {
			return nil
		}
		return fdbmsg.Floods(v.Remote, v.VNI, func(network uint32, dst netip.Addr) bool { return hasGroup(all[l.Index], network, dst) })
	})
}

// singly returns networks with those one by one that have a group, as the setter takes
// them.
func singly(networks []VNIs) (all []VNIs) {
	for _, n := range networks {
		if !n.Group.IsValid() {
			all = append(all, n)
			continue
		}
		for number := n.First; number <= n.Last; number++ {
			all = append(all, VNIs{First: number, Last: number, Group: n.Group})
		}
	}
	return all
}

// hasGroup reports whether a network has a group.
func hasGroup(networks []VNIs, number uint32, group netip.Addr) bool {
	for _, n := range networks {
		if n.First <= number && number <= n.Last {
			return n.Group == group
		}
	}
	return false
}
