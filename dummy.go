package iplink

var dummyKind = kind{
	config: "DUMMY",
}

// Dummy is the builder for a dummy link: it drops what is sent, and carries
// addresses that must always be there. It has only what every link has.
type Dummy struct {
	builder[Dummy]
}

// NewDummy returns the builder for a dummy link of that name; see package dummy.
func NewDummy(name string) *Dummy {
	d := new(Dummy)
	return d.start(d, KindDummy, name)
}
