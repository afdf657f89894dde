package attr

import "unsafe"

// words is how an interface lies in memory: what tells its type, and the pointer if
// it holds one. Package reflect gets at both, in several times the time that it
// takes to encode or decode a field.
type words struct {
	typ, data unsafe.Pointer
}

// pointerIn returns the pointer that v holds.
func pointerIn(v any) unsafe.Pointer {
	return (*words)(unsafe.Pointer(&v)).data
}

// withPointer returns a Payload like p that holds another pointer.
func withPointer(p Payload, v unsafe.Pointer) Payload {
	(*words)(unsafe.Pointer(&p)).data = v
	return p
}
