package iplink

import (
	"cmp"
	"context"
	"fmt"

	"github.com/iplink-go/iplink/internal/rtnl"
)

// failoverDriver is what ethtool calls the driver of a net_failover device.
const failoverDriver = "net_failover"

// standbyPort is the port name of a virtio-net device that is a standby.
const standbyPort = "sby"

// A FailoverGroup is a net_failover device of a virtual machine and the two links
// that it keeps under it: a virtio-net device offered as standby
// (VIRTIO_NET_F_STANDBY) and a device that is passed through, the primary, which
// may come and go, as during live migration. The kernel makes all of it when it
// finds the virtio-net device; no program can. All three have one address, and
// none has a kind.
type FailoverGroup struct {
	// Failover is the net_failover device itself, the one to configure.
	Failover *Link
	// Standby and Primary are the links under it; nil where there is none now.
	Standby, Primary *Link
}

// Active returns the link that the device sends by: the primary while it is up and
// has a carrier, else the standby if that does, else nil.
func (g *FailoverGroup) Active() *Link {
	for _, l := range []*Link{g.Primary, g.Standby} {
		if l != nil && l.Up() && l.Carrier {
			return l
		}
	}
	return nil
}

// Failover returns the net_failover device of that name, which may be an
// alternative one, with its standby and its primary. Of any other link, those
// two included, the error matches ErrKind and says what it is; without such a link
// it matches fs.ErrNotExist.
func (c *Conn) Failover(ctx context.Context, name string) (*FailoverGroup, error) {
	if err := c.unready(ctx, "failover"); err != nil {
		return nil, err
	}
	link, err := c.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	if other := c.notFailover(link); other != "" {
		return nil, &Error{Op: "failover", Kind: link.Kind, Name: name, Message: other, Err: ErrKind}
	}
	ports, err := c.list(ctx, filter{masterIndex: link.Index})
	if err != nil {
		return nil, err
	}
	group := &FailoverGroup{Failover: link}
	for _, port := range ports {
		group.add(port)
	}
	return group, nil
}

// notFailover says what a link is if it is no net_failover device. The kernel
// tells such a device from others by nothing but its driver.
func (c *Conn) notFailover(link *Link) string {
	driver, err := rtnl.DriverOf(c.rt, link.Index)
	switch {
	case err == nil && driver == failoverDriver:
		return ""
	case link.Master == 0:
		return fmt.Sprintf("it is no net_failover device, its driver is %s", cmp.Or(driver, "unknown"))
	}
	if master, _ := rtnl.DriverOf(c.rt, link.Master); master != failoverDriver {
		return fmt.Sprintf("it is no net_failover device, its driver is %s", cmp.Or(driver, "unknown"))
	}
	device, _ := rtnl.NameOf(c.rt, link.Master)
	return "it is a link under the net_failover device " + device
}

// add sorts a link in as the kernel does: the standby is the one that sits on
// the same device as the net_failover device.
func (g *FailoverGroup) add(port *Link) {
	same := port.Hardware.ParentDev != "" && port.Hardware.ParentDev == g.Failover.Hardware.ParentDev
	if same || port.Hardware.PhysPortName == standbyPort {
		g.Standby = port
	} else {
		g.Primary = port
	}
}

// Failover returns a net_failover device in the namespace of the calling thread.
// It is Conn.Failover on a socket of its own.
func Failover(ctx context.Context, name string) (*FailoverGroup, error) {
	return withConn(func(c *Conn) (*FailoverGroup, error) { return c.Failover(ctx, name) })
}
