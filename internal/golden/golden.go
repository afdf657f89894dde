// Package golden writes route netlink requests as readable text that is equal for
// equivalent requests.
package golden

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Message types of requests, with the length of the header that follows the netlink
// header.
var messages = map[uint16]struct {
	name   string
	header int
}{
	16:       {"RTM_NEWLINK", 16},
	newAddr:  {"RTM_NEWADDR", 8},
	newRoute: {"RTM_NEWROUTE", 12},
	newNeigh: {"RTM_NEWNEIGH", 12},
	108:      {"RTM_NEWLINKPROP", 16},
}

const (
	headerLen  = 16     // of a netlink message
	appendFlag = 0x0800 // NLM_F_APPEND
	newAddr    = 20     // RTM_NEWADDR
	newRoute   = 24     // RTM_NEWROUTE
	newNeigh   = 28     // RTM_NEWNEIGH
)

// without lists the attributes that have no meaning if they are 0: IFA_FLAGS and
// NDA_IFINDEX.
var without = map[uint16]uint16{newAddr: 8, newNeigh: 8}

// nests are the attributes that contain others, by their path.
var nests = []string{"18", "18.2", "18.5", "26", "26.2", "26.10", "52"}

// Text returns the contents of the requests: for each message a line with its type,
// flags and header, and for each attribute a line with its number and payload, with
// nests indented. Attributes are sorted. Text omits everything that the kernel
// ignores: the flag for nests, NLM_F_APPEND, attributes of type 0, and attributes
// that have no meaning if they are 0. It also omits messages that only query.
func Text(requests [][]byte) string {
	var b strings.Builder
	for _, m := range requests {
		kind, ok := messages[number(m[4:])]
		if !ok {
			continue
		}
		fmt.Fprintf(&b, "%s flags %#x header %s\n", kind.name, number(m[6:])&^appendFlag, spell(m[headerLen:headerLen+kind.header]))
		for _, a := range parse(m[headerLen+kind.header:], "", isNest(m)) {
			if without[number(m[4:])] == a.typ && a.text == "00 00 00 00" {
				continue
			}
			fmt.Fprintf(&b, "%s%d: %s\n", strings.Repeat("\t", strings.Count(a.path, ".")+1), a.typ, a.text)
		}
	}
	return b.String()
}

// Paths returns the paths of the attributes in the requests, such as 18.2.1.
func Paths(requests [][]byte) (paths []string) {
	for _, a := range all(requests) {
		paths = append(paths, a.path)
	}
	return paths
}

// Payload returns the payload of the first attribute at a path.
func Payload(requests [][]byte, path string) (payload string, found bool) {
	for _, a := range all(requests) {
		if a.path == path {
			return a.text, true
		}
	}
	return "", false
}

// Number returns a type as an element of a path.
func Number(typ uint16) string {
	return strconv.Itoa(int(typ))
}

func all(requests [][]byte) (list []attribute) {
	for _, m := range requests {
		if kind, ok := messages[number(m[4:])]; ok {
			list = append(list, parse(m[headerLen+kind.header:], "", isNest(m))...)
		}
	}
	return list
}

// attribute is one attribute with the attributes inside it.
type attribute struct {
	typ    uint16
	path   string
	text   string
	inside []attribute
}

// parse returns the attributes in b, sorted, each followed by those inside it.
func parse(b []byte, prefix string, nested func(path string) (header int, ok bool)) []attribute {
	var list []attribute
	for len(b) >= 4 {
		n := int(number(b))
		a := attribute{typ: number(b[2:]) & 0x3fff}
		a.path = prefix + Number(a.typ)
		if header, ok := nested(a.path); ok {
			a.text = spell(b[4 : 4+header])
			a.inside = parse(b[4+header:n], a.path+".", nested)
		} else {
			a.text = spell(b[4:n])
		}
		if a.typ != 0 {
			list = append(list, a)
		}
		b = b[min(len(b), (n+3)&^3):]
	}
	slices.SortStableFunc(list, func(a, b attribute) int { return int(a.typ) - int(b.typ) })
	return flatten(list)
}

func flatten(list []attribute) (flat []attribute) {
	for _, a := range list {
		flat = append(append(flat, a), a.inside...)
	}
	return flat
}

// isNest returns a function that reports whether an attribute of m contains others,
// and the offset at which they begin. The peer of a pair is described after a header
// of its own.
func isNest(m []byte) func(string) (int, bool) {
	if kind := number(m[4:]); kind == newAddr || kind == newRoute || kind == newNeigh {
		return func(string) (int, bool) { return 0, false }
	}
	pair := strings.Contains(string(m), "veth") || strings.Contains(string(m), "vxcan") || strings.Contains(string(m), "netkit")
	macs := strings.Contains(string(m), "macvlan") || strings.Contains(string(m), "macvtap")
	return func(path string) (int, bool) {
		if pair && path == "18.2.1" {
			return 16, true
		}
		return 0, slices.Contains(nests, path) || macs && path == "18.2.5"
	}
}

func number(b []byte) uint16 {
	return binary.NativeEndian.Uint16(b)
}

func spell(b []byte) string {
	return strings.TrimSpace(fmt.Sprintf("% x", b))
}
