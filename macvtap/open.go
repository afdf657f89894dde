package macvtap

import (
	"context"
	"encoding/binary"
	"os"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/tap"
)

// Open opens the tap files of the macvtap link with the given name or alternative
// name, in the network namespace of the calling thread or where iplink.In, iplink.On
// and iplink.Index say. It opens one file, or the number given by Queues.
//
// Each Read of a file returns one frame that arrived for the link, truncated if the
// buffer is too short. Each Write sends one frame through the link. The files block
// like sockets: deadlines apply, and Close ends a Read. A file queues as many frames
// as the link's TxQueueLen at the time of opening; further frames are dropped and
// counted in the link's RxDropped. While the link is down, no frames pass. Frames
// that arrived before Open returned are lost. The files stay open after the link is
// deleted, but return no more frames; iplink.Watch reports the deletion.
//
// Open needs neither udev nor a node in /dev. If /dev has this link's node (tapN,
// where N is the interface index) and its permissions allow it, Open uses that node.
// Otherwise it makes a private node, invisible to other programs, which requires
// CAP_MKNOD, and CAP_SYS_ADMIN for links in other namespaces. A user namespace
// grants neither: the error then matches fs.ErrPermission and explains the remedy.
//
// Other errors match fs.ErrNotExist if there is no such link, iplink.ErrKind if the
// link is not a macvtap link, fs.ErrInvalid for invalid options, and syscall.EBUSY
// if the link already has 256 open files. Open opens all files or none. ctx applies
// to the opening only, not to the files.
func Open(ctx context.Context, name string, options ...Option) ([]*os.File, error) {
	return tap.Open(ctx, iplink.KindMacvtap, name, options...)
}

// An Option modifies the files that Open returns, or is an iplink.OpenOption, which
// says which link Open opens, and in which namespace.
type Option = tap.Option

// Queues sets the number of files that Open returns, 1 to 256; 1 is the default.
// Incoming frames are distributed by flow over all open files of the link, so the
// program must read all of them.
func Queues(n int) Option {
	return tap.Queues(n)
}

// VNetHeader adds a virtio header before each frame, in both directions: struct
// virtio_net_hdr with size 10, or struct virtio_net_hdr_mrg_rxbuf with size 12. By
// default there is no header (IFF_VNET_HDR, TUNSETVNETHDRSZ).
func VNetHeader(size int) Option {
	return tap.VNetHeader(size)
}

// ByteOrder sets the byte order of the virtio header; VirtIO 1 uses
// binary.LittleEndian. The default is the machine's own order, as before VirtIO 1. A
// little-endian kernel may lack support for the other order
// (CONFIG_TUN_VNET_CROSS_LE); the error then matches syscall.EINVAL (TUNSETVNETLE,
// TUNSETVNETBE).
func ByteOrder(order binary.ByteOrder) Option {
	return tap.ByteOrder(order)
}

// An Offload is a bit mask of work that the reader of the files can do, or pass on,
// in place of the kernel.
type Offload = tap.Offload

// Offloads in terms of the virtio header. Written frames may use the header for any
// of them at any time.
const (
	Csum = tap.Csum // frames without a computed checksum (TUN_F_CSUM)
	TSO4 = tap.TSO4 // TCP over IPv4 in frames of up to 64 KiB; needs Csum (TUN_F_TSO4)
	TSO6 = tap.TSO6 // the same for TCP over IPv6 (TUN_F_TSO6)
	ECN  = tap.ECN  // with TSO4 or TSO6, also for frames with congestion marks (TUN_F_TSO_ECN)
	UFO  = tap.UFO  // accepted by kernels but without effect (TUN_F_UFO)
	USO4 = tap.USO4 // UDP over IPv4 in large frames; only together with USO6 (TUN_F_USO4)
	USO6 = tap.USO6 // the same for UDP over IPv6 (TUN_F_USO6)
)

// Offloads sets the offloads that the reader supports; none by default. It requires
// VNetHeader. The setting applies to all files of the link with a header, including
// files opened by other programs: the last call decides (TUNSETOFFLOAD).
//
// USO4 and USO6 exist since Linux 6.2; the error of older kernels matches
// syscall.EINVAL. Some kernels that support them still split large UDP frames.
func Offloads(o Offload) Option {
	return tap.Offloads(o)
}
