package iplink

import (
	"context"
	"fmt"
	"net"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

const (
	ethernetLen = 6 // of a link-layer address
)

// checkAddress refuses a link-layer address where the kernel ignores it, or has
// none to change, and one that no link of the kind can have.
func (s *spec) checkAddress(op string) error {
	if reason := s.about().address; s.linkSet.Has(uapi.IFLA_ADDRESS) && reason != "" {
		return s.invalid(op, "address", reason)
	}
	if s.about().address != "" || s.about().addressLen() != ethernetLen {
		return nil
	}
	if fault := s.addressFault(s.linkSet, ethernetLen, true); fault != nil {
		return s.refuse(op, fault)
	}
	return nil
}

// addressFault returns what is wrong with the link-layer addresses in set, of a link
// whose addresses have so many bytes; nil if nothing is.
func (s *spec) addressFault(set attr.Set, due int, ethernet bool) *attr.Error {
	for _, a := range []struct {
		typ  uint16
		word string
		mac  net.HardwareAddr
	}{{uapi.IFLA_ADDRESS, "address", s.link.Address}, {uapi.IFLA_BROADCAST, "broadcast", s.link.Broadcast}} {
		switch own := a.typ == uapi.IFLA_ADDRESS && ethernet; {
		case !set.Has(a.typ) || len(a.mac) == 0: // the table refuses none
		case len(a.mac) != due:
			return &attr.Error{Name: a.word, Text: fmt.Sprintf("%v has %d bytes, where %d are due", a.mac, len(a.mac), due)}
		case own && a.mac[0]&1 != 0:
			return &attr.Error{Name: a.word, Errno: syscall.EADDRNOTAVAIL,
				Text: fmt.Sprintf("%v is the address of a group: the first byte of a link's own is even", a.mac)}
		case own && isZero(a.mac):
			return &attr.Error{Name: a.word, Errno: syscall.EADDRNOTAVAIL,
				Text: fmt.Sprintf("%v is no address: without Address the kernel makes one", a.mac)}
		}
	}
	return nil
}

func isZero(mac net.HardwareAddr) bool {
	for _, b := range mac {
		if b != 0 {
			return false
		}
	}
	return true
}

// addressMisfit returns what is wrong with link-layer addresses for a link that
// exists. One that is too long the kernel would cut off.
func (j *job) addressMisfit(have *Link) *attr.Error {
	if len(have.Address) == 0 {
		return nil
	}
	return j.spec.addressFault(j.linkSet, len(have.Address), have.Type == HardwareEther || have.isLoopback())
}

// addressInUse says that the link-layer address of a macvlan is not its own.
func (t *transaction) addressInUse(_ context.Context, s *step, errno syscall.Errno) fact {
	if errno != syscall.EADDRINUSE || s.what > stepChange || !isMacvlan(s.job.spec.Kind) {
		return fact{}
	}
	return fact{"address", "the parent, or another macvlan on it, has the link-layer address: set another, or none"}
}

func isMacvlan(kind string) bool {
	return kind == KindMacvlan || kind == KindMacvtap
}
