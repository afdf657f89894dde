package ovpn

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// appendPeer appends the attributes of a peer. A descriptor below 0 stands for none.
func appendPeer(b []byte, p *Peer, fd int) []byte {
	b = wire.AppendU32(b, uapi.OVPN_A_PEER_ID, p.ID)
	if p.TxID != nil {
		b = wire.AppendU32(b, uapi.OVPN_A_PEER_TX_ID, *p.TxID)
	}
	if fd >= 0 {
		b = wire.AppendU32(b, uapi.OVPN_A_PEER_SOCKET, uint32(fd))
	}
	if p.Remote.IsValid() {
		b = appendRemote(b, p.Remote)
	}
	b = appendAddr(b, uapi.OVPN_A_PEER_LOCAL_IPV4, uapi.OVPN_A_PEER_LOCAL_IPV6, p.Local)
	b = appendAddr(b, uapi.OVPN_A_PEER_VPN_IPV4, 0, p.VPNIPv4)
	b = appendAddr(b, 0, uapi.OVPN_A_PEER_VPN_IPV6, p.VPNIPv6)
	if p.KeepaliveInterval != 0 {
		b = wire.AppendU32(b, uapi.OVPN_A_PEER_KEEPALIVE_INTERVAL, seconds(p.KeepaliveInterval))
		b = wire.AppendU32(b, uapi.OVPN_A_PEER_KEEPALIVE_TIMEOUT, seconds(p.KeepaliveTimeout))
	}
	return b
}

func appendRemote(b []byte, remote netip.AddrPort) []byte {
	addr := remote.Addr()
	b = appendAddr(b, uapi.OVPN_A_PEER_REMOTE_IPV4, uapi.OVPN_A_PEER_REMOTE_IPV6, addr)
	if scope, err := strconv.ParseUint(addr.Zone(), 10, 32); err == nil {
		b = wire.AppendU32(b, uapi.OVPN_A_PEER_REMOTE_IPV6_SCOPE_ID, uint32(scope))
	}
	return wire.AppendAttr(b, uapi.OVPN_A_PEER_REMOTE_PORT, binary.BigEndian.AppendUint16(nil, remote.Port()))
}

func appendAddr(b []byte, typ4, typ6 uint16, a netip.Addr) []byte {
	switch {
	case !a.IsValid():
		return b
	case a.Is4():
		return wire.AppendAttr(b, typ4, a.AsSlice())
	}
	return wire.AppendAttr(b, typ6, a.AsSlice())
}

// seconds returns 0 for KeepaliveOff.
func seconds(d time.Duration) uint32 {
	return uint32(max(d, 0) / time.Second)
}

// appendKey appends the attributes of a key.
func appendKey(b []byte, peer uint32, k *Key) []byte {
	b = appendSlot(b, peer, k.Slot)
	b = wire.AppendU32(b, uapi.OVPN_A_KEYCONF_KEY_ID, uint32(k.ID))
	b = wire.AppendU32(b, uapi.OVPN_A_KEYCONF_CIPHER_ALG, uint32(k.Cipher))
	b = appendDirection(b, uapi.OVPN_A_KEYCONF_ENCRYPT_DIR, &k.Encrypt)
	return appendDirection(b, uapi.OVPN_A_KEYCONF_DECRYPT_DIR, &k.Decrypt)
}

// appendSlot appends the attributes that identify a key.
func appendSlot(b []byte, peer uint32, slot Slot) []byte {
	return wire.AppendU32(wire.AppendU32(b, uapi.OVPN_A_KEYCONF_PEER_ID, peer), uapi.OVPN_A_KEYCONF_SLOT, uint32(slot))
}

func appendDirection(b []byte, typ uint16, d *Direction) []byte {
	b, at := wire.Begin(b, typ|uapi.NLA_F_NESTED)
	b = wire.AppendAttr(b, uapi.OVPN_A_KEYDIR_CIPHER_KEY, d.Key.Expose())
	b = wire.AppendAttr(b, uapi.OVPN_A_KEYDIR_NONCE_TAIL, d.NonceTail.Expose())
	return wire.End(b, at)
}

// mostBytes is an upper bound of the size of a request.
const mostBytes = 512

// request returns the attributes of a request about a link, with a nest that add fills.
func request(index int, nest uint16, add func([]byte) []byte) []byte {
	b := wire.AppendU32(make([]byte, 0, mostBytes), uapi.OVPN_A_IFINDEX, uint32(index))
	b, at := wire.Begin(b, nest|uapi.NLA_F_NESTED)
	return wire.End(add(b), at)
}

