// Package failover finds net_failover devices of virtual machines, and the links
// under them.
package failover

import (
	"cmp"
	"context"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// driver is what ethtool calls the driver of a net_failover device.
const driver = "net_failover"

// standbyPort is the port name of a virtio-net device that is a standby.
const standbyPort = "sby"

// A Group is a net_failover device of a virtual machine and the two links
// that it keeps under it: a virtio-net device offered as standby
// (VIRTIO_NET_F_STANDBY) and a device that is passed through, the primary, which
// may come and go, as during live migration. The kernel makes all of it when it
// finds the virtio-net device; no program can. All three have one address, and
// none has a kind.
type Group struct {
	// Failover is the net_failover device itself, the one to configure.
	Failover *iplink.Link
	// Standby and Primary are the links under it; nil where there is none now.
	Standby, Primary *iplink.Link
}

// Active returns the link that the device sends by: the primary while it is up and
// has a carrier, else the standby if that does, else nil.
func (g *Group) Active() *iplink.Link {
	for _, l := range []*iplink.Link{g.Primary, g.Standby} {
		if l != nil && l.Up() && l.Carrier {
			return l
		}
	}
	return nil
}

// Get returns the net_failover device of that name, which may be an alternative
// one, in the network namespace of the calling thread, with its standby and its
// primary. Of any other link, those two included, the error matches
// iplink.ErrKind and says what it is; without such a link it matches
// fs.ErrNotExist. All errors are of type *iplink.Error.
func Get(ctx context.Context, name string) (*Group, error) {
	c, err := iplink.Dial()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	link, err := c.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := check(link, name); err != nil {
		return nil, err
	}
	ports, err := c.List(ctx, iplink.OfMasterIndex(link.Index))
	if err != nil {
		return nil, err
	}
	group := &Group{Failover: link}
	for _, port := range ports {
		group.add(port)
	}
	return group, nil
}

// check returns an error if a link is no net_failover device.
func check(link *iplink.Link, name string) error {
	e := &iplink.Error{Op: "failover", Kind: link.Kind, Name: name}
	rt, err := rtnl.Dial(rtnl.Here)
	if err != nil {
		e.Message, e.Err = "opening a netlink socket", err
		return e
	}
	defer rt.Close()
	if e.Message, e.Err = other(rt, link), iplink.ErrKind; e.Message != "" {
		return e
	}
	return nil
}

// other says what a link is if it is no net_failover device, and is empty if it is
// one. The kernel tells such a device from others by nothing but its driver.
func other(rt rtnl.Socket, link *iplink.Link) string {
	name, err := rtnl.DriverOf(rt, link.Index)
	if err == nil && name == driver {
		return ""
	}
	if master, _ := rtnl.DriverOf(rt, link.Master); link.Master != 0 && master == driver {
		device, _ := rtnl.NameOf(rt, link.Master)
		return "it is a link under the net_failover device " + device
	}
	return "it is no net_failover device, its driver is " + cmp.Or(name, "unknown")
}

// add sorts a link in as the kernel does: the standby is the one that sits on
// the same device as the net_failover device.
func (g *Group) add(port *iplink.Link) {
	same := port.Hardware.ParentDev != "" && port.Hardware.ParentDev == g.Failover.Hardware.ParentDev
	if same || port.Hardware.PhysPortName == standbyPort {
		g.Standby = port
	} else {
		g.Primary = port
	}
}
