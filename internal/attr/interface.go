package attr

import "unsafe"

// words is the memory layout of an interface value: a type word and a data word,
// which is the pointer if the interface holds one. Package reflect provides both,
// but takes several times as long as encoding or decoding a field.
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
