package wireguard

import (
	"context"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink/internal/wgnl"
)

// Status is the kernel's complete report of a WireGuard link, without private and
// preshared keys (WG_CMD_GET_DEVICE).
type Status struct {
	// Name and Index identify the link.
	Name  string
	Index int
	// PublicKey is the key that the peers know the link by; zero if the link has no
	// private key (WGDEVICE_A_PUBLIC_KEY).
	PublicKey Key
	// ListenPort is the UDP port of the link's socket; 0 if the link has not been up and
	// has no fixed port (WGDEVICE_A_LISTEN_PORT).
	ListenPort uint16
	// FwMark is the mark of the packets that the link sends, 0 for none
	// (WGDEVICE_A_FWMARK).
	FwMark uint32
	// Peers are the peers, oldest first (WGDEVICE_A_PEERS).
	Peers []PeerStatus
}

// PeerStatus is the kernel's report of a peer.
type PeerStatus struct {
	// Key is the public key of the peer (WGPEER_A_PUBLIC_KEY).
	Key Key
	// HasPresharedKey reports whether the peer has a preshared key
	// (WGPEER_A_PRESHARED_KEY).
	HasPresharedKey bool
	// Endpoint is the address to which packets go: the configured one, or the source of
	// the last packet from the peer (WGPEER_A_ENDPOINT). It is not valid without one.
	Endpoint netip.AddrPort
	// AllowedIPs are the addresses of the peer in the tunnel (WGPEER_A_ALLOWEDIPS).
	AllowedIPs []netip.Prefix
	// Keepalive is the interval of keepalive packets, 0 for none
	// (WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL).
	Keepalive time.Duration
	// LastHandshake is the time of the last handshake, zero if there was none
	// (WGPEER_A_LAST_HANDSHAKE_TIME).
	LastHandshake time.Time
	// RxBytes and TxBytes count the bytes of UDP payload received and sent
	// (WGPEER_A_RX_BYTES, WGPEER_A_TX_BYTES).
	RxBytes, TxBytes uint64
	// ProtocolVersion is the version of the protocol, 1 (WGPEER_A_PROTOCOL_VERSION).
	ProtocolVersion uint32
}

// Peer returns the peer with the given public key, or nil.
func (s *Status) Peer(key Key) *PeerStatus {
	for i := range s.Peers {
		if s.Peers[i].Key == key {
			return &s.Peers[i]
		}
	}
	return nil
}

// Status returns the kernel's complete report of the link, like `wg show`.
func (d *Device) Status(ctx context.Context) (*Status, error) {
	dev, err := d.read(ctx, opShow)
	if err != nil {
		return nil, err
	}
	defer dev.Wipe()
	s := &Status{Name: d.Name(), Index: d.Index(), PublicKey: Key(dev.Public), ListenPort: dev.Port, FwMark: dev.FwMark}
	for _, p := range dev.Peers {
		s.Peers = append(s.Peers, statusOf(p))
	}
	return s, nil
}

func statusOf(p *wgnl.Peer) PeerStatus {
	return PeerStatus{
		Key: Key(p.Public), HasPresharedKey: !p.Preshared.IsZero(), Endpoint: p.Endpoint, AllowedIPs: p.AllowedIPs,
		Keepalive: time.Duration(p.Keepalive) * time.Second, LastHandshake: p.Handshake,
		RxBytes: p.RxBytes, TxBytes: p.TxBytes, ProtocolVersion: p.Protocol,
	}
}

// SetPrivateKey changes the private key of the link (WGDEVICE_A_PRIVATE_KEY). 32 zeros
// remove it. The kernel removes a peer that has the link's new public key.
func (d *Device) SetPrivateKey(ctx context.Context, key PrivateKey) error {
	if text := wgnl.LengthFault(key.Len()); text != "" {
		return d.link.Invalid(opSet, "private-key", "%s", text)
	}
	return d.set(ctx, wgnl.Change{Private: key.Expose()})
}

// SetListenPort changes the UDP port of the link; 0 chooses a free one
// (WGDEVICE_A_LISTEN_PORT). The error matches syscall.EADDRINUSE if another socket has the
// port.
func (d *Device) SetListenPort(ctx context.Context, port uint16) error {
	return d.set(ctx, wgnl.Change{Port: &port})
}

// SetFwMark changes the mark of the packets that the link sends, 0 for none
// (WGDEVICE_A_FWMARK).
func (d *Device) SetFwMark(ctx context.Context, mark uint32) error {
	return d.set(ctx, wgnl.Change{FwMark: &mark})
}

func (d *Device) set(ctx context.Context, change wgnl.Change) error {
	return d.apply(ctx, opSet, func(*wgnl.Device) (wgnl.Change, error) { return change, nil })
}
