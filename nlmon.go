package iplink

var nlmonKind = kind{
	config:  "NLMON",
	mtu:     [2]uint32{16, 1<<31 - 1},
	address: "an nlmon has no address",
}

// Nlmon is the builder for an nlmon link: it shows the netlink messages of its
// namespace to programs that capture packets. Among these messages are those that
// give the kernel keys, of MACsec and of IPsec for example, in clear. It has only
// what every link has.
type Nlmon struct {
	builder[Nlmon]
}

// NewNlmon returns the builder for an nlmon link of that name; see package
// nlmon.
func NewNlmon(name string) *Nlmon {
	n := new(Nlmon)
	return n.start(n, KindNlmon, name)
}
