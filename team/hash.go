package team

import "slices"

// A Fragment is a part of a frame that enters its hash.
type Fragment uint8

// Fragments, with the names of teamd.
const (
	HashEth  Fragment = iota // both link-layer addresses: "eth"
	HashVLAN                 // the VLAN's id: "vlan"
	HashIPv4                 // both IPv4 addresses: "ipv4"
	HashIPv6                 // both IPv6 addresses: "ipv6"
	HashIP                   // HashIPv4 and HashIPv6: "ip"
	HashL3                   // the same: "l3"
	HashTCP                  // both TCP ports: "tcp"
	HashUDP                  // both UDP ports: "udp"
	HashSCTP                 // both SCTP ports: "sctp"
	HashL4                   // HashTCP, HashUDP and HashSCTP: "l4"
)

var fragmentNames = []string{"eth", "vlan", "ipv4", "ipv6", "ip", "l3", "tcp", "udp", "sctp", "l4"}

// String returns the name of teamd.
func (f Fragment) String() string { return word(fragmentNames, int(f)) }

func (f Fragment) known() bool { return f <= HashL4 }

// parts are the parts of a hash, independent of the names that selected them.
type parts struct{ eth, vlan, ipv4, ipv6, tcp, udp, sctp bool }

func partsOf(fragments []Fragment) parts {
	has := func(any ...Fragment) bool {
		return slices.ContainsFunc(any, func(f Fragment) bool { return slices.Contains(fragments, f) })
	}
	return parts{
		eth:  has(HashEth),
		vlan: has(HashVLAN),
		ipv4: has(HashIPv4, HashIP, HashL3),
		ipv6: has(HashIPv6, HashIP, HashL3),
		tcp:  has(HashTCP, HashL4),
		udp:  has(HashUDP, HashL4),
		sctp: has(HashSCTP, HashL4),
	}
}

func (p parts) l4() bool { return p.tcp || p.udp || p.sctp }
func (p parts) l3() bool { return p.ipv4 || p.ipv6 }

// TxHash returns the program that computes a hash of the given parts of a frame, for
// HashFunc. It is identical, byte for byte, to the program of teamd for the same
// parts; the order of the parts does not matter. So two ends with the same parts, or
// a program that takes over from teamd, use the same ports. Parts that a frame does
// not have, such as those after the IPv4 header of a fragment, are left out.
func TxHash(fragments ...Fragment) []Instruction {
	a := assembler{labels: map[string]int{}}
	a.hash(partsOf(fragments))
	return a.resolve()
}

// Offsets in a frame without a VLAN tag; a tag takes tagLen.
const (
	etherType  = 12
	vlanID     = 14
	headerLen  = 14
	ipv4Flags  = headerLen + 6
	ipv4Proto  = headerLen + 9
	ipv4Source = headerLen + 12
	ipv6Next   = headerLen + 6
	ipv6Source = headerLen + 8
	ipv6Len    = 40
	tagLen     = 4
)

// Numbers of protocols, and the bits of an IPv4 fragment's offset.
const (
	etherIPv4    = 0x0800
	etherIPv6    = 0x86dd
	etherVLAN    = 0x8100
	protoTCP     = 6
	protoUDP     = 17
	protoSCTP    = 132
	fragmentBits = 0x1fff
)

// hash writes the program. X holds the hash so far. A frame with a tag in its header
// takes another path than a frame without a tag or with a tag in its metadata.
//
// If it returns although more instructions follow, the rest is never reached. It is
// there because it is in teamd's program.
func (a *assembler) hash(p parts) {
	if p.eth {
		a.halves(2, 0, 8, 6)
	}
	if !p.vlan && !p.l3() && !p.l4() {
		a.ret()
		return
	}
	a.load(half, etherType)
	a.jump(equal, etherVLAN, "tagged", "")
	if p.vlan {
		a.load(ancillary, vlanTagPresent)
		a.jump(equal, 0, "untagged", "")
		a.load(ancillary, vlanTag)
		a.mix()
		a.label("untagged")
	}
	if !p.l3() && !p.l4() {
		a.ret()
	}
	if p.vlan {
		a.load(half, etherType)
	}
	a.network("", 0, p)
	a.label("tagged")
	if p.vlan {
		a.load(half, vlanID)
		a.emit(opAnd, 0x0fff)
		a.mix()
	}
	if !p.l3() && !p.l4() {
		a.ret()
		return
	}
	a.load(half, etherType+tagLen)
	a.network("tagged ", tagLen, p)
}

