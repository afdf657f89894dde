package iplink

import "unsafe"

// An Editor has the setters that the builders of all kinds share, for a Spec of any
// kind. Edit returns it.
type Editor struct {
	Common[Editor]
}

// Edit returns the settings that every link has of a Spec of any kind, for code that does
// not know the kind: iplink.Edit(spec).MTU(1400).Up() changes spec. The Editor is another
// view of the same builder, and a Spec of the same link. Its Clone is an independent copy
// of the builder.
//
// The verbs refuse the Editor of a nil Spec, of an Absent and of a Prune.
func Edit(spec Spec) *Editor {
	if isNil(spec) {
		return unfit("it is nil: give a builder, such as bridge.New returns")
	}
	b, ok := spec.(interface{ edit() *Editor })
	if !ok {
		return unfit("it describes no link: give a builder, such as bridge.New returns")
	}
	return b.edit()
}

// unfit returns an Editor that the verbs refuse.
func unfit(fault string) *Editor {
	e := &Editor{}
	*e.Own(e) = Device("").spec.Settings
	e.spec.Judge("Edit", fault)
	return e
}

// edit returns the builder as an Editor. The Common of every builder comes first in it,
// and has the same layout for all of them.
func (b *Common[Self]) edit() *Editor {
	b.me()
	return (*Editor)(unsafe.Pointer(b))
}
