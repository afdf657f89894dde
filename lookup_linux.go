package iplink

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// socketNetNS opens the namespace that a socket belongs to.
func socketNetNS(rt *rtnl.Conn) (*NetNS, error) {
	var file *os.File
	err := rt.Control(func(fd int) error {
		ns, err := unix.IoctlRetInt(fd, unix.SIOCGSKNS)
		if err == nil {
			ns, err = highfd.Number(ns)
		}
		if err == nil {
			file = os.NewFile(uintptr(ns), "net")
		}
		return err
	})
	switch {
	case errors.Is(err, os.ErrClosed):
		return nil, err
	case err != nil:
		return nil, &Error{Op: "open", Kind: "netns", Err: err}
	}
	ns := &NetNS{file: file}
	if err := ns.use(ns.identify); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return ns, nil
}

// indexOf finds the index of a link by name in the socket's namespace. Short
// names need no message and no lock of the kernel's.
func indexOf(ctx context.Context, s socket, name string) (int, error) {
	if len(name) >= uapi.IFNAMSIZ {
		return indexOfLong(ctx, s, name)
	}
	return shortIndexOf(s, name)
}

func shortIndexOf(s socket, name string) (int, error) {
	req, err := unix.NewIfreq(name)
	if err != nil {
		return 0, err
	}
	err = s.Control(func(fd int) error { return unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, req) })
	return int(req.Uint32()), err
}

func indexOfLong(ctx context.Context, s socket, name string) (int, error) {
	index := 0
	var b rtnl.Batch
	b.Get(uapi.RTM_GETLINK, func(m wire.Message) { index = indexIn(m) }, func(buf []byte) []byte { return appendKey(buf, 0, name) })
	if err := s.Do(ctx, &b); err != nil {
		return 0, err
	}
	return index, b.Err(0)
}

// nameOf finds the name of a link by index.
func nameOf(rt *rtnl.Conn, index int) (string, error) {
	req, err := unix.NewIfreq("")
	if err != nil {
		return "", err
	}
	req.SetUint32(uint32(index))
	err = rt.Control(func(fd int) error { return unix.IoctlIfreq(fd, unix.SIOCGIFNAME, req) })
	return req.Name(), err
}

// driverOf returns what ethtool calls the driver of a link: the one word on
// what a master is that costs no message.
func driverOf(rt *rtnl.Conn, index int) (string, error) {
	name, err := nameOf(rt, index)
	if err != nil {
		return "", err
	}
	driver := ""
	err = rt.Control(func(fd int) error {
		info, err := unix.IoctlGetEthtoolDrvinfo(fd, name)
		if err == nil {
			driver = unix.ByteSliceToString(info.Driver[:])
		}
		return err
	})
	return driver, err
}

// hasNetAdmin reports whether the calling thread may change links at all.
func hasNetAdmin() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	err := unix.Capget(&header, &data[0])
	return err != nil || data[0].Effective&(1<<unix.CAP_NET_ADMIN) != 0
}

func dupFD(fd int) (int, error) {
	return highfd.Dup(fd)
}

func closeFD(fd int) {
	_ = unix.Close(fd)
}
