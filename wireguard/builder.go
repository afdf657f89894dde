package wireguard

import (
	"slices"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
)

// A Builder describes a WireGuard link.
//
// The settings go over generic netlink, once the link exists. If one of them is refused,
// Create removes the link, and Update and Ensure restore the settings.
//
// The link sends and receives through a UDP socket in the namespace where it was made,
// which is the namespace of LinkNetNS, by default the Conn's. NetNS sets the namespace of
// the link itself, with its addresses and routes: its packets are then encrypted
// in one namespace and sent in the other, and the link is the only way out of its own. The
// socket stays there when the link is moved later. If both are to be in the same
// namespace, give it to NetNS and LinkNetNS, or make the link with a Conn of that
// namespace. The kernel does not report the namespace of the socket, so Ensure and Diff do
// not compare it.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the WireGuard link with the given name. Without other
// settings it has no key, no peers and no fixed port; packets do not pass until it has a
// key and a peer.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindWireGuard, name, new(iplink.WireGuardInfo))
	return b
}

// Info returns the settings that only WireGuard links have, without private and preshared
// keys, and false if link is of another kind or is not the result of a builder that sets
// one of them.
func Info(link *iplink.Link) (*iplink.WireGuardInfo, bool) {
	info, ok := link.Info.(*iplink.WireGuardInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.WireGuardInfo {
	return own.Put[iplink.WireGuardInfo](b.Own(b), number)
}

// PrivateKey sets the private key of the link. The key is read when a verb is called, so
// it must not be wiped before that. The kernel removes a peer that has the link's new
// public key (WGDEVICE_A_PRIVATE_KEY).
func (b *Builder) PrivateKey(key PrivateKey) *Builder {
	info := b.set(own.WireGuardPrivateKey)
	info.PrivateKey, info.PublicKey = key.WireGuardSecret, key.PublicKey()
	return b
}

// ListenPort sets the UDP port at which the link receives, 0 to 65535; 0, the default, is
// any free port, and is satisfied by the port that the link has. The link opens the port
// when it comes up; the error matches syscall.EADDRINUSE if another socket has it
// (WGDEVICE_A_LISTEN_PORT).
func (b *Builder) ListenPort(port uint16) *Builder {
	b.set(own.WireGuardListenPort).ListenPort = port
	return b
}

// FwMark sets the mark of the packets that the link sends, for rules that route them; 0,
// the default, stands for none (WGDEVICE_A_FWMARK).
func (b *Builder) FwMark(mark uint32) *Builder {
	b.set(own.WireGuardFwMark).FwMark = mark
	return b
}

// Peer adds peers, or changes those that the link has. Fields without a value are left as
// they are, and so are other peers. An endpoint that the kernel has replaced by the
// source of a packet is set again. A public key must be given only once
// (WGDEVICE_A_PEERS).
func (b *Builder) Peer(peers ...Peer) *Builder {
	info := b.set(own.WireGuardPeers)
	info.Peers = slices.Concat(info.Peers, peers)
	return b
}

// OnlyPeers is Peer, and removes all other peers, and all other allowed IPs of these ones.
// Peers that stay keep their sessions. Without arguments, the link has only the peers of
// Peer, or none.
func (b *Builder) OnlyPeers(peers ...Peer) *Builder {
	b.Peer(peers...)
	b.set(own.WireGuardPeers).OnlyPeers = true
	return b
}

// DelPeer removes peers by their public keys. They need not exist
// (WGPEER_F_REMOVE_ME).
func (b *Builder) DelPeer(keys ...Key) *Builder {
	peers := make([]Peer, len(keys))
	for i, key := range keys {
		peers[i] = Peer{Key: key, Remove: true}
	}
	return b.Peer(peers...)
}
