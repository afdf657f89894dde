package iplink

import (
	"context"
	"fmt"
	"syscall"
)

// vxlanPort is the UDP port of a VXLAN link unless it is set, and unless the module
// was given another.
const vxlanPort = 8472

// udpPortTaken says who has the UDP port that a VXLAN link is to receive on, which
// it opens when it comes up.
func (t *transaction) udpPortTaken(ctx context.Context, s *step, errno syscall.Errno) fact {
	if errno != syscall.EADDRINUSE || s.what > stepChange {
		return fact{}
	}
	v, below := s.vxlan(ctx)
	if v == nil {
		return fact{}
	}
	port := v.portOr(vxlanPort)
	return fact{"dstport", fmt.Sprintf("UDP port %d is taken by %s: give the link another Port", port, t.portOwner(ctx, below, s.job.index, port))}
}

// vxlan returns what is known of the VXLAN link that a step is about, and where its
// socket is, nil if that is unknown; nil if the link is of another kind.
func (s *step) vxlan(ctx context.Context) (v *VXLANInfo, below *place) {
	j := s.job
	if s.what == stepCreate {
		v, _ = j.spec.Info.(*VXLANInfo)
		return v, j.under
	}
	link, err := j.at.readIndex(ctx, j.index)
	if err != nil {
		return nil, nil
	}
	v, _ = link.Info.(*VXLANInfo)
	if link.NetNSID >= 0 {
		return v, nil
	}
	return v, j.at
}

func (v *VXLANInfo) portOr(unset uint16) uint16 {
	if v.Port == 0 {
		return unset
	}
	return v.Port
}

// portOwner says who has a UDP port: a VXLAN link other than that of an index, or a
// process.
func (t *transaction) portOwner(ctx context.Context, p *place, index int, port uint16) string {
	const unknown = "another socket"
	if p == nil {
		return unknown
	}
	for _, l := range p.vxlans(ctx) {
		if v := l.Info.(*VXLANInfo); l.Up() && l.Index != index && v.Port == port {
			return fmt.Sprintf("%q, which shares it only with links that have the same GBP, GPE, External and LocalBind", l.Name)
		}
	}
	ns, err := t.namespace(p)
	if err != nil {
		return unknown
	}
	if owner := udpOwner(ns, port); owner != "" {
		return owner
	}
	return unknown
}

// vxlans returns the VXLAN links in a place that can be read.
func (p *place) vxlans(ctx context.Context) []*Link {
	links, err := (&Conn{rt: p.rt}).list(ctx, filter{kind: KindVXLAN})
	if err != nil {
		return nil
	}
	var all []*Link
	for _, l := range links {
		if _, ok := l.Info.(*VXLANInfo); ok {
			all = append(all, l)
		}
	}
	return all
}

// vniTaken says which link has the VNI, on the same UDP port.
func (t *transaction) vniTaken(ctx context.Context, s *step, errno syscall.Errno) fact {
	v, ok := s.job.spec.Info.(*VXLANInfo)
	if !ok || errno != syscall.EEXIST || s.what != stepCreate || t.taken(s.job) {
		return fact{}
	}
	for _, p := range []*place{s.job.under, s.job.at} {
		for _, l := range p.vxlans(ctx) {
			has := l.Info.(*VXLANInfo)
			if has.VNI == v.VNI && has.Port == v.portOr(has.Port) {
				return fact{text: fmt.Sprintf("%q has VNI %d on UDP port %d: another Port makes room", l.Name, has.VNI, has.Port)}
			}
		}
	}
	return fact{}
}
