package wire

import "slices"

// Path returns the types of the attributes that enclose the attribute at an offset
// of b, followed by that attribute's own type. It descends only into attributes of
// the types nests, which must differ from all other types on the way.
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
