package iplink

import "github.com/iplink-go/iplink/internal/own"

// DeviceUpdate is the builder that Device returns.
type DeviceUpdate struct {
	Common[DeviceUpdate]
}

// Device returns a builder for changing a link that exists already, of any
// kind, hardware included. The name may be an alternative one. Update is its
// verb; Create refuses.
func Device(name string) *DeviceUpdate {
	d := new(DeviceUpdate)
	*d.Own(d) = own.New("", name, nil)
	return d
}

// DeviceIndex is Device by interface index, 1 or more.
func DeviceIndex(index int) *DeviceUpdate {
	return Device("").Index(index)
}

// Rename gives the link another name, at most 15 bytes (IFLA_IFNAME). Before
// Linux 6.2 it must be down.
func (d *DeviceUpdate) Rename(name string) *DeviceUpdate {
	d.spec.newName = name
	return d
}
