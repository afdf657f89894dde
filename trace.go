package iplink

import (
	"fmt"
	"sync"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/tracenl"
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
	names, _ := listNetNS()
	for _, name := range names {
		ns, err := openNetNS(netNSDir + "/" + name)
		if err != nil {
			continue
		}
		_ = ns.Close()
		if ns.label == label {
			return name
		}
	}
	return label
}