// counterNames are the names of the counters in the order of their attributes, for errors.
var counterNames = [8]string{"vpn_rx_bytes", "vpn_tx_bytes", "vpn_rx_packets", "vpn_tx_packets",
	"link_rx_bytes", "link_tx_bytes", "link_rx_packets", "link_tx_packets"}

// parsePeer reads a description of a peer.
func parsePeer(b []byte) (PeerStatus, error) {
	p := PeerStatus{SocketNetNSID: -1}
	var port uint16
	var scope uint32
	var remote netip.Addr
	var raw [len(counterNames)][]byte
	_, err := new(attr.Codec).Decode(b, func(c *attr.Codec) {
		attr.U32(c, uapi.OVPN_A_PEER_ID, "id", &p.ID)
		attr.U32(c, uapi.OVPN_A_PEER_TX_ID, "tx-id", &p.TxID)
		attr.S32(c, uapi.OVPN_A_PEER_SOCKET_NETNSID, "socket-netnsid", &p.SocketNetNSID)
		attr.ReportedAddr(c, uapi.OVPN_A_PEER_REMOTE_IPV4, "remote", &remote)
		attr.ReportedAddr(c, uapi.OVPN_A_PEER_REMOTE_IPV6, "remote", &remote)
		attr.U32(c, uapi.OVPN_A_PEER_REMOTE_IPV6_SCOPE_ID, "remote", &scope)
		attr.BE16(c, uapi.OVPN_A_PEER_REMOTE_PORT, "remote", &port)
		attr.ReportedAddr(c, uapi.OVPN_A_PEER_LOCAL_IPV4, "local", &p.Local)
		attr.ReportedAddr(c, uapi.OVPN_A_PEER_LOCAL_IPV6, "local", &p.Local)
		attr.BE16(c, uapi.OVPN_A_PEER_LOCAL_PORT, "local-port", &p.LocalPort)
		attr.ReportedAddr(c, uapi.OVPN_A_PEER_VPN_IPV4, "vpn-ipv4", &p.VPNIPv4)
		attr.ReportedAddr(c, uapi.OVPN_A_PEER_VPN_IPV6, "vpn-ipv6", &p.VPNIPv6)
		attr.Seconds(c, uapi.OVPN_A_PEER_KEEPALIVE_INTERVAL, "keepalive-interval", &p.KeepaliveInterval)
		attr.Seconds(c, uapi.OVPN_A_PEER_KEEPALIVE_TIMEOUT, "keepalive-timeout", &p.KeepaliveTimeout)
		for i, name := range counterNames {
			attr.InPlace(c, uapi.OVPN_A_PEER_VPN_RX_BYTES+uint16(i), name, &raw[i])
		}
	}, nil)
	if err != nil {
		return p, err
	}
	p.Remote = addrPort(remote, scope, port)
	return p, p.count(&raw)
}

// count reads the counters, which have 4 bytes, or 8 if they need them.
func (p *PeerStatus) count(raw *[len(counterNames)][]byte) error {
	to := [len(raw)]*uint64{&p.VPN.RxBytes, &p.VPN.TxBytes, &p.VPN.RxPackets, &p.VPN.TxPackets,
		&p.Link.RxBytes, &p.Link.TxBytes, &p.Link.RxPackets, &p.Link.TxPackets}
	for i, b := range raw {
		switch len(b) {
		case 0: // not reported
		case 4:
			*to[i] = uint64(wire.Order.Uint32(b))
		case 8:
			*to[i] = wire.Order.Uint64(b)
		default:
			return fmt.Errorf("%s: %d bytes, want 4 or 8", counterNames[i], len(b))
		}
	}
	return nil
}

func addrPort(addr netip.Addr, scope uint32, port uint16) netip.AddrPort {
	if !addr.IsValid() {
		return netip.AddrPort{}
	}
	if scope != 0 {
		addr = addr.WithZone(strconv.FormatUint(uint64(scope), 10))
	}
	return netip.AddrPortFrom(addr, port)
}

// parseKey reads a description of a key, which has no secrets.
func parseKey(b []byte) (k KeyStatus, err error) {
	var id uint32
	_, err = new(attr.Codec).Decode(b, func(c *attr.Codec) {
		attr.U32(c, uapi.OVPN_A_KEYCONF_SLOT, "slot", &k.Slot)
		attr.U32(c, uapi.OVPN_A_KEYCONF_KEY_ID, "key-id", &id)
		attr.U32(c, uapi.OVPN_A_KEYCONF_CIPHER_ALG, "cipher", &k.Cipher)
		attr.Skip(c, uapi.OVPN_A_KEYCONF_PEER_ID)
	}, nil)
	k.ID = uint8(id)
	return k, err
}
