package wire

import "github.com/iplink-go/iplink/internal/uapi"

// MaxLen is the most bytes that an attribute takes, header included: its length
// has 16 bits. Of a longer one the kernel writes the length modulo 65 536, and a
// walk takes what is in it for what follows it.
const MaxLen = 1<<16 - 1

// Legible returns attributes without those that are longer than their length says,
// which it hands to overlong, whole. They are those of a link, of which there is at
// most one of each type, save for padding. If it cannot be found out how they lie it
// returns the first one alone, and false.
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

// enough is how many ways for attributes to lie are tried: whoever fills them could
// make it very many.
const enough = 1 << 14

// search is what Legible has tried.
type search struct {
	steps int
	seen  [128]bool // by type, of which there are not that many
	found []Attr
}

// find finds how the attributes in b lie, and adds them to found if there is a way.
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
