package iplink

import (
	"context"
	"fmt"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var rmnetKind = kind{
	config:         "RMNET",
	info:           func() info { return new(RMNetInfo) },
	mtu:            [2]uint32{0, 16384},
	parent:         true,
	hidesNetNS:     true,
	required:       attr.SetOf(uapi.IFLA_RMNET_MUX_ID),
	address:        "an rmnet link has no link-layer address",
	afterCreate:    attr.SetOf(uapi.IFLA_MTU),
	overhead:       rmnetOverhead,
	driver:         "rmnet",
	validateChange: rmnetBefore,
	reason:         rmnetReason,
	defaults:       "multicast off ingress-deaggregation on ingress-commands off ingress-mapv4-checksum off egress-mapv4-checksum off ingress-mapv5-checksum off egress-mapv5-checksum off",
}

// RMNetInfo is the kernel's report of an rmnet link, one channel of a Qualcomm modem. All
// fields but MuxID belong to the parent: the rmnet links on it have the same values.
type RMNetInfo struct {
	// MuxID is the number of the channel (IFLA_RMNET_MUX_ID).
	MuxID uint16
	// IngressDeaggregation takes received frames of several packets apart
	// (RMNET_FLAGS_INGRESS_DEAGGREGATION in IFLA_RMNET_FLAGS).
	IngressDeaggregation bool
	// IngressCommands obeys the modem's commands for flow control
	// (RMNET_FLAGS_INGRESS_MAP_COMMANDS).
	IngressCommands bool
	// IngressChecksumV4 and IngressChecksumV5 take the modem's word for checksums of
	// received packets, in the formats of version 4 and 5 of the protocol, and
	// EgressChecksumV4 and EgressChecksumV5 leave checksums of sent packets to it
	// (RMNET_FLAGS_INGRESS_MAP_CKSUMV4, RMNET_FLAGS_EGRESS_MAP_CKSUMV4,
	// RMNET_FLAGS_INGRESS_MAP_CKSUMV5, RMNET_FLAGS_EGRESS_MAP_CKSUMV5).
	IngressChecksumV4, EgressChecksumV4, IngressChecksumV5, EgressChecksumV5 bool
}

func (v *RMNetInfo) attrs(c *attr.Codec) {
	attr.U16(c, uapi.IFLA_RMNET_MUX_ID, "mux_id", &v.MuxID, 0, 254)
	flags := attr.Bits{Type: uapi.IFLA_RMNET_FLAGS}
	flags.OnOff(c, uapi.RMNET_INGRESS_DEAGGREGATION_BIT, "ingress-deaggregation", &v.IngressDeaggregation)
	flags.OnOff(c, uapi.RMNET_INGRESS_MAP_COMMANDS_BIT, "ingress-commands", &v.IngressCommands)
	flags.OnOff(c, uapi.RMNET_INGRESS_MAP_CKSUMV4_BIT, "ingress-mapv4-checksum", &v.IngressChecksumV4)
	flags.OnOff(c, uapi.RMNET_EGRESS_MAP_CKSUMV4_BIT, "egress-mapv4-checksum", &v.EgressChecksumV4)
	flags.OnOff(c, uapi.RMNET_INGRESS_MAP_CKSUMV5_BIT, "ingress-mapv5-checksum", &v.IngressChecksumV5)
	flags.OnOff(c, uapi.RMNET_EGRESS_MAP_CKSUMV5_BIT, "egress-mapv5-checksum", &v.EgressChecksumV5)
}

// rmnetOverhead is the header of the protocol, and the one for checksums if the kernel
// reserves room for it.
func rmnetOverhead(_ *Link, of info) uint32 {
	const header, checksum = 4, 4
	if v, ok := of.(*RMNetInfo); ok && v.EgressChecksumV4 {
		return header + checksum
	}
	return header
}

// rmnetBefore adds to a change the MuxID of the link, which the kernel wants to see again.
func rmnetBefore(j *job, have *Link) *attr.Error {
	want, ok := j.spec.Info.(*RMNetInfo)
	now, is := have.Info.(*RMNetInfo)
	if !ok || !is || j.infoSet.Empty() || j.infoSet.Has(uapi.IFLA_RMNET_MUX_ID) {
		return nil
	}
	s, all := *j.spec, *want
	all.MuxID, s.Info = now.MuxID, &all
	j.spec = &s
	j.infoSet.Add(uapi.IFLA_RMNET_MUX_ID)
	return nil
}

// rmnetReason returns the meaning of an errno of a new link.
func rmnetReason(errno syscall.Errno) string {
	if errno == syscall.EBUSY {
		return "the parent is a port of a bridge, bond or team, or carries macvlan or ipvlan links"
	}
	return ""
}

// muxIDTaken finds the rmnet link that has the number on the same parent.
func (t *transaction) muxIDTaken(ctx context.Context, s *step, errno syscall.Errno) fact {
	v, ok := s.job.spec.Info.(*RMNetInfo)
	if !ok || s.what > stepChange || errno != syscall.EBUSY && errno != syscall.EINVAL {
		return fact{}
	}
	parent := s.job.parent()
	if have := s.job.have; have != nil {
		parent = have.Parent
	}
	same := func(l *Link) bool {
		has, ok := l.Info.(*RMNetInfo)
		return ok && l.Index != s.job.index && l.Parent == parent && has.MuxID == v.MuxID
	}
	if l := s.job.at.firstOf(ctx, KindRMNet, same); l != nil {
		return fact{"mux_id", fmt.Sprintf("%q has %d on this parent: another MuxID makes room", l.Name, v.MuxID)}
	}
	return fact{}
}
