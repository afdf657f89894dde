// Package rmnet makes rmnet links, the channels of a Qualcomm modem: the multiplexing and
// aggregation protocol (MAP) carries them over one link, such as wwan0 or rmnet_ipa0.
package rmnet

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes an rmnet link, IP packets without a link layer over its Parent.
//
// All settings but MuxID belong to the Parent. A change of one changes it for the other
// rmnet links there, too, and a new link sets those that it does not name to their
// defaults.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the rmnet link with the given name. It needs a Parent and a
// MuxID.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindRMNet, name, new(iplink.RMNetInfo))
	return b
}

// Info returns the link's own rmnet settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.RMNetInfo, bool) {
	info, ok := link.Info.(*iplink.RMNetInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.RMNetInfo {
	return own.Put[iplink.RMNetInfo](b.Own(b), number)
}

// bit is set for a bit of IFLA_RMNET_FLAGS.
func (b *Builder) bit(n uint) *iplink.RMNetInfo {
	return b.set(attr.Bit(n))
}

// MuxID sets the number of the channel, 0 to 254, which no other link on the Parent may
// have (IFLA_RMNET_MUX_ID).
func (b *Builder) MuxID(number uint16) *Builder {
	b.set(uapi.IFLA_RMNET_MUX_ID).MuxID = number
	return b
}

// IngressDeaggregation takes received frames of several packets apart, on by default
// (RMNET_FLAGS_INGRESS_DEAGGREGATION in IFLA_RMNET_FLAGS).
func (b *Builder) IngressDeaggregation(on bool) *Builder {
	b.bit(uapi.RMNET_INGRESS_DEAGGREGATION_BIT).IngressDeaggregation = on
	return b
}

// IngressCommands obeys commands of the modem that stop and start a channel, off by
// default (RMNET_FLAGS_INGRESS_MAP_COMMANDS in IFLA_RMNET_FLAGS).
func (b *Builder) IngressCommands(on bool) *Builder {
	b.bit(uapi.RMNET_INGRESS_MAP_COMMANDS_BIT).IngressCommands = on
	return b
}

// IngressChecksumV4 expects the modem's checksums behind received packets, in the format
// of version 4 of the protocol, off by default (RMNET_FLAGS_INGRESS_MAP_CKSUMV4 in
// IFLA_RMNET_FLAGS).
func (b *Builder) IngressChecksumV4(on bool) *Builder {
	b.bit(uapi.RMNET_INGRESS_MAP_CKSUMV4_BIT).IngressChecksumV4 = on
	return b
}

// EgressChecksumV4 leaves the checksums of sent packets to the modem, with a header of
// version 4 of the protocol, off by default. It takes 4 bytes of the MTU of each rmnet
// link on the Parent (RMNET_FLAGS_EGRESS_MAP_CKSUMV4 in IFLA_RMNET_FLAGS).
func (b *Builder) EgressChecksumV4(on bool) *Builder {
	b.bit(uapi.RMNET_EGRESS_MAP_CKSUMV4_BIT).EgressChecksumV4 = on
	return b
}

// IngressChecksumV5 is IngressChecksumV4 for version 5 of the protocol
// (RMNET_FLAGS_INGRESS_MAP_CKSUMV5 in IFLA_RMNET_FLAGS).
func (b *Builder) IngressChecksumV5(on bool) *Builder {
	b.bit(uapi.RMNET_INGRESS_MAP_CKSUMV5_BIT).IngressChecksumV5 = on
	return b
}

// EgressChecksumV5 is EgressChecksumV4 for version 5 of the protocol, and leaves the MTU
// alone (RMNET_FLAGS_EGRESS_MAP_CKSUMV5 in IFLA_RMNET_FLAGS).
func (b *Builder) EgressChecksumV5(on bool) *Builder {
	b.bit(uapi.RMNET_EGRESS_MAP_CKSUMV5_BIT).EgressChecksumV5 = on
	return b
}
