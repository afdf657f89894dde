package rtnl

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// IndexOf returns the index of the named link in the socket's namespace. Short names
// need no message and no kernel lock.
func IndexOf(ctx context.Context, s Socket, name string) (int, error) {
	if len(name) >= uapi.IFNAMSIZ {
		return indexOfLong(ctx, s, name)
	}
	return ShortIndexOf(s, name)
}

// ShortIndexOf is IndexOf for a name of at most 15 bytes.
func ShortIndexOf(s Socket, name string) (int, error) {
	req, err := unix.NewIfreq(name)
	if err != nil {
		return 0, err
	}
	err = s.Control(func(fd int) error { return unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, req) })
	return int(req.Uint32()), err
}

func indexOfLong(ctx context.Context, s Socket, name string) (int, error) {
	index := 0
	var b Batch
	b.Get(uapi.RTM_GETLINK, func(m wire.Message) { index = IndexIn(m) }, func(buf []byte) []byte { return AppendKey(buf, 0, name) })
	if err := s.Do(ctx, &b); err != nil {
		return 0, err
	}
	return index, b.Err(0)
}

// IsFree reports whether it is certain that no link has a name or an alternative name.
// It tries to bind the socket to the link, which has no meaning for a netlink socket: the
// kernel does not load a module for the name then, as it does for SIOCGIFINDEX.
func IsFree(s Socket, name string) bool {
	err := s.Control(func(fd int) error {
		err := unix.BindToDevice(fd, name)
		if err == nil {
			err = unix.BindToDevice(fd, "")
		}
		return err
	})
	return errors.Is(err, unix.ENODEV)
}

// NameOf returns the name of a link by index.
func NameOf(s Socket, index int) (string, error) {
	req, err := unix.NewIfreq("")
	if err != nil {
		return "", err
	}
	req.SetUint32(uint32(index))
	err = s.Control(func(fd int) error { return unix.IoctlIfreq(fd, unix.SIOCGIFNAME, req) })
	return req.Name(), err
}

// DriverOf returns the name of a link's driver as ethtool reports it. It is the only
// way to find the kind of a master without a message.
func DriverOf(s Socket, index int) (string, error) {
	name, err := NameOf(s, index)
	if err != nil {
		return "", err
	}
	driver := ""
	err = s.Control(func(fd int) error {
		info, err := unix.IoctlGetEthtoolDrvinfo(fd, name)
		if err == nil {
			driver = unix.ByteSliceToString(info.Driver[:])
		}
		return err
	})
	return driver, err
}

// Older reports whether the kernel is older than a release, such as 6.2. It is false if
// the release is unknown.
func Older(major, minor int) bool {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return false
	}
	series, rest, _ := strings.Cut(unix.ByteSliceToString(name.Release[:]), ".")
	text, _, _ := strings.Cut(rest, ".")
	first, err := strconv.Atoi(series)
	second, err2 := strconv.Atoi(strings.TrimRight(text, "-+abcdefghijklmnopqrstuvwxyz"))
	return err == nil && err2 == nil && (first < major || first == major && second < minor)
}

// HasNetAdmin reports whether the calling thread may change links at all.
func HasNetAdmin() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	err := unix.Capget(&header, &data[0])
	return err != nil || data[0].Effective&(1<<unix.CAP_NET_ADMIN) != 0
}
