package rtnl

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// recvfrom reads one datagram. It returns the datagram's length, even if p is
// shorter, and the port of the sender, which is 0 for the kernel. It is
// unix.Recvfrom without an allocation for the sender's address.
func recvfrom(fd int, p []byte) (n int, sender uint32, err error) {
	var from unix.RawSockaddrNetlink
	size := uint32(unix.SizeofSockaddrNetlink)
	read, _, errno := unix.Syscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)),
		unix.MSG_TRUNC|unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&from)), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return 0, 0, errno
	}
	return int(read), from.Pid, nil
}

// recvmsg is recvfrom with ancillary data, as in unix.Recvmsg. It is for
// announcements and does not block. It therefore does not notify Go's scheduler,
// which would wake a monitoring thread for each isolated announcement.
func recvmsg(fd int, p, oob []byte) (n, oobn int, sender uint32, errno unix.Errno) {
	var from unix.RawSockaddrNetlink
	iov := unix.Iovec{Base: unsafe.SliceData(p)}
	iov.SetLen(len(p))
	msg := unix.Msghdr{Name: (*byte)(unsafe.Pointer(&from)), Namelen: unix.SizeofSockaddrNetlink, Iov: &iov, Control: unsafe.SliceData(oob)}
	msg.SetIovlen(1)
	msg.SetControllen(len(oob))
	read, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&msg)), unix.MSG_TRUNC|unix.MSG_DONTWAIT)
	if errno != 0 {
		return 0, 0, 0, errno
	}
	return int(read), int(msg.Controllen), from.Pid, 0
}
