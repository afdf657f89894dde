package tap

import (
	"context"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/tunctl"
)

// A tun is the device of all tun links, with the flags that one link has: the kernel
// takes the flags of the link from the file that attaches.
type tun struct {
	request tunctl.Request
}

// findTun reads the flags of a link, and rejects options that contradict them.
func (c *config) findTun(ctx context.Context, link *openlink.Handle) (source, error) {
	conn, err := iplink.Dial()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	now, err := conn.GetIndex(ctx, link.Index)
	if err != nil {
		return nil, err
	}
	has, ok := now.Info.(*iplink.TunInfo)
	switch {
	case !ok:
		return nil, syscall.ENODEV
	case c.queues > 1 && !has.MultiQueue:
		return nil, refused(link.Kind, link.Name, "queues", "the link has one queue: make it with MultiQueue")
	case c.headed && !has.VNetHdr:
		return nil, refused(link.Kind, link.Name, "vnet header", "the link has none: make it with VNetHdr")
	}
	return &tun{tunctl.Request{Name: now.Name, Tap: has.Type == iplink.TunEthernet, PI: has.PI, VNetHdr: has.VNetHdr, MultiQueue: has.MultiQueue}}, nil
}

func (*tun) open() (int, error) { return tunctl.Open() }

func (t *tun) attach(_ *config, fd int) error { return t.request.Attach(fd) }

func (*tun) close() {}
