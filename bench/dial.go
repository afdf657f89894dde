package main

import (
	"context"
	"encoding/binary"

	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/mdlayher/netlink"
	vish "github.com/vishvananda/netlink"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/uapi"
)

// background is the context of all work; no work is cancelled.
var background = context.Background()

// dialOurs, dialVish and dialJsim open sockets in the thread's namespace. The
// sockets stay open for the whole workload.
func dialOurs(l *lab) (*iplink.Conn, error) {
	conn, err := iplink.Dial()
	if err == nil {
		l.onClose(conn.Close)
	}
	return conn, err
}

func dialVish(l *lab) (*vish.Handle, error) {
	h, err := vish.NewHandle(unix.NETLINK_ROUTE)
	if err == nil {
		l.onClose(func() error { h.Close(); return nil })
	}
	return h, err
}

func dialJsim(l *lab) (*rtnetlink.Conn, error) {
	conn, err := openJsim(0)
	if err == nil {
		l.onClose(conn.Close)
	}
	return conn, err
}

// openJsim opens a socket in the namespace of a descriptor, or in the thread's
// namespace if netns is 0. The socket has the receive buffer size with which the
// peer is fastest. The caller must close it.
func openJsim(netns int) (*rtnetlink.Conn, error) {
	return rtnetlink.Dial(&netlink.Config{NetNS: netns, MessageBufferSize: 64 << 10})
}

// jsimVXLAN is a VXLAN driver, which jsimonetti/rtnetlink leaves to its users. It is
// written like that package's own drivers, and has the settings that the benchmarks
// need.
type jsimVXLAN struct {
	id, dev, ageing   uint32
	remote6, local6   []byte
	low, high, port   uint16
	ttl, tos          uint8
	label             uint32
	learning, zero6Tx bool
	whole             bool // all twelve settings
}

func (*jsimVXLAN) New() rtnetlink.LinkDriver { return &jsimVXLAN{} }
func (*jsimVXLAN) Kind() string              { return "vxlan" }

func (v *jsimVXLAN) Encode(ae *netlink.AttributeEncoder) error {
	ae.Uint32(uapi.IFLA_VXLAN_ID, v.id)
	ae.Bytes(uapi.IFLA_VXLAN_PORT, binary.BigEndian.AppendUint16(nil, v.port))
	ae.Uint8(uapi.IFLA_VXLAN_LEARNING, number(v.learning))
	if !v.whole {
		return nil
	}
	ae.Bytes(uapi.IFLA_VXLAN_GROUP6, v.remote6)
	ae.Bytes(uapi.IFLA_VXLAN_LOCAL6, v.local6)
	ae.Uint32(uapi.IFLA_VXLAN_LINK, v.dev)
	ae.Bytes(uapi.IFLA_VXLAN_PORT_RANGE, binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, v.low), v.high))
	ae.Uint8(uapi.IFLA_VXLAN_TTL, v.ttl)
	ae.Uint8(uapi.IFLA_VXLAN_TOS, v.tos)
	ae.Bytes(uapi.IFLA_VXLAN_LABEL, binary.BigEndian.AppendUint32(nil, v.label))
	ae.Uint32(uapi.IFLA_VXLAN_AGEING, v.ageing)
	ae.Uint8(uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_TX, number(v.zero6Tx))
	return nil
}

func (v *jsimVXLAN) Decode(ad *netlink.AttributeDecoder) error {
	for ad.Next() {
		switch ad.Type() {
		case uapi.IFLA_VXLAN_ID:
			v.id = ad.Uint32()
		case uapi.IFLA_VXLAN_PORT:
			v.port = binary.BigEndian.Uint16(ad.Bytes())
		case uapi.IFLA_VXLAN_LEARNING:
			v.learning = ad.Uint8() != 0
		case uapi.IFLA_VXLAN_LINK:
			v.dev = ad.Uint32()
		case uapi.IFLA_VXLAN_TTL:
			v.ttl = ad.Uint8()
		case uapi.IFLA_VXLAN_TOS:
			v.tos = ad.Uint8()
		case uapi.IFLA_VXLAN_LABEL:
			v.label = binary.BigEndian.Uint32(ad.Bytes())
		case uapi.IFLA_VXLAN_AGEING:
			v.ageing = ad.Uint32()
		case uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_TX:
			v.zero6Tx = ad.Uint8() != 0
		case uapi.IFLA_VXLAN_GROUP6:
			v.remote6 = ad.Bytes()
		case uapi.IFLA_VXLAN_LOCAL6:
			v.local6 = ad.Bytes()
		case uapi.IFLA_VXLAN_PORT_RANGE:
			b := ad.Bytes()
			v.low, v.high = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		}
	}
	return nil
}

func number(v bool) uint8 {
	if v {
		return 1
	}
	return 0
}
