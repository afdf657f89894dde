package tun

import (
	"context"
	"encoding/binary"
	"os"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/tap"
)

// Open opens files of the tun or tap link with the given name or alternative name, in the
// network namespace of the calling thread or where iplink.In, iplink.On and
// iplink.Index say. It opens one file, or the number given by Queues.
//
// Each Read of a file returns one packet that the link sends, truncated if the buffer is
// too short. Each Write hands one packet to the kernel, as if the link had received it.
// A packet is an IP packet, or an Ethernet frame with NewTap, after the headers that PI
// and VNetHdr put before it. The files block like sockets: deadlines apply, and Close ends
// a Read. A file queues as many packets as the link's TxQueueLen; further packets are
// dropped. Packets that arrived before Open returned are lost. While the link is down,
// Read waits, and the error of Write matches syscall.EIO. After the link is deleted,
// both fail, and the error of Write matches syscall.EBADFD.
//
// The link stays when the files are closed. It has its carrier as long as one of them is
// open, and sends packets when it is up with a carrier, for which iplink.UntilUp waits: the
// kernel takes up to a second to notice the carrier.
//
// Open needs read and write permission for /dev/net/tun, and CAP_NET_ADMIN or the user
// and group of Owner and OwnerGroup; otherwise the error matches fs.ErrPermission. Other
// errors match fs.ErrNotExist if the link does not exist, errors.ErrUnsupported without
// /dev/net/tun, iplink.ErrKind if the link is of another kind, fs.ErrInvalid for invalid options and
// for options that the link does not have, syscall.EBUSY if a link without MultiQueue is
// open already, and syscall.E2BIG if a link already has 256 open files. Open opens all
// files or none. ctx applies to the opening only, not to the files.
func Open(ctx context.Context, name string, options ...Option) ([]*os.File, error) {
	return tap.Open(ctx, iplink.KindTun, name, options...)
}

// An Option modifies the files that Open returns, or is an iplink.OpenOption, which
// names the link and the namespace.
type Option = tap.Option

// Queues sets the number of files that Open returns, 1 to 256; 1 is the default. More
// than 1 needs a link with MultiQueue. The kernel distributes packets by flow over all
// open files of the link, so the program must read all of them.
func Queues(n int) Option {
	return tap.Queues(n)
}

// VNetHeader sets the size of the virtio header before each packet of a link with
// VNetHdr: struct virtio_net_hdr with size 10, or struct virtio_net_hdr_mrg_rxbuf with
// size 12. It applies to all files of the link, also in other programs. A new
// link has 10 (TUNSETVNETHDRSZ).
func VNetHeader(size int) Option {
	return tap.VNetHeader(size)
}

// ByteOrder sets the byte order of the virtio header; VirtIO 1 uses
// binary.LittleEndian. It requires VNetHeader. The default is the machine's own order, as
// before VirtIO 1. A little-endian kernel may lack support for the other order
// (CONFIG_TUN_VNET_CROSS_LE); the error then matches syscall.EINVAL (TUNSETVNETLE,
// TUNSETVNETBE).
func ByteOrder(order binary.ByteOrder) Option {
	return tap.ByteOrder(order)
}

// An Offload is a bit mask of work that the reader of the files can do, or pass on,
// in place of the kernel.
type Offload = tap.Offload

// Offloads in terms of the virtio header. Written packets may use the header for any
// of them at any time.
const (
	Csum = tap.Csum // packets without a computed checksum (TUN_F_CSUM)
	TSO4 = tap.TSO4 // TCP over IPv4 in packets of up to 64 KiB; needs Csum (TUN_F_TSO4)
	TSO6 = tap.TSO6 // the same for TCP over IPv6 (TUN_F_TSO6)
	ECN  = tap.ECN  // with TSO4 or TSO6, also for packets with congestion marks (TUN_F_TSO_ECN)
	UFO  = tap.UFO  // accepted by kernels but without effect (TUN_F_UFO)
	USO4 = tap.USO4 // UDP over IPv4 in large packets; only together with USO6 (TUN_F_USO4)
	USO6 = tap.USO6 // the same for UDP over IPv6 (TUN_F_USO6)
)

// Offloads sets the offloads that the reader supports; none by default. It requires
// VNetHeader. The setting applies to all files of the link, including files opened by
// other programs: the last call decides (TUNSETOFFLOAD).
//
// USO4 and USO6 exist since Linux 6.2; the error of older kernels matches
// syscall.EINVAL.
func Offloads(o Offload) Option {
	return tap.Offloads(o)
}
