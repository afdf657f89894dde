package bond

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/openlink"
)

// A Bond is an existing bond, opened to manage its ports. It has its own netlink
// socket and is safe for concurrent use by multiple goroutines.
//
// All errors are of type *iplink.Error.
type Bond struct {
	conn   *openlink.Reader
	name   string
	index  int
	closed atomic.Bool
}

// Open opens the bond with the given name in the network namespace of the calling
// thread, or where iplink.In, iplink.On and iplink.Index say. The Bond stays in that
// namespace. The error matches fs.ErrNotExist if the link does not exist, and
// iplink.ErrKind if the link is not a bond. The caller must close the Bond.
func Open(ctx context.Context, name string, options ...iplink.OpenOption) (*Bond, error) {
	conn, err := openlink.Read(ctx, "open", iplink.KindBond, name, options)
	if err != nil {
		return nil, err
	}
	b := &Bond{conn: conn, name: cmp.Or(name, conn.Link.Name), index: conn.Link.Index}
	if kind := conn.Link.Kind; kind != iplink.KindBond {
		err := b.failed("open", "", fmt.Sprintf("it is not a bond but %q", kind), iplink.ErrKind)
		return nil, errors.Join(err, conn.Close())
	}
	return b, nil
}

// Close closes the socket, unless iplink.On lent it. It does not change the bond.
func (b *Bond) Close() error {
	if b.closed.Swap(true) {
		return b.ready("close")
	}
	return b.conn.Close()
}

// ready returns an error after Close.
func (b *Bond) ready(op string) error {
	if b.closed.Load() {
		return b.failed(op, "", "it was closed", os.ErrClosed)
	}
	return nil
}

// Name returns the name with which the bond was opened.
func (b *Bond) Name() string {
	return b.name
}

// Index returns the bond's interface index.
func (b *Bond) Index() int {
	return b.index
}

func (b *Bond) failed(op, attr, message string, err error) *iplink.Error {
	return &iplink.Error{Op: op, Kind: iplink.KindBond, Name: b.name, Attr: attr, Message: message, Err: err}
}

// info reads the bond's settings and state.
func (b *Bond) info(ctx context.Context, op string) (*iplink.BondInfo, error) {
	if err := b.ready(op); err != nil {
		return nil, err
	}
	link, err := b.conn.GetIndex(ctx, b.index)
	if err != nil {
		return nil, err
	}
	info, ok := link.Info.(*iplink.BondInfo)
	if !ok {
		return nil, b.failed(op, "", "", errors.Join(iplink.ErrKind, link.Err))
	}
	return info, nil
}

// A PortLink is a port of a bond: the link, with its settings and state as a port.
type PortLink struct {
	Link *iplink.Link
	iplink.BondPortInfo
}

// Ports returns the ports sorted by name. The error matches fs.ErrNotExist if the
// bond no longer exists.
func (b *Bond) Ports(ctx context.Context) ([]PortLink, error) {
	const op = "list ports of"
	if err := b.ready(op); err != nil {
		return nil, err
	}
	links, err := b.conn.List(ctx, iplink.OfMasterIndex(b.index))
	if err == nil {
		_, err = b.info(ctx, op) // the list of a deleted bond is empty
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(links, func(x, y *iplink.Link) int { return strings.Compare(x.Name, y.Name) })
	var ports []PortLink
	for _, link := range links {
		info, ok := link.PortInfo.(*iplink.BondPortInfo)
		if !ok {
			return nil, b.failed(op, link.Name, "the kernel tells nothing of it as a port", errors.Join(errors.ErrUnsupported, link.Err))
		}
		ports = append(ports, PortLink{Link: link, BondPortInfo: *info})
	}
	return ports, nil
}

// Active returns the name of the port in use, or an empty string if there is none.
// Only ActiveBackup, BalanceTLB and BalanceALB have one.
func (b *Bond) Active(ctx context.Context) (string, error) {
	info, err := b.info(ctx, "find the active port of")
	if err != nil || info.ActiveSlave == 0 {
		return "", err
	}
	link, err := b.conn.GetIndex(ctx, info.ActiveSlave)
	if err != nil {
		return "", err
	}
	return link.Name, nil
}

// SetActive selects the port in use. The port must be up and have a carrier. Only in
// ActiveBackup, BalanceTLB and BalanceALB. The port stays in use until it fails or
// the Primary takes over.
func (b *Bond) SetActive(ctx context.Context, port string) error {
	const op = "set active port of"
	link, err := b.port(ctx, op, port)
	if err != nil {
		return err
	}
	if info, ok := link.PortInfo.(*iplink.BondPortInfo); ok && (!link.Up() || info.MIIStatus != iplink.BondMIIUp) {
		return b.failed(op, port, fmt.Sprintf("its link is %v", info.MIIStatus), fs.ErrInvalid)
	}
	_, err = b.conn.Update(ctx, New(b.name).Index(b.index).ActiveSlaveIndex(link.Index))
	return err
}

// port reads the link with the given name, which must be a port of the bond.
func (b *Bond) port(ctx context.Context, op, name string) (*iplink.Link, error) {
	if err := b.ready(op); err != nil {
		return nil, err
	}
	link, err := b.conn.Get(ctx, name)
	if err == nil && link.Master != b.index {
		err = b.failed(op, name, "it is not a port of the bond", fs.ErrInvalid)
	}
	return link, err
}

// SetPort changes the settings of a port: QueueID, Prio or ActorPortPrio.
func (b *Bond) SetPort(ctx context.Context, port string, settings *PortBuilder) error {
	link, err := b.port(ctx, "set port of", port)
	if err != nil {
		return err
	}
	_, err = b.conn.Update(ctx, iplink.DeviceIndex(link.Index).PortSettings(settings))
	return err
}
