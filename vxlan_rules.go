package iplink

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// portRange is the pair of UDP source ports, in network byte order.
type portRange VXLANInfo

// AppendPayload appends low and high.
func (r *portRange) AppendPayload(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, r.PortLow)
	return binary.BigEndian.AppendUint16(b, r.PortHigh)
}

// ParsePayload reads low and high.
func (r *portRange) ParsePayload(b []byte) error {
	if len(b) != 4 {
		return fmt.Errorf("%d bytes where 4 are due", len(b))
	}
	r.PortLow, r.PortHigh = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	return nil
}

// AppendWords appends both ports.
func (r *portRange) AppendWords(b []byte) []byte {
	return fmt.Appendf(b, "%d %d", r.PortLow, r.PortHigh)
}

// Check refuses a range that ends before it begins.
func (r *portRange) Check() error {
	if r.PortHigh < r.PortLow {
		return fmt.Errorf("the range %d…%d ends before it begins", r.PortLow, r.PortHigh)
	}
	return nil
}

// require holds the rules of vxlan_config_validate in the kernel.
func (v *VXLANInfo) require(s *spec) error {
	has := func(typ uint16) bool { return s.set.Has(typ) }
	dev := has(uapi.IFLA_VXLAN_LINK)
	return errors.Join(v.requireAddrs(has(uapi.IFLA_VXLAN_GROUP), has(uapi.IFLA_VXLAN_LOCAL), dev),
		v.requireModes(has))
}

func (v *VXLANInfo) requireAddrs(remote, local, dev bool) error {
	switch {
	case remote && local && v.Remote.Is4() != v.Local.Is4():
		return &attr.Error{Name: "local", Text: fmt.Sprintf("%v and remote %v are of different families", v.Local, v.Remote)}
	case local && v.Local.IsMulticast():
		return &attr.Error{Name: "local", Text: fmt.Sprintf("%v is a multicast address", v.Local)}
	case remote && v.Remote.IsMulticast() && !dev:
		return &attr.Error{Name: "dev", Text: fmt.Sprintf("the multicast group %v needs Dev", v.Remote)}
	case remote && v.Remote.Is6() && v.Remote.IsLinkLocalUnicast() && !dev:
		return &attr.Error{Name: "dev", Text: fmt.Sprintf("the link-local address %v needs Dev", v.Remote)}
	}
	return nil
}

func (v *VXLANInfo) requireModes(has func(uint16) bool) error {
	external := has(uapi.IFLA_VXLAN_COLLECT_METADATA) && v.External
	switch {
	case v.VNIFilter && !external:
		return &attr.Error{Name: "vnifilter", Text: "needs External"}
	case v.GPE && !external:
		return &attr.Error{Name: "gpe", Text: "needs External"}
	case v.GPE && (v.Learning || !has(uapi.IFLA_VXLAN_LEARNING)):
		return &attr.Error{Name: "gpe", Text: "needs Learning(false)"}
	case v.GPE && v.GBP:
		return &attr.Error{Name: "gpe", Text: "cannot go with GBP"}
	}
	return nil
}

// A VXLANDF says how the don't-fragment bit of the outer IPv4 packet is set.
type VXLANDF uint8

// Ways to set the don't-fragment bit.
const (
	VXLANDFUnset   VXLANDF = iota // never
	VXLANDFSet                    // always
	VXLANDFInherit                // as in the inner packet
)

var vxlanDFs = attr.Words{"unset", "set", "inherit"}

// String returns the word of iproute2.
func (d VXLANDF) String() string {
	return attr.Word(vxlanDFs, d)
}

// A VXLANLabelPolicy says where the IPv6 flow label comes from.
type VXLANLabelPolicy uint32

// Sources of the flow label.
const (
	VXLANLabelFixed   VXLANLabelPolicy = iota // FlowLabel
	VXLANLabelInherit                         // the inner packet
)

var vxlanLabelPolicies = attr.Words{"fixed", "inherit"}

// String returns the kernel's word.
func (p VXLANLabelPolicy) String() string {
	return attr.Word(vxlanLabelPolicies, p)
}
