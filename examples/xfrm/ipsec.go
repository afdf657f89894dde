package main

import (
	"crypto/rand"
	"encoding/binary"
	"math"
	"net/netip"

	"github.com/iplink-go/iplink/internal/wire"
)

// An association is one direction of a tunnel of IPsec. In general, daemons of both hosts
// agree on its key.
type association struct {
	from, to netip.Addr
	spi      uint32
	key      [20]byte // for rfc4106(gcm(aes)): 16 bytes of AES key, and 4 bytes of salt
}

// newAssociation returns one with a random key.
func newAssociation(from, to netip.Addr, spi uint32) association {
	a := association{from: from, to: to, spi: spi}
	rand.Read(a.key[:]) // never fails
	return a
}

// Numbers of the XFRM protocol, linux/xfrm.h.
const (
	newState, newPolicy                     = 0x10, 0x13
	attrTemplate, attrAEAD, attrIfID        = 5, 18, 31
	directionIn, directionOut               = 0, 1
	modeTunnel, protoESP                    = 1, 50
	familyIPv4                              = 2
	requestFlags                     uint16 = 0x605 // NLM_F_REQUEST, NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL
)

// state returns the request to make the state, a struct xfrm_usersa_info with attributes.
func (a association) state() []byte {
	b, at := wire.BeginMessage(nil, newState, requestFlags)
	b = append(b, make([]byte, 56)...) // any selector
	b = a.appendID(b)
	b = appendAddr(b, a.from)
	b = appendLimits(b)
	b = append(b, make([]byte, 32+12+8)...) // lifetimes, statistics, and numbers, all 0
	b = wire.Order.AppendUint16(b, familyIPv4)
	b = append(b, modeTunnel, 32, 0, 0, 0, 0, 0, 0, 0, 0) // a replay window of 32
	b, aead := wire.Begin(b, attrAEAD)
	b = append(b, append([]byte("rfc4106(gcm(aes))"), make([]byte, 64-17)...)...)
	b = wire.Order.AppendUint32(b, uint32(len(a.key)*8))
	b = wire.Order.AppendUint32(b, 128)
	b = wire.End(append(b, a.key[:]...), aead)
	return wire.EndMessage(wire.AppendU32(b, attrIfID, ifID), at)
}

// policy returns the request to make the policy for packets in the tunnel, a struct
// xfrm_userpolicy_info with attributes.
func (a association) policy(direction byte) []byte {
	b, at := wire.BeginMessage(nil, newPolicy, requestFlags)
	b = append(b, make([]byte, 40)...) // any addresses and ports of IPv4
	b = wire.Order.AppendUint16(b, familyIPv4)
	b = append(b, make([]byte, 14)...)
	b = appendLimits(b)
	b = append(b, make([]byte, 32+8)...)
	b = append(b, direction, 0, 0, 0, 0, 0, 0, 0)
	b, template := wire.Begin(b, attrTemplate)
	b = a.appendTemplate(b)
	b = wire.End(b, template)
	return wire.EndMessage(wire.AppendU32(b, attrIfID, ifID), at)
}

// appendTemplate appends a struct xfrm_user_tmpl, which finds the state of a packet.
func (a association) appendTemplate(b []byte) []byte {
	b = a.appendID(b)
	b = wire.Order.AppendUint16(b, familyIPv4)
	b = appendAddr(append(b, 0, 0), a.from)
	b = append(b, 0, 0, 0, 0, modeTunnel, 0, 0, 0)
	for range 3 { // any algorithms
		b = wire.Order.AppendUint32(b, math.MaxUint32)
	}
	return b
}

// appendID appends a struct xfrm_id.
func (a association) appendID(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(appendAddr(b, a.to), a.spi)
	return append(b, protoESP, 0, 0, 0)
}

// appendAddr appends an IPv4 address in the room for any.
func appendAddr(b []byte, addr netip.Addr) []byte {
	return append(append(b, addr.AsSlice()...), make([]byte, 12)...)
}

// appendLimits appends a struct xfrm_lifetime_cfg without limits: for bytes and packets
// the largest numbers, and for seconds 0.
func appendLimits(b []byte) []byte {
	for range 4 {
		b = wire.Order.AppendUint64(b, math.MaxUint64)
	}
	return append(b, make([]byte, 32)...)
}
