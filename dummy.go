package iplink

var dummyKind = kind{
	config:   "DUMMY",
	defaults: withoutARP,
}
