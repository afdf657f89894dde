package iplink

import (
	"fmt"
	"strconv"
	"sync"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/netns"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/tracenl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Message is a netlink message that a trace shows, in words. It contains no key: the
// secret keys of WireGuard and MACsec appear as "(hidden)", and attributes that this library
// does not know only with their number and length. It is a plain value, to be kept.
type Message struct {
	// Sent reports that the message is a request to the kernel, and not an answer of it.
	Sent bool
	// NetNS is the namespace of the socket: a name of `ip netns`, or the kernel's notation
	// as in net:[4026531840]. It is empty for the namespace of the Conn, and where the
	// kernel does not reveal it, which needs CAP_NET_ADMIN.
	NetNS string
	// Seq is the sequence number (nlmsg_seq). Each socket has its own, from 1 on, and an
	// answer has the one of its request.
	Seq uint32
	// Type is the type of the message, such as "RTM_NEWLINK", or the generic netlink family
	// and its command, such as "wireguard SET_DEVICE". An answer without contents has the
	// type "ack", or "error" for a refusal, or "done" at the end of a list (nlmsg_type).
	Type string
	// Flags are the flags, separated by commas, such as "create,excl". The flags request and
	// ack, which nearly all requests have, are left out (nlmsg_flags).
	Flags string
	// Err is the kernel's refusal of a request, and nil for all other messages. It matches
	// the errno, and its text contains the kernel's explanation, if there is one.
	Err error
	// Text is the contents in iproute2's words: the settings in the message, with the index
	// of a link as in "if7". Counters and other values that cannot be set are left out. For
	// an acknowledgement it is the kernel's warning, mostly empty.
	Text string
}

// String returns the message in one line:
//
//	> RTM_NEWLINK create,excl seq 7: vx0 up type vxlan id 100 dstport 4789
//	< [blue] error seq 8: file exists
//
// A request begins with ">", an answer with "<", and the namespace is in brackets.
// Characters that are not printable are escaped as in Go strings.
func (m Message) String() string {
	b := []byte("< ")
	if m.Sent {
		b[0] = '>'
	}
	if m.NetNS != "" {
		b = fmt.Appendf(b, "[%s] ", attr.Printable(m.NetNS))
	}
	b = append(b, m.Type...)
	if m.Flags != "" {
		b = append(append(b, ' '), m.Flags...)
	}
	b = fmt.Appendf(b, " seq %d", m.Seq)
	if m.Err != nil {
		b = append(append(b, ": "...), attr.Printable(m.Err.Error())...)
	}
	if m.Text != "" {
		b = append(append(b, ": "...), m.Text...)
	}
	return string(b)
}

// WithTrace traces a Conn, for debugging: f is called for every netlink request of its
// calls, right before it is sent, and for every answer, as soon as it was received. That
// includes acknowledgements, refusals and lists, the sockets that the Conn opens in other
// namespaces and for generic netlink, requests that undo a failed call, and links that are
// opened with the option On:
//
//	conn, err := iplink.Dial(iplink.WithTrace(func(m iplink.Message) { log.Print(m) }))
//	links, err := conn.Create(ctx, vxlan.New("vx0").VNI(100))
//
// Announcements that Watch receives are no answers and not shown, and neither are
// look-ups and changes without netlink: the index of a name by an ioctl, and files of
// sysctls.
//
// The goroutine that sends calls f and waits for it. If several calls run at the same
// time, so may f. It must not use the Conn. If the option is given several times, each
// function is called, in this order. A nil f is an error of Dial that matches
// fs.ErrInvalid.
func WithTrace(f func(Message)) DialOption {
	return func(d *dialing) {
		if f == nil {
			d.refuse("WithTrace", "its function is nil")
			return
		}
		show := f
		if first := d.show; first != nil {
			show = func(m Message) { first(m); f(m) }
		}
		d.show, d.trace = show, newTrace
	}
}

// newTrace returns the trace of a Conn with the socket rt.
func newTrace(rt *rtnl.Conn, f func(Message)) rtnl.Trace {
	return (&tracer{f: f, home: labelOf(rt), names: map[string]string{}}).show
}

// A tracer shows the messages of a Conn.
type tracer struct {
	f    func(Message)
	home string // the label of the Conn's namespace, which is shown without a name

	mu    sync.Mutex
	names map[string]string // of namespaces, by label
}

// show calls f for each message of a datagram.
func (t *tracer) show(d rtnl.Datagram) {
	ns := t.nameOf(d.Conn.Place(labelOf))
	for m, err := range wire.Messages(d.Bytes) {
		if err != nil {
			t.f(Message{Sent: d.Sent, NetNS: ns, Type: "truncated message"})
			break
		}
		t.f(describe(d, ns, m))
	}
}

// describe puts a message into words.
func describe(d rtnl.Datagram, ns string, m wire.Message) Message {
	in := tracenl.Describe(d.Family, m, func(b, body []byte) []byte { return appendLinkWords(b, body, d.Sent) })
	return Message{Sent: d.Sent, NetNS: ns, Seq: m.Seq, Type: in.Type, Flags: in.Flags, Err: in.Err, Text: attr.Printable(in.Text)}
}

// labelOf returns the kernel's notation of the namespace of a socket, or an empty string.
func labelOf(rt *rtnl.Conn) string {
	ns, err := socketNetNS(rt)
	if err != nil {
		return ""
	}
	defer ns.Close()
	return ns.label
}

// nameOf returns the name of a namespace that has one, by its label.
func (t *tracer) nameOf(label string) string {
	if label == t.home {
		return ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	name, known := t.names[label]
	if !known {
		name = findName(label)
		t.names[label] = name
	}
	return name
}

// findName returns the name of `ip netns` for the namespace with a label, or else the label.
func findName(label string) string {
	names, _ := netns.List()
	for _, name := range names {
		file, found, err := netns.Open(netns.Named(name))
		if err != nil {
			continue
		}
		_ = file.Close()
		if found == label {
			return name
		}
	}
	return label
}

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
