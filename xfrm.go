package iplink

import (
	"context"
	"fmt"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var xfrmKind = kind{
	config:         "XFRM_INTERFACE",
	info:           func() info { return new(XfrmInfo) },
	mtu:            [2]uint32{68, 65535},
	address:        "an xfrm link has no link-layer address",
	fixed:          xfrmFixed,
	validateChange: xfrmBefore,
	defaults:       withoutARP + " nodev",
}

// XfrmInfo is the kernel's report of an xfrm link.
type XfrmInfo struct {
	// IfID is the number that the IPsec states and policies of the link have
	// (IFLA_XFRM_IF_ID). It is 0 for External.
	IfID uint32
	// Dev is the interface index of the link whose hardware may process the packets, and
	// 0 for none (IFLA_XFRM_LINK). It belongs to the namespace where the link was made.
	Dev int
	// External leaves the number to routes and tc (IFLA_XFRM_COLLECT_METADATA).
	External bool
}

func (v *XfrmInfo) attrs(c *attr.Codec) {
	attr.Index(c.CreateOnly(), uapi.IFLA_XFRM_LINK, "dev", &v.Dev)
	attr.U32(c.Hex(), uapi.IFLA_XFRM_IF_ID, "if_id", &v.IfID, 1, 1<<32-1)
	attr.Flag(c.CreateOnly(), uapi.IFLA_XFRM_COLLECT_METADATA, "external", &v.External)
}

// validate applies the rules of xfrmi_newlink in the kernel.
func (v *XfrmInfo) validate(op string, s *spec) error {
	const text = "cannot go with External, where the number comes with each packet"
	has := s.Set.Has
	switch external := has(uapi.IFLA_XFRM_COLLECT_METADATA); {
	case op == "create" && !external && !has(uapi.IFLA_XFRM_IF_ID):
		return &attr.Error{Name: "if_id", Text: "there is no default for it: set IfID, or External"}
	case external && has(uapi.IFLA_XFRM_IF_ID):
		return &attr.Error{Name: "if_id", Text: text}
	case external && has(uapi.IFLA_XFRM_LINK):
		return &attr.Error{Name: "dev", Text: text}
	}
	return nil
}

// xfrmFixed returns all settings of an external link, which the kernel does not change.
func xfrmFixed(_ *job, have info, changed attr.Set) (fixed attr.Set) {
	if now, ok := have.(*XfrmInfo); ok && now.External {
		return changed
	}
	return fixed
}

// xfrmBefore adds to a change the Dev of the link, which the kernel wants to see again.
func xfrmBefore(j *job, have *Link) *attr.Error {
	want, ok := j.spec.Info.(*XfrmInfo)
	now, is := have.Info.(*XfrmInfo)
	if !ok || !is || now.Dev == 0 || !j.infoSet.Has(uapi.IFLA_XFRM_IF_ID) {
		return nil
	}
	s, all := *j.spec, *want
	all.Dev, s.Info = now.Dev, &all
	j.spec, j.infoRefs = &s, attr.DropRef(j.infoRefs, uapi.IFLA_XFRM_LINK)
	j.infoSet.Add(uapi.IFLA_XFRM_LINK)
	return nil
}

// ifIDTaken finds the xfrm link that has the number, or is external, already.
func (t *transaction) ifIDTaken(ctx context.Context, s *step, errno syscall.Errno) fact {
	want, ok := s.job.spec.Info.(*XfrmInfo)
	if !ok || errno != syscall.EEXIST || s.what > stepChange || s.what == stepCreate && t.taken(s.job) {
		return fact{}
	}
	links, err := (&Conn{rt: s.job.at.rt}).list(ctx, filter{kind: s.job.spec.Kind})
	if err != nil {
		return fact{}
	}
	for _, l := range links {
		has, ok := l.Info.(*XfrmInfo)
		switch {
		case !ok || l.Index == s.job.index || has.External != want.External || has.IfID != want.IfID:
		case want.External:
			return fact{"external", fmt.Sprintf("%q is External already, and a namespace has one such link", l.Name)}
		default:
			return fact{"if_id", fmt.Sprintf("%q has %#x already: another IfID makes room", l.Name, has.IfID)}
		}
	}
	return fact{}
}
