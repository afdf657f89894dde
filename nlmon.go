package iplink

var nlmonKind = kind{
	config:   "NLMON",
	mtu:      [2]uint32{16, 1<<31 - 1},
	address:  "an nlmon has no address",
	defaults: withoutARP + " mtu 3776", // in a page of 4 KiB
}
