package wire

import "github.com/iplink-go/iplink/internal/uapi"

// MaxLen is the maximum length of an attribute, header included: the length field
// has 16 bits. For a longer attribute the kernel writes the length modulo 65 536,
// and a walk then takes part of its payload for the next attributes.
const MaxLen = 1<<16 - 1

// Legible returns the attributes of a link without those whose length field is too
// small, which it passes to overlong in full length. Each type may occur only once,
// except for padding. If the layout cannot be determined, Legible returns the first
// attribute alone, and false.
func Legible(b []byte, overlong func(Attr)) ([]byte, bool) {
	if len(b) <= MaxLen {
		return b, true
	}
	s := search{steps: enough}
	if !s.find(b) {
		for a := range Attrs(b) {
			return AppendAttr(nil, a.Type, a.Data), false
		}
	}
	var legible []byte
	for _, a := range s.found {
		if AttrLen+len(a.Data) > MaxLen {
			overlong(a)
			continue
		}
		legible = AppendAttr(legible, a.Type, a.Data)
	}
	return legible, true
}

// isList reports whether an attribute of a link may hold lists of any length.
func isList(typ uint16) bool {
	return typ == uapi.IFLA_LINKINFO || typ == uapi.IFLA_AF_SPEC || typ == uapi.IFLA_VFINFO_LIST
}

// enough is the maximum number of layouts to try: an adversary could create
// attributes with very many possible layouts.
const enough = 1 << 14

// search is the state of Legible's search.
type search struct {
	steps int
	seen  [128]bool // by type; all types are below 128
	found []Attr
}

// find determines the layout of the attributes in b, and adds them to found on
// success.
func (s *search) find(b []byte) bool {
	if len(b) < AttrLen {
		return true
	}
	typ, told := AttrHeader(b)
	if typ == 0 || int(typ) >= len(s.seen) || s.seen[typ] && typ != uapi.IFLA_PAD {
		return false
	}
	s.seen[typ] = true
	for n := told; n <= len(b) && s.steps > 0; n += MaxLen + 1 {
		s.steps--
		if n < AttrLen || n > MaxLen && !isList(typ) {
			continue
		}
		s.found = append(s.found, Attr{Type: typ, Data: b[AttrLen:n:n]})
		if s.find(b[min(Align(n), len(b)):]) {
			return true
		}
		s.found = s.found[:len(s.found)-1]
	}
	s.seen[typ] = false
	return false
}
