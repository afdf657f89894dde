package bridge

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// vlanHeaderLen is the length of struct br_vlan_msg.
const vlanHeaderLen = 8

// appendVLANHeader appends a struct br_vlan_msg.
func appendVLANHeader(b []byte, index int) []byte {
	return wire.Order.AppendUint32(append(b, uapi.AF_BRIDGE, 0, 0, 0), uint32(index))
}

// dumpVLANs calls each with every attribute in the messages about a port's VLANs.
// With the flag BRIDGE_VLANDB_DUMPF_GLOBAL, the messages are about the VLANs of the
// whole bridge.
func (s *Bridge) dumpVLANs(ctx context.Context, op string, index int, flags uint32, restart func(), each func(typ uint16, data []byte)) error {
	body := func(b []byte) []byte {
		return wire.AppendU32(appendVLANHeader(b, index), uapi.BRIDGE_VLANDB_DUMP_FLAGS, flags)
	}
	err := s.link.List(ctx, op, uapi.RTM_GETVLAN, body, restart, func(m wire.Message) { eachOfVLAN(m, index, each) })
	return unfiltered(err)
}

// eachOfVLAN calls each with every attribute of a message about the VLANs of the link
// with the index.
func eachOfVLAN(m wire.Message, index int, each func(typ uint16, data []byte)) {
	if len(m.Data) < vlanHeaderLen || int(wire.Order.Uint32(m.Data[4:])) != index {
		return
	}
	for a, err := range wire.Attrs(m.Data[vlanHeaderLen:]) {
		if err != nil {
			return
		}
		each(a.Type, a.Data)
	}
}

// filters returns an error if the kernel's bridge lacks VLAN support. Such a kernel
// reports success for some changes that it did not make.
func (s *Bridge) filters(ctx context.Context, op string) error {
	own, err := s.link.Own(ctx, op)
	if err == nil && wire.Find(own.Data, uapi.IFLA_BR_VLAN_PROTOCOL) == nil {
		err = unfiltered(&iplink.Error{Op: op, Kind: s.link.Kind, Name: s.link.Name, Err: syscall.EOPNOTSUPP})
	}
	return err
}

// unfiltered adds the reason for the error of a kernel whose bridge lacks VLAN
// support.
func unfiltered(err error) error {
	return openlink.Because(err, syscall.EOPNOTSUPP, own.NoVLANFiltering)
}

// checkOptions checks a range of VLANs and the settings for them.
func (s *Bridge) checkOptions(op string, first, last uint16, set attr.Set, table attr.Table) error {
	switch {
	case first == 0 || first > mostVID:
		return s.link.Invalid(op, "vid", "%d is not in 1…%d", first, mostVID)
	case last < first || last > mostVID:
		return s.link.Invalid(op, "vid", "the range ends with %d, which is not in %d…%d", last, first, mostVID)
	case set.Empty():
		return s.link.Invalid(op, "", "no setting is given")
	}
	var wrong *attr.Error
	switch err := new(attr.Codec).Check(set, nil, table); {
	case errors.As(err, &wrong):
		return s.link.Refuse(op, wrong)
	case err != nil:
		return s.link.Invalid(op, "", "%v", err)
	}
	return nil
}

// rangeText formats a VLAN range like iproute2.
func rangeText(first, last uint16) string {
	return string(appendRange(make([]byte, 0, len("vid 4094-4094")), first, last))
}

func appendRange(b []byte, first, last uint16) []byte {
	b = strconv.AppendUint(append(b, "vid "...), uint64(first), 10)
	if first != last {
		b = strconv.AppendUint(append(b, '-'), uint64(last), 10)
	}
	return b
}

func trim(words []byte) string {
	return strings.TrimPrefix(string(words), " ")
}
