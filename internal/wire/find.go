package wire

// Find returns the payload of the first attribute of a type in b, then in that of
// the first of the next type, and so on; nil if one of them is not there.
func Find(b []byte, path ...uint16) []byte {
	for _, typ := range path {
		b = first(b, typ)
	}
	return b
}

func first(b []byte, typ uint16) []byte {
	for a, err := range Attrs(b) {
		if err != nil {
			return nil
		}
		if a.Type == typ {
			return a.Data
		}
	}
	return nil
}
