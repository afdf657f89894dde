package bridge

import (
	"context"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/openlink"
)

// A Bridge is a bridge that exists, opened to work on what it knows: its
// forwarding database (FDB), the VLANs of its ports, and its multicast database
// (MDB). It has a netlink socket of its own, which many goroutines may use.
//
// Links are named, or given by interface index where a field for it exists and
// the name is empty. Where a port is due, a link that is none of this bridge is
// refused with an error that matches fs.ErrInvalid and fs.ErrNotExist; once the
// bridge is gone, all errors match fs.ErrNotExist. All errors are of type *iplink.Error: its Op is the verb in
// the words of iproute2's bridge command, such as "fdb add", and its Attr the
// setting or the entry at fault.
type Bridge struct {
	link *openlink.Handle
}

// Open opens the bridge of that name in the network namespace of the calling
// thread, where the Bridge stays. Without such a link the error matches
// fs.ErrNotExist; if it is no bridge, iplink.ErrKind. Close it when done.
func Open(ctx context.Context, name string) (*Bridge, error) {
	link, err := openlink.Open(ctx, iplink.KindBridge, name)
	if err != nil {
		return nil, err
	}
	return &Bridge{link: link}, nil
}

// Close closes the socket. The bridge stays as it is.
func (s *Bridge) Close() error {
	return s.link.Close()
}

// Name returns the name that the bridge was opened by.
func (s *Bridge) Name() string {
	return s.link.Name
}

// Index returns the bridge's interface index.
func (s *Bridge) Index() int {
	return s.link.Index
}

// port returns the index of a port, or of the bridge itself.
func (s *Bridge) port(ctx context.Context, op, name string) (int, error) {
	if name == "" {
		return 0, s.link.Invalid(op, "port", "name the port, or the bridge itself")
	}
	l, err := s.link.Port(ctx, op, "port", name, 0)
	return l.Index, err
}
