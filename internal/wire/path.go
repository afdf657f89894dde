package wire

import "slices"

// Path returns the types of the attributes around the one that begins at an
// offset of b, and its own type last. It looks into attributes of the types
// nests only, which must differ from all others on the way.
func Path(b []byte, offset int, nests ...uint16) []uint16 {
	at := 0
	for a, err := range Attrs(b) {
		end := at + AttrLen + len(a.Data)
		switch {
		case err != nil:
			return nil
		case at == offset:
			return []uint16{a.Type}
		case offset < end && slices.Contains(nests, a.Type):
			inner := Path(a.Data, offset-at-AttrLen, nests...)
			if inner == nil {
				return nil
			}
			return append([]uint16{a.Type}, inner...)
		}
		at = Align(end)
	}
	return nil
}
