package iplink

import (
	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/mdlayher/netlink"

	"github.com/iplink-go/iplink/internal/attr"
)

// A LinkPortDriver is a LinkDriver for the settings of ports.
type LinkPortDriver struct {
	LinkDriver
}

var _ rtnetlink.LinkSlaveDriver = (*LinkPortDriver)(nil)

// PortDriver returns the settings that a link has as a port, for
// LinkInfo.SlaveData of an rtnetlink.LinkMessage, or for
// rtnetlink.RegisterDriver. Another port must be named by index, as with Driver.
func PortDriver(port PortSpec) *LinkPortDriver {
	p := port.portSpec()
	return &LinkPortDriver{LinkDriver{kind: p.kind, port: p}}
}

// Slave says that the driver is one for ports.
func (*LinkPortDriver) Slave() {}

// New returns a driver of the same kind without settings, for Decode.
func (d *LinkPortDriver) New() rtnetlink.LinkDriver {
	return &LinkPortDriver{LinkDriver{kind: d.kind}}
}

// Encode writes the settings that PortDriver was given (IFLA_INFO_SLAVE_DATA), as
// that of a LinkDriver.
func (d *LinkPortDriver) Encode(ae *netlink.AttributeEncoder) error {
	if d.port == nil {
		return nil
	}
	var c attr.Codec
	s := &spec{kind: d.kind + " port"}
	if err := c.Check(d.port.set, d.port.refs, d.port.info.attrs); err != nil {
		return s.invalidAttrs("encode", err)
	}
	if err := s.unresolved(d.port.refs, d.port.info.attrs); err != nil {
		return err
	}
	return copyAttrs(ae, kindOf(d.port.kind).portTable().Encode(&c, nil, d.port.set, nil, d.port.info))
}

// Decode reads what the kernel reports of a port (IFLA_INFO_SLAVE_DATA).
func (d *LinkPortDriver) Decode(ad *netlink.AttributeDecoder) error {
	return d.decode(ad, newPortInfo(d.kind))
}
