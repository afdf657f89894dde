package bridge

import (
	"context"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/openlink"
)

// A Bridge is an existing bridge, opened to manage its tables: the forwarding
// database (FDB), the VLANs of its ports, and the multicast database (MDB). It has
// its own netlink socket and is safe for concurrent use by multiple goroutines.
//
// Links are given by name, or by interface index if the name is empty and a field
// for the index exists. If a port is required, a link that does not belong to this
// bridge is rejected with an error that matches fs.ErrInvalid and fs.ErrNotExist.
// Once the bridge no longer exists, all errors match fs.ErrNotExist. All errors are
// of type *iplink.Error: Op is the verb in the terms of iproute2's bridge command,
// such as "fdb add", and Attr is the invalid setting or entry.
type Bridge struct {
	link *openlink.Handle
}

// Open opens the bridge with the given name in the network namespace of the calling
// thread, or where iplink.In, iplink.On and iplink.Index say. The Bridge stays in that
// namespace. The error matches fs.ErrNotExist if the link does not exist, and
// iplink.ErrKind if the link is not a bridge. The caller must close the Bridge.
func Open(ctx context.Context, name string, options ...iplink.OpenOption) (*Bridge, error) {
	link, err := openlink.Open(ctx, iplink.KindBridge, name, options...)
	if err != nil {
		return nil, err
	}
	return &Bridge{link: link}, nil
}

// Close closes the socket, unless iplink.On lent it. It does not change the bridge.
func (s *Bridge) Close() error {
	return s.link.Close()
}

// Name returns the name with which the bridge was opened.
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
