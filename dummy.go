package iplink

var dummyKind = kind{
	config: "DUMMY",
}
