package iplink

import (
	"errors"
	"fmt"
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// legible returns a message about a link without nests that are longer than an
// attribute can be, such as that of a macvlan with 5500 source addresses, and an
// error that names them.
func legible(b []byte) ([]byte, error) {
	if len(b) <= wire.LinkLen+wire.MaxLen {
		return b, nil
	}
	var faults error
	var kind []byte
	attrs, ok := wire.Legible(b[wire.LinkLen:], func(a wire.Attr) {
		faults = errors.Join(faults, &attr.Error{Name: rowName(new(Link).attrs, a.Type),
			Text: fmt.Sprintf("%d bytes, where an attribute of the kernel's can have %d", len(a.Data), wire.MaxLen-wire.AttrLen)})
		if a.Type == uapi.IFLA_LINKINFO {
			kind = kindOnly(a.Data)
		}
	})
	if !ok {
		faults = &attr.Error{Text: "the kernel's description is too long to be read"}
	}
	return slices.Concat(b[:wire.LinkLen], attrs, kind), faults
}

// kindOnly returns an IFLA_LINKINFO of the kind alone, which comes first in one.
func kindOnly(info []byte) []byte {
	kind := wire.Find(info, uapi.IFLA_INFO_KIND)
	b, at := wire.Begin(nil, uapi.IFLA_LINKINFO)
	return wire.End(wire.AppendAttr(b, uapi.IFLA_INFO_KIND, kind), at)
}

// noteUndescribed notes if a message stands for a link that the kernel cannot
// describe, as package rtnl has it.
func (l *Link) noteUndescribed(m wire.Message) {
	if m.Type == uapi.NLMSG_ERROR {
		l.raw.undescribed = true
		l.addErr("", &attr.Error{Text: tooLongToDescribe})
	}
}

// tooLongToDescribe is what the kernel means by EMSGSIZE when it is asked for a link.
const tooLongToDescribe = "the kernel cannot describe the link: it has a list, such as of source addresses, that takes more than 64 KiB"
