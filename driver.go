package iplink

import (
	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/mdlayher/netlink"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/wire"
)

// A LinkDriver is a kind of link, or of a port, for the LinkService of package
// github.com/jsimonetti/rtnetlink/v2; Driver and PortDriver return one.
type LinkDriver struct {
	kind string
	spec Spec      // what Encode writes; may be nil
	port *portSpec // likewise, of a port
	info info      // what was decoded, nil if nothing was
}

var _ rtnetlink.LinkDriver = (*LinkDriver)(nil)

// Driver returns the settings that only links of the kind of spec have, for
// LinkInfo.Data of an rtnetlink.LinkMessage, or for rtnetlink.RegisterDriver. The
// message has fields of its own for the name, which is not taken from spec, and
// for what every link has: setting that in spec as well is an error of Encode.
// So is a link by name, as a driver cannot look up its index: VXLAN.DevIndex
// does where VXLAN.Dev does not. A peer goes along, and must be as the kernel
// can make it in one request; its NetNS must stay open until the message is sent.
func Driver(spec Spec) *LinkDriver {
	return &LinkDriver{kind: spec.wanted().kind, spec: spec}
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

// Encode writes the settings that Driver was given (IFLA_INFO_DATA). What is wrong
// with them is an *Error, as of Create. What was decoded is not written: what the
// kernel reports it does not take as a request.
func (d *LinkDriver) Encode(ae *netlink.AttributeEncoder) error {
	if d.spec == nil {
		return nil
	}
	s := d.spec.wanted()
	if err := s.checkDriver(); err != nil {
		return err
	}
	var c attr.Codec
	var b []byte
	if s.info != nil {
		b = s.about().table().Encode(&c, nil, s.set, s.refs, s.info)
	}
	b, err := s.appendDriverPeer(b)
	if err != nil {
		return err
	}
	return copyAttrs(ae, b)
}

// Decode reads what the kernel reports of a link of the kind (IFLA_INFO_DATA).
func (d *LinkDriver) Decode(ad *netlink.AttributeDecoder) error {
	return d.decode(ad, newInfo(d.kind))
}

func (d *LinkDriver) decode(ad *netlink.AttributeDecoder, to info) error {
	if d.info = to; to == nil {
		return nil
	}
	var b []byte
	for ad.Next() {
		b = wire.AppendAttr(b, ad.Type(), ad.Bytes())
	}
	var c attr.Codec
	_, err := c.Decode(b, to.attrs, nil)
	return err
}

// Info returns what Decode has read, such as *VXLANInfo: what Link.Info is; nil
// if nothing was decoded, or the kind has nothing of its own. What the kernel
// reports elsewhere in the message, such as VethInfo.Peer, is not in it.
func (d *LinkDriver) Info() any {
	if d.info == nil {
		return nil
	}
	return d.info
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
