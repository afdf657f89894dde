package rtnldriver

import (
	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/mdlayher/netlink"

	"github.com/iplink-go/iplink"
)

// A LinkPortDriver is a LinkDriver for the settings of ports. PortDriver returns
// one.
type LinkPortDriver struct {
	kind  string          // of the master
	port  iplink.PortSpec // for Encode
	given bool            // port was given to PortDriver, even if nil
	info  any             // the result of Decode, nil before it
}

var _ rtnetlink.LinkSlaveDriver = (*LinkPortDriver)(nil)

// PortDriver returns the settings of a link as a port, for LinkInfo.SlaveData of an
// rtnetlink.LinkMessage, or for rtnetlink.RegisterDriver. Another port must be given
// by index, as with Driver.
func PortDriver(port iplink.PortSpec) *LinkPortDriver {
	kind, _, _ := iplink.PortData(port) // Encode reports the error
	return &LinkPortDriver{kind: kind, port: port, given: true}
}

// Slave marks the driver as a driver for ports.
func (*LinkPortDriver) Slave() {}

// Kind returns the kernel's name for the kind of the master, such as "bridge"
// (IFLA_INFO_SLAVE_KIND).
func (d *LinkPortDriver) Kind() string {
	return d.kind
}

// New returns a driver of the same kind without settings, for Decode.
func (d *LinkPortDriver) New() rtnetlink.LinkDriver {
	return &LinkPortDriver{kind: d.kind}
}

// Encode writes the settings that PortDriver was given (IFLA_INFO_SLAVE_DATA), like
// the Encode method of a LinkDriver.
func (d *LinkPortDriver) Encode(ae *netlink.AttributeEncoder) error {
	if !d.given {
		return nil
	}
	_, data, err := iplink.PortData(d.port)
	if err != nil {
		return err
	}
	return copyAttrs(ae, data)
}

// Decode reads the kernel's report of a port (IFLA_INFO_SLAVE_DATA).
func (d *LinkPortDriver) Decode(ad *netlink.AttributeDecoder) (err error) {
	d.info, err = iplink.ParsePortData(d.kind, attrsOf(ad))
	return err
}

// Info returns the result of Decode, such as *iplink.BridgePortInfo, in the form of
// Link.PortInfo. It is nil before Decode.
func (d *LinkPortDriver) Info() any {
	return d.info
}
