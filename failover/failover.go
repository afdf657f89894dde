// Package failover finds the net_failover devices of virtual machines and the links
// below them.
package failover

import (
	"cmp"
	"context"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// op is the operation in errors.
const op = "failover"

// driver is the driver name of a net_failover device, as shown by ethtool.
const driver = "net_failover"

// standbyPort is the port name of a virtio-net device that acts as standby.
const standbyPort = "sby"

// A Group is a net_failover device of a virtual machine and the two links below it.
// The standby is a virtio-net device offered as such (VIRTIO_NET_F_STANDBY). The
// primary is a passed-through device, which may come and go, for example during live
// migration. The kernel makes the group when it finds the virtio-net device;
// programs cannot. All three links have the same address, and none has a kind.
type Group struct {
	// Failover is the net_failover device itself, the link to configure.
	Failover *iplink.Link
	// Standby and Primary are the links below it, or nil if currently absent.
	Standby, Primary *iplink.Link
}

// Active returns the link through which the device sends: the primary if it is up
// and has a carrier, otherwise the standby under the same condition, otherwise nil.
func (g *Group) Active() *iplink.Link {
	for _, l := range []*iplink.Link{g.Primary, g.Standby} {
		if l != nil && l.Up() && l.Carrier {
			return l
		}
	}
	return nil
}

// Get returns the net_failover device with the given name or alternative name, in the
// network namespace of the calling thread or where iplink.In, iplink.On and
// iplink.Index say, with its standby and its primary. For any other link, including
// those two, the error matches iplink.ErrKind and describes the link. The error matches
// fs.ErrNotExist if the link does not exist. All errors are of type *iplink.Error.
func Get(ctx context.Context, name string, options ...iplink.OpenOption) (*Group, error) {
	c, err := openlink.Read(ctx, op, "", name, options)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	link := c.Link
	if err := check(own.At(options), link); err != nil {
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

// check returns an error if a link is not a net_failover device.
func check(where *own.Where, link *iplink.Link) error {
	if where.Socket != nil {
		return checkOn(where.Socket, link)
	}
	return where.Enter(func() error {
		rt, err := rtnl.Dial(rtnl.Here)
		if err != nil {
			return &iplink.Error{Op: op, Kind: link.Kind, Name: link.Name, Message: "opening a netlink socket", Err: err}
		}
		defer rt.Close()
		return checkOn(rt, link)
	})
}

func checkOn(rt rtnl.Socket, link *iplink.Link) error {
	text := other(rt, link)
	if text == "" {
		return nil
	}
	return &iplink.Error{Op: op, Kind: link.Kind, Name: link.Name, Message: text, Err: iplink.ErrKind}
}

// other returns a description of a link that is not a net_failover device, or an
// empty string if it is one. The kernel identifies such a device only by its driver.
func other(rt rtnl.Socket, link *iplink.Link) string {
	name, err := rtnl.DriverOf(rt, link.Index)
	if err == nil && name == driver {
		return ""
	}
	if master, _ := rtnl.DriverOf(rt, link.Master); link.Master != 0 && master == driver {
		device, _ := rtnl.NameOf(rt, link.Master)
		return "it is a link under the net_failover device " + device
	}
	return "it is not a net_failover device, its driver is " + cmp.Or(name, "unknown")
}

// add assigns a link to the group by the kernel's rule: the standby is the link on
// the same parent device as the net_failover device.
func (g *Group) add(port *iplink.Link) {
	same := port.Hardware.ParentDev != "" && port.Hardware.ParentDev == g.Failover.Hardware.ParentDev
	if same || port.Hardware.PhysPortName == standbyPort {
		g.Standby = port
	} else {
		g.Primary = port
	}
}
