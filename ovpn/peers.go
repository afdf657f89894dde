package ovpn

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// PeerStatus is the kernel's report of a peer.
type PeerStatus struct {
	// ID identifies the peer, and TxID is the number that packets to it carry
	// (OVPN_A_PEER_ID, OVPN_A_PEER_TX_ID).
	ID, TxID uint32
	// Remote is the address and UDP port of the peer: the configured one, or the source of
	// the last packet from it (OVPN_A_PEER_REMOTE_IPV4, OVPN_A_PEER_REMOTE_IPV6,
	// OVPN_A_PEER_REMOTE_IPV6_SCOPE_ID, OVPN_A_PEER_REMOTE_PORT). It is not valid for a
	// peer over TCP.
	Remote netip.AddrPort
	// Local is the source address of packets to the peer, and unspecified while routes
	// choose it (OVPN_A_PEER_LOCAL_IPV4, OVPN_A_PEER_LOCAL_IPV6). It is not valid for a
	// peer over TCP.
	Local netip.Addr
	// LocalPort is the port of the socket (OVPN_A_PEER_LOCAL_PORT).
	LocalPort uint16
	// SocketNetNSID is the id that the link's namespace uses for the namespace of the
	// socket; -1 if both are in the same namespace (OVPN_A_PEER_SOCKET_NETNSID).
	SocketNetNSID int32
	// VPNIPv4 and VPNIPv6 are the addresses of the peer inside the tunnel, not valid if it
	// has none (OVPN_A_PEER_VPN_IPV4, OVPN_A_PEER_VPN_IPV6).
	VPNIPv4, VPNIPv6 netip.Addr
	// KeepaliveInterval is the time after which the kernel sends a packet, and
	// KeepaliveTimeout the time after which it removes the peer, 0 for never
	// (OVPN_A_PEER_KEEPALIVE_INTERVAL, OVPN_A_PEER_KEEPALIVE_TIMEOUT).
	KeepaliveInterval, KeepaliveTimeout time.Duration
	// VPN counts the packets inside the tunnel (OVPN_A_PEER_VPN_RX_BYTES and the three that
	// follow), and Link those that carry them (OVPN_A_PEER_LINK_RX_BYTES and the
	// three that follow).
	VPN, Link Counters
}

// Counters count packets and their bytes since the peer was added.
type Counters struct {
	RxBytes, TxBytes, RxPackets, TxPackets uint64
}

// AddPeer adds a peer (OVPN_CMD_PEER_NEW). It carries packets when NewKey has given it a key.
// On a link in mode P2P it replaces the present one. On a link in mode MP the error matches
// fs.ErrExist if another peer has the ID or an address. A packet that comes to the socket
// before that is dropped.
func (d *OVPN) AddPeer(ctx context.Context, p Peer) error {
	if flaw := p.checkNew(d.mode); flaw != nil {
		return d.invalid(opAdd, subject(p.ID), flaw)
	}
	var err error
	text := useSocket(p.Socket, p.Remote.Addr(), func(fd int) {
		err = d.sendPeer(ctx, opAdd, uapi.OVPN_CMD_PEER_NEW, &p, fd)
	})
	if text != "" {
		return d.invalid(opAdd, subject(p.ID), &flaw{"socket", text})
	}
	return err
}

// SetPeer changes a peer: all fields with a value or none (OVPN_CMD_PEER_SET). The error
// matches fs.ErrNotExist if the link does not have the peer.
func (d *OVPN) SetPeer(ctx context.Context, p Peer) error {
	if flaw := p.checkChange(d.mode); flaw != nil {
		return d.invalid(opSet, subject(p.ID), flaw)
	}
	return d.sendPeer(ctx, opSet, uapi.OVPN_CMD_PEER_SET, &p, noFile)
}

// noFile stands for a descriptor that is not sent.
const noFile = -1

func (d *OVPN) sendPeer(ctx context.Context, op string, command uint8, p *Peer, fd int) error {
	attrs := request(d.Index(), uapi.OVPN_A_PEER, func(b []byte) []byte { return appendPeer(b, p, fd) })
	return d.change(ctx, op, subject(p.ID), command, attrs)
}

// RemovePeer removes a peer with its keys, and gives its socket back (OVPN_CMD_PEER_DEL).
// The error matches fs.ErrNotExist if the link does not have it.
func (d *OVPN) RemovePeer(ctx context.Context, id uint32) error {
	if flaw := checkID(id); flaw != nil {
		return d.invalid(opRemove, subject(id), flaw)
	}
	return d.change(ctx, opRemove, subject(id), uapi.OVPN_CMD_PEER_DEL, d.keyOf(id))
}

// keyOf returns the attributes of a request about a peer.
func (d *OVPN) keyOf(id uint32) []byte {
	return request(d.Index(), uapi.OVPN_A_PEER, func(b []byte) []byte { return wire.AppendU32(b, uapi.OVPN_A_PEER_ID, id) })
}

func checkID(id uint32) *flaw {
	return (&Peer{ID: id}).check(P2P)
}

// Peer returns one peer (OVPN_CMD_PEER_GET). The error matches fs.ErrNotExist if the link
// does not have it.
func (d *OVPN) Peer(ctx context.Context, id uint32) (p PeerStatus, err error) {
	if flaw := checkID(id); flaw != nil {
		return p, d.invalid(opShow, subject(id), flaw)
	}
	var fault error
	err = d.nl.Series(ctx, uapi.OVPN_CMD_PEER_GET, d.keyOf(id), func(m wire.Message) {
		p, fault = parsePeer(wire.Find(rtnl.GenericAttrs(m), uapi.OVPN_A_PEER))
	})
	if err = errors.Join(err, fault); err != nil {
		return p, d.explain(ctx, opShow, subject(id), err)
	}
	return p, nil
}

// Peers returns all peers of the link (OVPN_CMD_PEER_GET).
func (d *OVPN) Peers(ctx context.Context) (all []PeerStatus, err error) {
	var fault error
	body := func(b []byte) []byte {
		return wire.AppendU32(d.nl.AppendHeader(b, uapi.OVPN_CMD_PEER_GET), uapi.OVPN_A_IFINDEX, uint32(d.Index()))
	}
	err = d.nl.Dump(ctx, d.nl.ID, body, func() { all, fault = nil, nil }, func(m wire.Message) {
		p, err := parsePeer(wire.Find(rtnl.GenericAttrs(m), uapi.OVPN_A_PEER))
		all, fault = append(all, p), errors.Join(fault, err)
	})
	if err = errors.Join(err, fault); err != nil {
		return nil, d.explain(ctx, opShow, "", err)
	}
	return all, nil
}

// invalid returns an error found before anything is sent.
func (d *OVPN) invalid(op, of string, f *flaw) error {
	return d.link.Invalid(op, of+" "+f.word, "%s", f.text)
}
