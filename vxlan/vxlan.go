// Package vxlan makes VXLAN links: Ethernet through UDP, RFC 7348.
//
// New makes one. Open manages the tables of an existing link: the remote end points
// of addresses (FDB), and the networks whose frames the link accepts (VNI).
package vxlan

import "github.com/iplink-go/iplink"

// Policies for the don't-fragment bit of the outer IPv4 packet.
const (
	DFUnset   = iplink.VXLANDFUnset   // never
	DFSet     = iplink.VXLANDFSet     // always
	DFInherit = iplink.VXLANDFInherit // as in the inner packet
)

// Sources of the IPv6 flow label.
const (
	LabelFixed   = iplink.VXLANLabelFixed   // the FlowLabel setting
	LabelInherit = iplink.VXLANLabelInherit // the inner packet
)
