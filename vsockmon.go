package iplink

var vsockmonKind = kind{
	config:   "VSOCKMON",
	mtu:      [2]uint32{32, 1<<31 - 1}, // from the header of a message on
	address:  "a vsockmon has no address",
	defaults: withoutARP,
}
