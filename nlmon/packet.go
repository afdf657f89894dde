package nlmon

import (
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/iplink-go/iplink/internal/wire"
)

// A Packet is one transmission over a netlink socket: one or several messages, to or
// from the kernel. The kernel does not report the direction. Data may contain keys
// and must not be logged.
type Packet struct {
	// Time is the time at which the kernel saw the packet.
	Time time.Time
	// Family is the protocol family of the socket.
	Family Family
	// Data holds the messages.
	Data []byte
	// Length is the original number of bytes. It is greater than the length of Data
	// if Data was truncated to 256 KiB.
	Length int
	// Dropped is the number of packets that the kernel dropped just before this one,
	// because unread packets filled the buffer.
	Dropped uint32
}

// A Message is a netlink message, RFC 3549: the fields of struct nlmsghdr, and the
// payload.
type Message struct {
	Type   uint16 // message type, defined by the family; below 16 for control messages
	Flags  uint16 // NLM_F_*
	Seq    uint32 // matches an answer with its request
	PortID uint32 // of the requesting socket
	Data   []byte // the payload
}

// Messages yields the messages of the packet. If Data contains no message, as with
// KobjectUevent, or a truncated one, the last yielded pair has an error.
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

// A Family is the purpose of a netlink socket (NETLINK_*).
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
	FIBLookup     Family = 10 // route lookups
	Connector     Family = 11 // connectors
	Netfilter     Family = 12 // nftables and the rest of netfilter
	KobjectUevent Family = 15 // device events, in text form
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

// String returns the kernel's name in lower case, such as "route", or the number if
// there is no name.
func (f Family) String() string {
	if name, ok := families[f]; ok {
		return name
	}
	return strconv.Itoa(int(f))
}
