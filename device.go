package iplink

// Existing is the builder that Device returns.
type Existing struct {
	builder[Existing]
}

// Device returns a builder for changing a link that exists already, of any
// kind, hardware included. The name may be an alternative one. Update is its
// verb; Create refuses.
func Device(name string) *Existing {
	d := new(Existing)
	return d.start(d, "", name)
}

// DeviceIndex is Device by interface index, 1 or more.
func DeviceIndex(index int) *Existing {
	return Device("").Index(index)
}

// Rename gives the link another name, at most 15 bytes (IFLA_IFNAME). Before
// Linux 6.2 it must be down.
func (d *Existing) Rename(name string) *Existing {
	d.spec.newName = name
	return d
}
