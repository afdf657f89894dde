package iplink

// ParseLayer3 decodes bytes as an address, as a route of the link that they name,
// and as a neighbour on it.
func ParseLayer3(b []byte, index int) (Addr, Route, Neigh) {
	a, _, _ := parseAddr(b)
	r, _ := parseRoute(b, index)
	n, _ := parseNeigh(b, index)
	return a, r, n
}

// AppendLayer3 encodes an address, a route and a neighbour of the link with index
// 7.
func AppendLayer3(a Addr, r Route, n Neigh) (addr, route, neigh []byte) {
	return a.append(nil, 7), r.append(nil, 7), n.append(nil, 7)
}
