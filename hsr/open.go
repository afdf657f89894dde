package hsr

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"net"
	"syscall"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/hsrnl"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// A Device is an existing hsr link, opened to read the nodes that it knows. It has its own
// netlink sockets and is safe for concurrent use by multiple goroutines.
//
// All errors are of type *iplink.Error.
type Device struct {
	link *openlink.Handle
	nl   *hsrnl.Conn
}

// Open opens the hsr link with the given name in the network namespace of the calling
// thread, unless iplink.In or iplink.On says where it is. The Device stays in that
// namespace. The error matches fs.ErrNotExist if the link does not exist, and
// iplink.ErrKind if it is not an hsr link. The caller must close the Device. Neither Open nor
// reading needs a privilege.
func Open(ctx context.Context, name string, options ...iplink.OpenOption) (*Device, error) {
	d := new(Device)
	_, err := openlink.OpenAnd(ctx, iplink.KindHSR, name, own.At(options), func(ctx context.Context, link *openlink.Handle) (err error) {
		d.link = link
		if d.nl, err = hsrnl.Dial(ctx, rtnl.Here); err != nil {
			return d.failed("open", "", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Close closes the sockets. It does not change the link.
func (d *Device) Close() error {
	return errors.Join(d.nl.Close(), d.link.Close())
}

// Name returns the name with which the link was opened.
func (d *Device) Name() string {
	return d.link.Name
}

// Index returns the link's interface index.
func (d *Device) Index() int {
	return d.link.Index
}

// A Node is a node of the network, as the link has heard it (HSR_C_GET_NODE_STATUS).
type Node struct {
	// Addr is the address of the node (HSR_A_NODE_ADDR).
	Addr net.HardwareAddr
	// AddrB is the address of the node's second port, nil if it has no other one
	// (HSR_A_NODE_ADDR_B). AddrBIndex is the interface index of the port of this link where
	// its supervision frames arrived, 0 without AddrB (HSR_A_ADDR_B_IFINDEX).
	AddrB      net.HardwareAddr
	AddrBIndex int
	// Port1 and Port2 say when frames of the node arrived at Slave1 and at Slave2.
	Port1, Port2 PortStatus
}

// PortStatus is the report of a port about a node.
type PortStatus struct {
	// Index is the interface index of the port, 0 if it no longer exists
	// (HSR_A_IF1_IFINDEX, HSR_A_IF2_IFINDEX).
	Index int
	// Age is the time since the last frame of the node at the port, in milliseconds, or
	// since the node became known if there was none; Never if it is longer than 24 days
	// (HSR_A_IF1_AGE, HSR_A_IF2_AGE).
	Age time.Duration
	// Seq is the sequence number of the last frame of the node that the link has passed on
	// to the other port, such as a supervision frame; 0 with PRP (HSR_A_IF1_SEQ,
	// HSR_A_IF2_SEQ).
	Seq uint16
}

// Never is the Age at a port that has not heard the node for a long time.
const Never = math.MaxInt32 * time.Millisecond

// Addrs returns the addresses of the nodes that the link knows (HSR_C_GET_NODE_LIST). The
// kernel lists the link's own address, too, and forgets a node 60 s after its last frame.
func (d *Device) Addrs(ctx context.Context) ([]net.HardwareAddr, error) {
	all, err := d.nl.Addrs(ctx, d.Index())
	if err != nil {
		return nil, d.explain(ctx, "", err)
	}
	return all, nil
}

// Node returns the node with the given address, 6 bytes (HSR_C_GET_NODE_STATUS). The error
// matches fs.ErrNotExist if the link does not know it.
func (d *Device) Node(ctx context.Context, addr net.HardwareAddr) (*Node, error) {
	if len(addr) != 6 {
		return nil, d.link.Invalid(opShow, "node", "%d bytes, where 6 are due", len(addr))
	}
	n, err := d.nl.Node(ctx, d.Index(), addr)
	if err != nil {
		return nil, d.explain(ctx, "node "+addr.String(), err)
	}
	return nodeOf(&n), nil
}

// Nodes returns all nodes that the link knows, as Node returns each of them.
func (d *Device) Nodes(ctx context.Context) ([]*Node, error) {
	addrs, err := d.Addrs(ctx)
	if err != nil {
		return nil, err
	}
	var all []*Node
	for _, addr := range addrs {
		n, err := d.Node(ctx, addr)
		switch {
		case errors.Is(err, syscall.ENOENT): // the link has forgotten it meanwhile
		case err != nil:
			return nil, err
		default:
			all = append(all, n)
		}
	}
	return all, nil
}

func nodeOf(n *hsrnl.Node) *Node {
	return &Node{Addr: n.Addr, AddrB: n.AddrB, AddrBIndex: int(int32(n.AddrBIfIndex)), Port1: portOf(n.If1), Port2: portOf(n.If2)}
}

func portOf(p hsrnl.Port) PortStatus {
	return PortStatus{Index: int(int32(p.IfIndex)), Age: time.Duration(p.Age) * time.Millisecond, Seq: p.Seq}
}

// opShow is the name of the operation in errors.
const opShow = "show"

// explain is failed for the kernel's answer about the link or a node of it. If the link no
// longer exists, it returns the error for that.
func (d *Device) explain(ctx context.Context, subject string, err error) error {
	if errors.Is(err, syscall.EINVAL) {
		if _, gone := d.link.Own(ctx, opShow); errors.Is(gone, fs.ErrNotExist) {
			return gone
		}
	}
	return d.failed(opShow, subject, err)
}

// failed returns an error that names the operation and its subject.
func (d *Device) failed(op, subject string, err error) error {
	e := &iplink.Error{Op: op, Kind: iplink.KindHSR, Name: d.Name(), Attr: subject, Err: err}
	answer, refused := errors.AsType[*rtnl.Errno](err)
	switch {
	case errors.Is(err, rtnl.ErrFamily):
		e.Err, e.Message = syscall.EOPNOTSUPP, "this kernel has no hsr driver (CONFIG_HSR)"
	case refused:
		e.Err, e.Message, e.FromKernel = answer.Errno, answer.Message, answer.Message != ""
		if answer.Errno == syscall.ENOENT && answer.Message == "" {
			e.Message = "no frame of it has arrived for 60 s: Addrs has the nodes that the link knows"
		}
	}
	return e
}
