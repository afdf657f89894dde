package rtnldriver

import (
	"errors"
	"reflect"

	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/mdlayher/netlink"

	"github.com/iplink-go/iplink"
)

// FromDriver returns the builder for a link with the given name and the kind and
// settings of driver, which is encoded now. It serves for kinds that iplink does not
// know. The builder's verbs report the errors of the driver's Encode and Verify;
// Verify sees the name, but no later settings of the builder. A driver for ports is
// rejected. iplink.Raw documents the comparison of such links.
func FromDriver(name string, driver rtnetlink.LinkDriver) *iplink.RawLink {
	if v := reflect.ValueOf(driver); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return iplink.Raw("unknown", name).Fail(errors.New("the driver is nil"))
	}
	link := iplink.Raw(driver.Kind(), name)
	data, err := encoded(name, driver)
	if err != nil {
		return link.Fail(err)
	}
	return link.Attrs(data)
}

// encoded returns the driver's contents of IFLA_INFO_DATA.
func encoded(name string, driver rtnetlink.LinkDriver) ([]byte, error) {
	if _, ok := driver.(rtnetlink.LinkSlaveDriver); ok {
		return nil, errors.New("the driver is one for ports")
	}
	if verifier, ok := driver.(rtnetlink.LinkDriverVerifier); ok {
		info := &rtnetlink.LinkInfo{Kind: driver.Kind(), Data: driver}
		err := verifier.Verify(&rtnetlink.LinkMessage{Attributes: &rtnetlink.LinkAttributes{Name: name, Info: info}})
		if err != nil {
			return nil, err
		}
	}
	if raw, ok := driver.(*rtnetlink.LinkData); ok { // whose Encode writes the whole nest
		return raw.Data, nil
	}
	ae := netlink.NewAttributeEncoder()
	if err := driver.Encode(ae); err != nil {
		return nil, err
	}
	return ae.Encode()
}
