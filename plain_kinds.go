package iplink

import (
	"context"
	"fmt"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// The smallest kinds: at most one setting of their own, and few rules.

var dummyKind = kind{
	config:   "DUMMY",
	defaults: withoutARP,
}

var ifbKind = kind{
	config:   "IFB",
	defaults: withoutARP + " txqueuelen 32",
}

var vsockmonKind = kind{
	config:   "VSOCKMON",
	mtu:      [2]uint32{32, 1<<31 - 1}, // from the header of a message on
	address:  "a vsockmon has no address",
	defaults: withoutARP,
}

var virtwifiKind = kind{
	config:   "VIRT_WIFI",
	mtu:      [2]uint32{68, 1500},
	parent:   true,
	overhead: noOverhead,
	address:  "a virt_wifi has the address of its parent",
	reason:   virtwifiReason,
}

// virtwifiReason returns the meaning of an errno without a message from the driver.
func virtwifiReason(errno syscall.Errno) string {
	if errno == syscall.EBUSY {
		return "the parent has a virt_wifi, is a port of a bridge, bond or team, or carries macvlan links"
	}
	return ""
}

var lowpanKind = kind{
	config:  "IEEE802154_6LOWPAN",
	parent:  true,
	addrLen: 8,
	address: "a lowpan has the address of its parent",
	reason:  lowpanReason,
}

// lowpanReason returns the meaning of an errno without a message from the driver.
func lowpanReason(errno syscall.Errno) string {
	switch errno {
	case syscall.EBUSY:
		return "the parent has a lowpan link already"
	case syscall.EINVAL:
		return "the parent must be an IEEE 802.15.4 device, such as wpan0, in the namespace of the link"
	}
	return ""
}

var netdevsimKind = kind{
	config: "NETDEVSIM",
	maker:  "a netdevsim link is a port of a simulated device: echo '1 1' >/sys/bus/netdevsim/new_device makes device 1 with one port",
	taker:  "a netdevsim link goes with its simulated device: echo 1 >/sys/bus/netdevsim/del_device removes device 1",
}

var openvswitchKind = kind{
	config: "OPENVSWITCH",
	maker:  "an openvswitch link is a port of an Open vSwitch bridge: ovs-vsctl add-port BRIDGE NAME -- set Interface NAME type=internal",
	taker:  "an openvswitch link is a port of an Open vSwitch bridge: ovs-vsctl del-port NAME",
}

var dsaKind = kind{
	config:   "NET_DSA",
	info:     func() info { return new(DSAInfo) },
	hardware: "a port of a switch is there when the driver of the switch finds the hardware; Update changes it",
}

// DSAInfo holds the attributes of a port of a switch.
type DSAInfo struct {
	// Conduit is the interface index of the link that carries the frames between the
	// switch and the processor (IFLA_DSA_CONDUIT).
	Conduit int
}

func (d *DSAInfo) attrs(c *attr.Codec) {
	attr.Index(c, uapi.IFLA_DSA_CONDUIT, "conduit", &d.Conduit)
}

var wwanKind = kind{
	config:    "WWAN",
	info:      func() info { return new(WWANInfo) },
	parentDev: "a wwan link is a session of a modem, such as wwan0: name it with ParentDev",
	required:  attr.SetOf(uapi.IFLA_WWAN_LINK_ID),
	reason:    wwanReason,
}

// WWANInfo holds the attributes of a wwan link. Hardware.ParentDev of the Link is the
// modem.
type WWANInfo struct {
	// LinkID is the number of the data session on the modem (IFLA_WWAN_LINK_ID).
	LinkID uint32
}

func (w *WWANInfo) attrs(c *attr.Codec) {
	attr.U32(c.CreateOnly(), uapi.IFLA_WWAN_LINK_ID, "linkid", &w.LinkID)
}

// wwanReason returns the meaning of an errno without a message from the driver.
func wwanReason(errno syscall.Errno) string {
	switch errno {
	case syscall.ENODEV:
		return "there is no modem with the name of ParentDev: /sys/class/wwan has the names"
	case syscall.EOPNOTSUPP:
		return "the driver of the modem makes no links for sessions"
	case syscall.EBUSY, syscall.EEXIST:
		return "the session of the modem has a link already: give the link another LinkID"
	}
	return ""
}

var pfcpKind = kind{
	config:     "PFCP",
	since:      attr.Version{Major: 6, Minor: 10},
	tunnel:     true,
	hidesNetNS: true,
	address:    "a pfcp link has no link-layer address",
	sizes:      pfcpSizes,
	defaults:   "arp off mtu 0",
}

// pfcpSizes rejects an MTU with which IPv4 or IPv6 would use the link. The driver has no
// function that sends, and the kernel calls it regardless (Linux 6.10 to 7.3).
func pfcpSizes(mtu uint32) string {
	if mtu < 68 {
		return ""
	}
	return fmt.Sprintf("with %d, IP sends on the link, the driver cannot, and the kernel crashes: up to 67 it only receives", mtu)
}

// pfcpPort is the UDP port of the protocol (3GPP TS 29.244, section 6.6).
const pfcpPort = 8805

// sessionPortTaken finds the owner of the UDP port on which the link is to receive.
func (t *transaction) sessionPortTaken(ctx context.Context, s *step, errno syscall.Errno) fact {
	j := s.job
	if j.spec.Kind != KindPFCP || errno != syscall.EADDRINUSE || s.what != stepCreate {
		return fact{}
	}
	for _, p := range []*nsConn{j.under, j.at} {
		if l := p.firstOf(ctx, KindPFCP, func(*Link) bool { return true }); l != nil {
			return fact{text: fmt.Sprintf("a namespace has one pfcp link, and that is %q here", l.Name)}
		}
	}
	return fact{text: fmt.Sprintf("UDP port %d is taken by %s", pfcpPort, t.portOwner(ctx, j.under, j.index, pfcpPort))}
}
