package ipvtap

import (
	"context"
	"encoding/binary"
	"os"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/tap"
)

// Open opens the tap files of the ipvtap link of that name, which may be an
// alternative one, in the network namespace of the calling thread: one file, or
// as many as Queues says.
//
// What arrives for the link a Read of a file returns, a frame each time, or the
// start of it if the buffer is shorter; what is written, a frame each time, the
// link sends. The files wait as sockets do: deadlines hold, and Close ends a Read.
// A file has room for as many frames as the link's TxQueueLen was when it was
// opened; more are dropped, and counted in the link's RxDropped. While the link is
// down nothing passes. Frames that came before Open returned are not seen. The
// files outlive the link, but nothing comes out of them then; who has to know
// watches it (iplink.Watch).
//
// It needs no udev, nor a node in /dev, but if /dev has the one of this link
// (tapN, where N is the interface index) and its permissions allow it, it is used.
// Otherwise Open makes a node of its own, which nobody sees; that takes CAP_MKNOD,
// and CAP_SYS_ADMIN for links in other namespaces. A user namespace gives neither:
// the error then matches fs.ErrPermission and says what to do.
//
// Other errors match fs.ErrNotExist without such a link, iplink.ErrKind if it is
// no ipvtap, fs.ErrInvalid for options that are wrong, and syscall.EBUSY if the
// link has 256 files open already. Either all files are open afterwards, or none.
// ctx is for the opening; the files are not bound to it.
func Open(ctx context.Context, name string, options ...Option) ([]*os.File, error) {
	return tap.Open(ctx, iplink.KindIPvtap, name, options...)
}

// An Option is a choice for the files that Open returns.
type Option = tap.Option

// Queues makes Open return so many files, 1 to 256; 1 is the default. What
// arrives for the link is spread over all files that are open on it, by flow: a
// reader must read them all.
func Queues(n int) Option {
	return tap.Queues(n)
}

// VNetHeader puts a virtio header before each frame, in both directions: struct
// virtio_net_hdr with 10 bytes, or struct virtio_net_hdr_mrg_rxbuf with 12. By
// default there is none (IFF_VNET_HDR, TUNSETVNETHDRSZ).
func VNetHeader(size int) Option {
	return tap.VNetHeader(size)
}

// ByteOrder is that of the numbers in the virtio header: binary.LittleEndian is
// that of VirtIO 1. By default it is the machine's own, as before VirtIO 1. A
// little-endian kernel may be without the other order (CONFIG_TUN_VNET_CROSS_LE);
// the error then matches syscall.EINVAL (TUNSETVNETLE, TUNSETVNETBE).
func ByteOrder(order binary.ByteOrder) Option {
	return tap.ByteOrder(order)
}

// An Offload is work that the reader of the files is prepared to do, or to pass
// on, so that the kernel need not do it; a bit each.
type Offload = tap.Offload

// Offloads, as the virtio header speaks of them. What is written may use the
// header for any of them at any time.
const (
	Csum = tap.Csum // frames whose checksum is not filled in (TUN_F_CSUM)
	TSO4 = tap.TSO4 // TCP over IPv4 in frames of up to 64 KiB; needs Csum (TUN_F_TSO4)
	TSO6 = tap.TSO6 // TCP over IPv6 alike (TUN_F_TSO6)
	ECN  = tap.ECN  // with TSO4 or TSO6, also with congestion marks (TUN_F_TSO_ECN)
	UFO  = tap.UFO  // kernels take it and no longer do anything (TUN_F_UFO)
	USO4 = tap.USO4 // UDP over IPv4 in large frames; only together with USO6 (TUN_F_USO4)
	USO6 = tap.USO6 // UDP over IPv6 alike (TUN_F_USO6)
)

// Offloads says what the reader is prepared to do; by default nothing. It needs
// VNetHeader. It holds for all files of the link that have a header, those of
// others too: the last one who says it decides (TUNSETOFFLOAD).
//
// USO4 and USO6 are known since Linux 6.2, and the error for older kernels matches
// syscall.EINVAL. Not all kernels that know them pass large frames of UDP on whole.
func Offloads(o Offload) Option {
	return tap.Offloads(o)
}

// InNetNS opens the files of a link in that namespace, whatever the calling
// thread's is.
func InNetNS(ns *iplink.NetNS) Option {
	return tap.InNetNS(ns)
}
