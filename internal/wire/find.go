package wire

// Find returns the payload of the first attribute in b of the first type, then in
// that payload of the next type, and so on. It returns nil if one of them is
// missing.
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
