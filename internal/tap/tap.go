// Package tap opens the files through which programs read and write the packets of
// macvtap, ipvtap and tun links.
package tap

import (
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/own"
)

// maxQueues is the maximum number of queues of a link (MAX_TAP_QUEUES).
const maxQueues = 256

// An Offload is a set of tasks that the reader of a tap file performs instead of the
// kernel, one bit each: TUN_F_* of include/uapi/linux/if_tun.h.
type Offload uint32

// Offloads.
const (
	Csum Offload = 1 << iota
	TSO4
	TSO6
	ECN
	UFO
	USO4
	USO6
)

const (
	known = USO6<<1 - 1
	tso   = TSO4 | TSO6
	uso   = USO4 | USO6
)

// An Option is an option for the files that Open returns, or an iplink.OpenOption.
type Option interface {
	Where(*own.Where)
}

// An option is an Option for the files.
type option func(*config)

func (option) Where(*own.Where) {}

// config is the result of the options.
type config struct {
	queues   int
	header   int // size of the virtio header in bytes, 0 for none
	headed   bool
	order    binary.ByteOrder // of the header, nil for the machine's own
	offloads Offload
}

// Queues sets the number of files.
func Queues(n int) Option {
	return option(func(c *config) { c.queues = n })
}

// VNetHeader puts a virtio header of size bytes before each frame.
func VNetHeader(size int) Option {
	return option(func(c *config) { c.header, c.headed = size, true })
}

// ByteOrder sets the byte order of the virtio header.
func ByteOrder(order binary.ByteOrder) Option {
	return option(func(c *config) { c.order = order })
}

// Offloads sets the tasks that the reader performs.
func Offloads(o Offload) Option {
	return option(func(c *config) { c.offloads = o })
}

// Open opens the files of the link of the given name and kind, one for each queue.
func Open(ctx context.Context, kind, name string, options ...Option) ([]*os.File, error) {
	c := config{queues: 1}
	for _, o := range options {
		if choose, ok := o.(option); ok {
			choose(&c)
		}
	}
	where := own.At(options)
	if err := openlink.Check(where, "open", kind, name); err != nil {
		return nil, err
	}
	if ctx == nil {
		return nil, refused(kind, name, "context", "it is nil: give context.Background()")
	}
	if word, fault := c.fault(); fault != "" {
		return nil, refused(kind, name, word, fault)
	}
	if ctx.Err() != nil {
		return nil, &iplink.Error{Op: "open", Kind: kind, Name: name, Err: context.Cause(ctx)}
	}
	var files []*os.File
	link, err := openlink.OpenAnd(ctx, kind, name, where, func(ctx context.Context, link *openlink.Handle) (err error) {
		if files, err = c.openQueues(ctx, link); err != nil {
			return explained(link, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return files, link.Close()
}

func refused(kind, name, word, text string) error {
	return &iplink.Error{Op: "open", Kind: kind, Name: name, Attr: word, Message: text, Err: fs.ErrInvalid}
}

// fault returns an invalid option and the reason. The kernel accepts the
// combinations that are rejected here, but does not apply them.
func (c *config) fault() (word, text string) {
	switch {
	case c.queues < 1 || c.queues > maxQueues:
		return "queues", fmt.Sprintf("%d is not in 1 to %d", c.queues, maxQueues)
	case c.headed && c.header != 10 && c.header != 12:
		return "vnet header", fmt.Sprintf("a size of %d: it has 10 bytes, or 12 with the number of buffers", c.header)
	case c.order != nil && c.order != binary.ByteOrder(binary.LittleEndian) && c.order != binary.ByteOrder(binary.BigEndian):
		return "byte order", fmt.Sprintf("%v is neither binary.LittleEndian nor binary.BigEndian", c.order)
	case c.order != nil && !c.headed:
		return "byte order", "is that of the virtio header: needs VNetHeader"
	}
	return "offloads", c.offloads.fault(c.headed)
}

func (o Offload) fault(headed bool) string {
	switch {
	case o&^known != 0:
		return fmt.Sprintf("%#x is not an offload", uint32(o&^known))
	case o != 0 && !headed:
		return "only the virtio header says what is left to do: needs VNetHeader"
	case o&^Csum != 0 && o&Csum == 0:
		return "segmentation leaves the checksums to do: needs Csum"
	case o&ECN != 0 && o&tso == 0:
		return "ECN is for segments of TCP: needs TSO4 or TSO6"
	case o&uso != 0 && o&uso != uso:
		return "the kernel knows USO4 and USO6 only together"
	}
	return ""
}