// halves mixes in addresses of six bytes, alternating between four bytes and two.
func (a *assembler) halves(offsets ...uint32) {
	for i, offset := range offsets {
		if i%2 == 0 {
			a.load(word32, offset)
		} else {
			a.load(half, offset)
		}
		a.mix()
	}
}

// network hashes the data after an Ethernet type, which A holds.
func (a *assembler) network(way string, shift uint32, p parts) {
	a.jump(equal, etherIPv4, "", way+"not IPv4")
	if p.ipv4 {
		a.addresses(ipv4Source+shift, 2)
	}
	if !p.l4() {
		a.ret()
	}
	a.load(half, ipv4Flags+shift)
	a.jump(anyBit, fragmentBits, way+"IPv4 out", "")
	a.load(octet, ipv4Proto+shift)
	a.transport(way+"IPv4 ", p)
	a.ipv4Ports(headerLen + shift)
	a.label(way + "IPv4 out")
	a.ret()
	a.label(way + "not IPv4")
	a.jump(equal, etherIPv6, way+"IPv6", "")
	a.ret()
	a.label(way + "IPv6")
	if p.ipv6 {
		a.addresses(ipv6Source+shift, 8)
	}
	if !p.l4() {
		a.ret()
	}
	a.load(octet, ipv6Next+shift)
	a.transport(way+"IPv6 ", p)
	a.ipv6Ports(headerLen + ipv6Len + shift)
	a.label(way + "IPv6 out")
	a.ret()
}

// addresses mixes in n times four bytes.
func (a *assembler) addresses(offset uint32, n int) {
	for i := range n {
		a.load(word32, offset+uint32(4*i))
		a.mix()
	}
}

// transport continues after itself for protocols whose ports are included, and jumps
// to the exit for all others. A holds the number of the protocol.
func (a *assembler) transport(way string, p parts) {
	a.jump(equal, protoTCP, "", way+"not TCP")
	a.jumpAlways(a.whether(p.tcp, way))
	a.label(way + "not TCP")
	a.jump(equal, protoUDP, "", way+"not UDP")
	a.jumpAlways(a.whether(p.udp, way))
	a.label(way + "not UDP")
	a.jump(equal, protoSCTP, "", way+"out")
	if !p.sctp {
		a.jumpAlways(way + "out")
	}
	a.label(way + "ports")
}

func (a *assembler) whether(counts bool, way string) string {
	if counts {
		return way + "ports"
	}
	return way + "out"
}

// ipv4Ports mixes in two ports after a header of variable length. X is needed to
// skip the header, so the hash is kept in memory meanwhile.
func (a *assembler) ipv4Ports(header uint32) {
	a.emit(opStoreX, 0)
	a.emit(opIPv4Len, header)
	a.emit(opLoadHalfX, header)
	a.emit(opLoadX, 0)
	a.load(ancillary, xorX)
	a.emit(opStoreA, 0)
	a.emit(opIPv4Len, header)
	a.emit(opLoadHalfX, header+2)
	a.emit(opLoadX, 0)
	a.mix()
}

// ipv6Ports mixes in two ports. The first is mixed with X and then overwritten,
// as in teamd's program.
func (a *assembler) ipv6Ports(offset uint32) {
	a.load(half, offset)
	a.load(ancillary, xorX)
	a.load(half, offset+2)
	a.mix()
}
