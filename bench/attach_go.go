package main

import (
	"net"

	"github.com/jsimonetti/rtnetlink/v2"
	jsim "github.com/jsimonetti/rtnetlink/v2/driver"
	vish "github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/veth"
)

func attachOurs(l *lab, all []attachment) (work, error) {
	conn, err := dialOurs(l)
	return do(func() error {
		specs := make([]iplink.Spec, len(all))
		for i, a := range all {
			specs[i] = veth.New(a.host).Master("br0").MTU(attachMTU).Address(net.HardwareAddr(hostMAC(a.i))).Up().
				Peer(veth.New(a.pod).NetNS(l.away).Addr(podAddr(a.i)).Up())
		}
		_, err := conn.Create(background, specs...)
		return err
	}), err
}

func attachVish(l *lab, all []attachment) (work, error) {
	home, err := dialVish(l)
	return do(func() error {
		away, err := vish.NewHandleAt(netns.NsHandle(l.awayFD), unix.NETLINK_ROUTE)
		if err != nil {
			return err
		}
		defer away.Close()
		for _, a := range all {
			if err := attachOneVish(l, home, away, a); err != nil {
				return err
			}
		}
		return nil
	}), err
}

func attachOneVish(l *lab, home, away *vish.Handle, a attachment) error {
	attrs := vishAttrs(a.host)
	attrs.MTU, attrs.HardwareAddr, attrs.MasterIndex, attrs.Flags = attachMTU, hostMAC(a.i), bridgeIndex, net.FlagUp
	if err := home.LinkAdd(&vish.Veth{LinkAttrs: attrs, PeerName: a.pod, PeerNamespace: vish.NsFd(l.awayFD)}); err != nil {
		return err
	}
	pod, err := away.LinkByName(a.pod)
	if err != nil {
		return err
	}
	if err := away.LinkSetUp(pod); err != nil {
		return err
	}
	p := podAddr(a.i)
	ip := &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), 32)}
	return away.AddrAdd(pod, &vish.Addr{IPNet: ip})
}

func attachJsim(l *lab, all []attachment) (work, error) {
	home, err := dialJsim(l)
	return do(func() error {
		away, err := openJsim(l.awayFD)
		if err != nil {
			return err
		}
		defer away.Close()
		for _, a := range all {
			if err := attachOneJsim(l, home, away, a); err != nil {
				return err
			}
		}
		return nil
	}), err
}

func attachOneJsim(l *lab, home, away *rtnetlink.Conn, a attachment) error {
	peer := &rtnetlink.LinkMessage{Attributes: &rtnetlink.LinkAttributes{Name: a.pod, NetNS: rtnetlink.NetNSForFD(uint32(l.awayFD))}}
	master := uint32(bridgeIndex)
	err := home.Link.New(&rtnetlink.LinkMessage{Flags: unix.IFF_UP, Change: unix.IFF_UP, Attributes: &rtnetlink.LinkAttributes{
		Name: a.host, MTU: attachMTU, Address: hostMAC(a.i), Master: &master,
		Info: &rtnetlink.LinkInfo{Kind: "veth", Data: &jsim.Veth{PeerInfo: peer}},
	}})
	if err != nil {
		return err
	}
	pod, err := getJsim(away, a.pod)
	if err != nil {
		return err
	}
	if err := away.Link.Set(&rtnetlink.LinkMessage{Index: pod.Index, Flags: unix.IFF_UP, Change: unix.IFF_UP}); err != nil {
		return err
	}
	p := podAddr(a.i)
	ip := net.IP(p.Addr().AsSlice())
	return away.Address.New(&rtnetlink.AddressMessage{
		Family: unix.AF_INET, PrefixLength: uint8(p.Bits()), Index: pod.Index,
		Attributes: &rtnetlink.AddressAttributes{Address: ip, Local: ip},
	})
}
