package tap

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/tunctl"
)

// openQueues opens all files or none.
func (c *config) openQueues(ctx context.Context, link *openlink.Handle) (files []*os.File, err error) {
	defer func() {
		if err != nil {
			closeAll(files)
			files = nil
		}
	}()
	device, err := c.source(ctx, link)
	if err != nil {
		return nil, err
	}
	defer device.close()
	for range c.queues {
		if ctx.Err() != nil {
			return files, context.Cause(ctx)
		}
		file, err := c.openQueue(device, link)
		if err != nil {
			return files, err
		}
		files = append(files, file)
	}
	return files, c.offload(files)
}

// A source opens files and makes each of them a queue of one link.
type source interface {
	open() (int, error)
	attach(c *config, fd int) error
	close()
}

// source returns the source of the files of a link.
func (c *config) source(ctx context.Context, link *openlink.Handle) (source, error) {
	if link.Kind == iplink.KindTun {
		return c.findTun(ctx, link)
	}
	return find(link.Kind, link.Index)
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// openQueue opens one file in non-blocking mode, so that the runtime waits for
// frames and deadlines work.
func (c *config) openQueue(device source, link *openlink.Handle) (*os.File, error) {
	fd, err := device.open()
	if err != nil {
		return nil, err
	}
	err = device.attach(c, fd)
	if err == nil {
		err = tunctl.Belongs(fd, link.Index)
	}
	if err == nil {
		err = c.configure(fd)
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), link.Name), nil
}

// attach gives the file its flags. The device has one link, so that the name is empty.
func (*device) attach(c *config, fd int) error {
	req, err := unix.NewIfreq("")
	if err != nil {
		return err
	}
	flags := uint16(unix.IFF_TAP | unix.IFF_NO_PI)
	if c.queues > 1 {
		flags |= unix.IFF_MULTI_QUEUE
	}
	if c.headed {
		flags |= unix.IFF_VNET_HDR
	}
	req.SetUint16(flags)
	return failed("TUNSETIFF", unix.IoctlIfreq(fd, unix.TUNSETIFF, req))
}

// configure applies the options to the file. The kernel's default is a header of 10
// bytes.
func (c *config) configure(fd int) error {
	if !c.headed {
		return nil
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TUNSETVNETHDRSZ, c.header); err != nil {
		return failed("TUNSETVNETHDRSZ", err)
	}
	return c.setByteOrder(fd)
}

// setByteOrder sets the byte order of the header. A big-endian machine needs no
// setting for big-endian numbers, and the kernel has that setting only on
// little-endian machines.
func (c *config) setByteOrder(fd int) error {
	native := binary.NativeEndian.Uint16([]byte{1, 0}) == 1
	switch {
	case c.order == binary.ByteOrder(binary.LittleEndian):
		return failed("TUNSETVNETLE", unix.IoctlSetPointerInt(fd, unix.TUNSETVNETLE, 1))
	case c.order == binary.ByteOrder(binary.BigEndian) && native:
		return failed("TUNSETVNETBE", unix.IoctlSetPointerInt(fd, unix.TUNSETVNETBE, 1))
	}
	return nil
}

// offload sets the link's offloads, which apply to all files with a header. It then
// discards the frames that arrived before, because they may not match the offloads.
func (c *config) offload(files []*os.File) error {
	if c.headed {
		if err := control(files[0], func(fd int) error {
			return failed("TUNSETOFFLOAD", unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, int(c.offloads)))
		}); err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := control(f, drain); err != nil {
			return err
		}
	}
	return nil
}

// drain discards the frames in a queue, up to the maximum length of a queue.
func drain(fd int) error {
	var frame [64]byte
	for range 1 << 16 {
		if _, err := unix.Read(fd, frame[:]); err != nil {
			break
		}
	}
	return nil
}

func control(f *os.File, do func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	err = conn.Control(func(fd uintptr) { inner = do(int(fd)) })
	return errors.Join(err, inner)
}

// failed adds the name of the request to an error.
func failed(request string, err error) error {
	if err == nil {
		return nil
	}
	return os.NewSyscallError(request, err)
}

// explained names the link and the option in an error, and adds a remedy if there is
// one.
func explained(link *openlink.Handle, err error) error {
	if named, ok := errors.AsType[*iplink.Error](err); ok {
		return named
	}
	e := &iplink.Error{Op: "open", Kind: link.Kind, Name: link.Name, Err: err}
	if reason := tunctl.Reason(err); link.Kind == iplink.KindTun && reason != "" {
		e.Message, e.Err = reason, tunctl.Cause(err)
		return e
	}
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		e.Err = call.Err
		e.Attr, e.Message = refusal(call.Syscall)
	}
	if lacking, ok := errors.AsType[*unreachable](err); ok {
		e.Err, e.Message = lacking.err, lacking.advice
	}
	if e.Err == error(syscall.EBUSY) {
		e.Message = fmt.Sprintf("the link has %d queues in all, and no more are free", maxQueues)
	}
	return e
}

// refusal returns the option that a request sets, and the feature missing in kernels
// that reject it.
func refusal(request string) (word, text string) {
	switch request {
	case "TUNSETOFFLOAD":
		return "offloads", "this kernel does not know one of the offloads; USO4 and USO6 are known since Linux 6.2"
	case "TUNSETVNETBE":
		return "byte order", "this kernel has no other byte order (CONFIG_TUN_VNET_CROSS_LE)"
	}
	return "", request
}
