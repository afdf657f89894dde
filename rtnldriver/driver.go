// Package rtnldriver makes builders of iplink usable as drivers of package
// github.com/jsimonetti/rtnetlink/v2, and such drivers usable as builders.
//
// Driver and PortDriver are for programs that send links with an rtnetlink.Conn and
// need the settings that iplink supports. FromDriver is for programs that have their
// own driver and need the verbs of iplink.
package rtnldriver

import (
	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/mdlayher/netlink"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/wire"
)

// A LinkDriver is a kind of link for the LinkService of package rtnetlink. Driver
// returns one.
type LinkDriver struct {
	kind  string
	spec  iplink.Spec // for Encode
	given bool        // spec was given to Driver, even if nil
	info  any         // the result of Decode, nil before it
}

var _ rtnetlink.LinkDriver = (*LinkDriver)(nil)

// Driver returns the kind-specific settings of spec, for LinkInfo.Data of an
// rtnetlink.LinkMessage, or for rtnetlink.RegisterDriver. The message has its own
// fields for the name, which is not taken from spec, and for the settings common to
// all links: setting those in spec as well is an error of Encode. A link given by
// name is also an error, since a driver cannot look up its index: use DevIndex of
// package vxlan in place of Dev. A peer is included, and the kernel must be able to
// make it in one request. Its NetNS must stay open until the message is sent.
func Driver(spec iplink.Spec) *LinkDriver {
	kind, _, _ := iplink.KindData(spec) // Encode reports the error
	return &LinkDriver{kind: kind, spec: spec, given: true}
}

// Kind returns the kernel's name for the kind, such as "vxlan"
// (IFLA_INFO_KIND).
func (d *LinkDriver) Kind() string {
	return d.kind
}

// New returns a driver of the same kind without settings, for Decode.
func (d *LinkDriver) New() rtnetlink.LinkDriver {
	return &LinkDriver{kind: d.kind}
}

// Encode writes the settings that Driver was given (IFLA_INFO_DATA). The error for
// an invalid setting is an *iplink.Error, as in Create. Encode does not write the
// result of Decode: the kernel does not accept its own reports as requests.
func (d *LinkDriver) Encode(ae *netlink.AttributeEncoder) error {
	if !d.given {
		return nil
	}
	_, data, err := iplink.KindData(d.spec)
	if err != nil {
		return err
	}
	return copyAttrs(ae, data)
}

// Decode reads the kernel's report of a link of the kind (IFLA_INFO_DATA).
func (d *LinkDriver) Decode(ad *netlink.AttributeDecoder) (err error) {
	d.info, err = iplink.ParseKindData(d.kind, attrsOf(ad))
	return err
}

// Info returns the result of Decode, such as *iplink.VXLANInfo, in the form of
// Link.Info. It is nil before Decode, or if the kind has no settings of its own. It
// does not include reports elsewhere in the message, such as VethInfo.Peer.
func (d *LinkDriver) Info() any {
	return d.info
}

// attrsOf returns the attributes of a decoder as bytes.
func attrsOf(ad *netlink.AttributeDecoder) (b []byte) {
	for ad.Next() {
		b = wire.AppendAttr(b, ad.Type(), ad.Bytes())
	}
	return b
}

// copyAttrs writes the attributes in b, with their flags.
func copyAttrs(ae *netlink.AttributeEncoder, b []byte) error {
	at := 0
	for a, err := range wire.Attrs(b) {
		if err != nil {
			return err
		}
		ae.Bytes(wire.Order.Uint16(b[at+2:]), a.Data)
		at += wire.Align(wire.AttrLen + len(a.Data))
	}
	return nil
}
