package nlmon

import (
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/iplink-go/iplink/internal/wire"
)

// A Packet is what went over a netlink socket at once: one message or several,
// to the kernel or from it. The kernel does not say which. Data may hold keys: do
// not log it.
type Packet struct {
	// Time is when the kernel saw it.
	Time time.Time
	// Family is what the socket is for.
	Family Family
	// Data are the messages.
	Data []byte
	// Length is how many bytes there were, which is more than Data has if that
	// was cut off at 256 KiB.
	Length int
	// Dropped is how many packets the kernel dropped just before this one,
	// because those that nobody had read yet filled the buffer.
	Dropped uint32
}

// A Message is a netlink message, RFC 3549: struct nlmsghdr and what follows.
type Message struct {
	Type   uint16 // what it is about, by the family; below 16 it is a control message
	Flags  uint16 // NLM_F_*
	Seq    uint32 // by which an answer is told from others
	PortID uint32 // of the socket that asked
	Data   []byte // the payload
}

// Messages yields the messages of the packet. Data that holds no message, as
// that of KobjectUevent, or one that is cut off, is an error, the last pair that
// is yielded.
func (p Packet) Messages() iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for m, err := range wire.Messages(p.Data) {
			if err != nil {
				yield(Message{}, fmt.Errorf("a packet of %d bytes, family %v: %w", len(p.Data), p.Family, err))
				return
			}
			if !yield(Message{m.Type, m.Flags, m.Seq, m.PID, m.Data}, nil) {
				return
			}
		}
	}
}

// A Family says what a netlink socket is for (NETLINK_*).
type Family uint16

// Families.
const (
	Route         Family = 0  // links, addresses, routes
	UserSock      Family = 2  // between programs
	SockDiag      Family = 4  // sockets
	Xfrm          Family = 6  // IPsec
	SELinux       Family = 7  // events of SELinux
	ISCSI         Family = 8  // Open-iSCSI
	Audit         Family = 9  // auditing
	FIBLookup     Family = 10 // looking up routes
	Connector     Family = 11 // connectors
	Netfilter     Family = 12 // nftables and the rest of netfilter
	KobjectUevent Family = 15 // events of devices, which are texts
	Generic       Family = 16 // families with names
	SCSITransport Family = 18 // SCSI transports
	RDMA          Family = 20 // RDMA
	Crypto        Family = 21 // the crypto layer
)

var families = map[Family]string{
	Route: "route", UserSock: "usersock", SockDiag: "sock_diag", Xfrm: "xfrm", SELinux: "selinux", ISCSI: "iscsi",
	Audit: "audit", FIBLookup: "fib_lookup", Connector: "connector", Netfilter: "netfilter",
	KobjectUevent: "kobject_uevent", Generic: "generic", SCSITransport: "scsitransport", RDMA: "rdma", Crypto: "crypto",
}

// String returns the kernel's name in lower case, such as "route", or the number.
func (f Family) String() string {
	if name, ok := families[f]; ok {
		return name
	}
	return strconv.Itoa(int(f))
}
