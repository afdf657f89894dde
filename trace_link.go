package iplink

import (
	"strconv"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/tracenl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// linkWords appends the words for a link in a message.
type linkWords struct {
	c    attr.Codec
	b    []byte
	link *Link
	data attr.Set // the rows of link that the message has
	sent bool
	peer bool // it is the other end of a pair
}

// appendLinkWords appends the words for the body of a message about a link, each after a
// space, in the order of `ip link`.
func appendLinkWords(b, body []byte, sent bool) []byte {
	w := linkWords{b: b, sent: sent}
	w.spell(body)
	return w.b
}

func (w *linkWords) add(words ...string) {
	for _, word := range words {
		w.b = append(append(w.b, ' '), word...)
	}
}

// spell appends the words for a struct ifinfomsg and the attributes after it.
func (w *linkWords) spell(body []byte) {
	body, overlong := legible(body)
	header, attrs, err := wire.ParseLink(body)
	if err != nil {
		w.add("(malformed)")
		return
	}
	w.link = newLink()
	w.data, err = linkTable.Decode(&w.c, attrs, w.link, nil)
	w.name(&header)
	w.table(w.data.Minus(attr.SetOf(uapi.IFLA_IFNAME)), w.link.settable)
	w.inet6(attrs)
	for _, name := range w.link.AltNames {
		w.add("altname", attr.Quote(name))
	}
	w.others(attrs)
	w.flags(&header)
	w.kind()
	w.port()
	if err != nil || overlong != nil {
		w.add("(malformed)")
	}
}

// name appends the words that identify the link.
func (w *linkWords) name(header *wire.Link) {
	switch index := strconv.Itoa(int(header.Index)); {
	case w.data.Has(uapi.IFLA_IFNAME) && header.Index != 0:
		w.add(attr.Quote(w.link.Name), "index", index)
	case w.data.Has(uapi.IFLA_IFNAME):
		w.add(attr.Quote(w.link.Name))
	case header.Index != 0:
		w.add("dev", "if"+index)
	}
}

// table appends the words for the rows of a table.
func (w *linkWords) table(set attr.Set, t attr.Table) {
	w.b = appendRows(&w.c, w.b, set, t)
}

func (w *linkWords) inet6(attrs []byte) {
	if wire.Find(attrs, uapi.IFLA_AF_SPEC, uapi.AF_INET6, uapi.IFLA_INET6_ADDR_GEN_MODE) != nil {
		w.table(attr.SetOf(uapi.IFLA_INET6_ADDR_GEN_MODE), w.link.INET6.attrs)
	}
}

// others appends the attributes that only requests have, and those without a row.
func (w *linkWords) others(attrs []byte) {
	for a, err := range wire.Attrs(attrs) {
		if err != nil {
			return
		}
		switch word, ok := requestWord(a); {
		case ok:
			w.add(word...)
		case a.Type >= attr.Bit(0) || !w.data.Has(a.Type):
			w.b = tracenl.AppendUnknown(w.b, a)
		}
	}
}

// requestWord returns the words for an attribute that selects a link, or the namespace of
// one.
func requestWord(a wire.Attr) ([]string, bool) {
	if a.Type == uapi.IFLA_ALT_IFNAME {
		return []string{attr.Quote(wire.CString(a.Data))}, true
	}
	word, ok := map[uint16]string{
		uapi.IFLA_NET_NS_FD:      "netns fd",
		uapi.IFLA_NET_NS_PID:     "netns",
		uapi.IFLA_EXT_MASK:       "ext_mask",
		uapi.IFLA_LINK_NETNSID:   "link-netnsid",
		uapi.IFLA_TARGET_NETNSID: "target-netnsid",
		uapi.IFLA_NEW_NETNSID:    "new-netnsid",
	}[a.Type]
	if !ok || len(a.Data) != 4 {
		return nil, false
	}
	return []string{word, strconv.Itoa(int(int32(wire.Order.Uint32(a.Data))))}, true
}

// flags appends the words for the interface flags that a request sets, or for the state in
// an answer.
func (w *linkWords) flags(header *wire.Link) {
	change := header.Change
	if !w.sent {
		change = uapi.IFF_UP | header.Flags&(uapi.IFF_NOARP|uapi.IFF_ALLMULTI|uapi.IFF_PROMISC)
	}
	c := commandWriter{b: w.b}
	c.flags(&spec{flags: header.Flags, change: change})
	w.b = c.b
}

// kind appends the kind, its settings, and the other end of a pair.
func (w *linkWords) kind() {
	l := w.link
	if l.Kind == "" {
		return
	}
	w.add("type", attr.Quote(l.Kind))
	k := kindOf(l.Kind)
	data, other := l.raw.data, []byte(nil)
	if k.peer != 0 && !w.peer {
		data, other = parted(data, k.peer)
	}
	if k.info == nil {
		w.unknown(data)
	} else {
		w.info(k.info(), k.table(), data)
	}
	if other != nil {
		w.add("peer")
		end := linkWords{b: w.b, sent: w.sent, peer: true}
		end.spell(other)
		w.b = end.b
	}
}

// parted returns the nest of a kind without one attribute, and the payload of that one.
func parted(data []byte, typ uint16) (rest, part []byte) {
	if part = wire.Find(data, typ); part == nil {
		return data, nil
	}
	for a, err := range wire.Attrs(data) {
		if err == nil && a.Type != typ {
			rest = wire.AppendAttr(rest, a.Type, a.Data)
		}
	}
	return rest, part
}

func (w *linkWords) port() {
	l := w.link
	if l.PortKind == "" {
		return
	}
	w.add("type", attr.Quote(l.PortKind+"_slave"))
	k := kindOf(l.PortKind)
	if k.port == nil {
		w.unknown(l.raw.portData)
		return
	}
	w.info(k.port(), k.portTable(), l.raw.portData)
}

// info appends the settings in the nest of a kind.
func (w *linkWords) info(to info, layout *attr.Layout, data []byte) {
	if _, generic := to.(genericInfo); generic {
		if _, mixed := to.(mixedInfo); !mixed {
			w.unknown(data) // its table is not about this nest
			return
		}
	}
	set, err := layout.Decode(&w.c, data, to, func(a wire.Attr) { w.b = tracenl.AppendUnknown(w.b, a) })
	if mixed, ok := to.(mixedInfo); ok {
		set = set.Minus(mixed.genericSet())
	}
	w.table(set, to.attrs)
	if err != nil {
		w.add("(malformed)")
	}
}

// unknown appends the numbers and lengths of attributes.
func (w *linkWords) unknown(data []byte) {
	for a, err := range wire.Attrs(data) {
		if err != nil {
			w.add("(malformed)")
			return
		}
		w.b = tracenl.AppendUnknown(w.b, a)
	}
}
