package wgnl

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Key is a public, private or preshared key. The zero Key stands for none.
type Key [uapi.WG_KEY_LEN]byte

// A Device is a WireGuard link as the family reports it.
type Device struct {
	Index   int
	Private Key
	Public  Key
	Port    uint16 // UDP port, host byte order
	FwMark  uint32
	Peers   []*Peer
	Err     error // attributes that could not be read

	byKey map[Key]*Peer
}

// A Peer is a peer of a device.
type Peer struct {
	Public     Key
	Preshared  Key
	Endpoint   netip.AddrPort
	Keepalive  uint16 // seconds, 0 for off
	Handshake  time.Time
	RxBytes    uint64
	TxBytes    uint64
	Protocol   uint32
	AllowedIPs []netip.Prefix
}

// Wipe overwrites the private and the preshared keys with zeros.
func (d *Device) Wipe() {
	clear(d.Private[:])
	for _, p := range d.Peers {
		clear(p.Preshared[:])
	}
}

// Peer returns the peer with a public key, or nil.
func (d *Device) Peer(key Key) *Peer {
	return d.byKey[key]
}

// Add adds the contents of one message of the answer. A peer whose allowed IPs do not fit one
// message continues in the next. The secrets in b are overwritten with zeros.
func (d *Device) Add(b []byte) {
	var index uint32
	var peers []byte
	d.decode("", b, func(c *attr.Codec) {
		attr.U32(c, uapi.WGDEVICE_A_IFINDEX, "ifindex", &index)
		reportKey(c, uapi.WGDEVICE_A_PRIVATE_KEY, "private-key", &d.Private)
		reportKey(c, uapi.WGDEVICE_A_PUBLIC_KEY, "public-key", &d.Public)
		attr.U16(c, uapi.WGDEVICE_A_LISTEN_PORT, "listen-port", &d.Port)
		attr.U32(c, uapi.WGDEVICE_A_FWMARK, "fwmark", &d.FwMark)
		attr.InPlace(c, uapi.WGDEVICE_A_PEERS, "peers", &peers)
	})
	clear(wire.Find(b, uapi.WGDEVICE_A_PRIVATE_KEY))
	if index != 0 {
		d.Index = int(int32(index))
	}
	d.each("peers", peers, d.addPeer)
}

func (d *Device) addPeer(item []byte) {
	p := new(Peer)
	var endpoint, ips []byte
	d.decode("peer: ", item, func(c *attr.Codec) {
		reportKey(c, uapi.WGPEER_A_PUBLIC_KEY, "public-key", &p.Public)
		reportKey(c, uapi.WGPEER_A_PRESHARED_KEY, "preshared-key", &p.Preshared)
		attr.InPlace(c, uapi.WGPEER_A_ENDPOINT, "endpoint", &endpoint)
		attr.U16(c, uapi.WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, "persistent-keepalive", &p.Keepalive)
		attr.Report(c, uapi.WGPEER_A_LAST_HANDSHAKE_TIME, "latest-handshake", 16, &p.Handshake, parseTime)
		attr.U64(c, uapi.WGPEER_A_RX_BYTES, "rx_bytes", &p.RxBytes)
		attr.U64(c, uapi.WGPEER_A_TX_BYTES, "tx_bytes", &p.TxBytes)
		attr.U32(c, uapi.WGPEER_A_PROTOCOL_VERSION, "protocol_version", &p.Protocol)
		attr.InPlace(c, uapi.WGPEER_A_ALLOWEDIPS, "allowed-ips", &ips)
	})
	clear(wire.Find(item, uapi.WGPEER_A_PRESHARED_KEY))
	p.Endpoint = d.endpoint(endpoint)
	d.each("allowed-ips", ips, func(ip []byte) { p.AllowedIPs = append(p.AllowedIPs, d.allowedIP(ip)...) })
	d.merge(p)
}

// merge adds a peer, or the further allowed IPs of one.
func (d *Device) merge(p *Peer) {
	if had := d.Peer(p.Public); had != nil {
		had.AllowedIPs = append(had.AllowedIPs, p.AllowedIPs...)
		return
	}
	if d.byKey == nil {
		d.byKey = map[Key]*Peer{}
	}
	d.byKey[p.Public] = p
	d.Peers = append(d.Peers, p)
}

func reportKey(c *attr.Codec, typ uint16, name string, k *Key) {
	attr.Report(c, typ, name, len(k), k, func(k *Key, b []byte) { copy(k[:], b) })
}

// parseTime reads a struct __kernel_timespec. All zeros are no time.
func parseTime(t *time.Time, b []byte) {
	sec, nsec := int64(wire.Order.Uint64(b)), int64(wire.Order.Uint64(b[8:]))
	if sec != 0 || nsec != 0 {
		*t = time.Unix(sec, nsec)
	}
}

// Sizes of the socket addresses.
const (
	sockaddrIn  = 16
	sockaddrIn6 = 28
)

// endpoint reads a struct sockaddr_in or sockaddr_in6.
func (d *Device) endpoint(b []byte) netip.AddrPort {
	if b == nil {
		return netip.AddrPort{}
	}
	switch family := familyOf(b); {
	case family == uapi.AF_INET && len(b) == sockaddrIn:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), binary.BigEndian.Uint16(b[2:]))
	case family == uapi.AF_INET6 && len(b) == sockaddrIn6:
		addr := netip.AddrFrom16([16]byte(b[8:24]))
		if scope := wire.Order.Uint32(b[24:]); scope != 0 {
			addr = addr.WithZone(strconv.FormatUint(uint64(scope), 10))
		}
		return netip.AddrPortFrom(addr, binary.BigEndian.Uint16(b[2:]))
	}
	d.fail(fmt.Errorf("peer: endpoint: %d bytes of family %d", len(b), familyOf(b)))
	return netip.AddrPort{}
}

func familyOf(b []byte) uint16 {
	if len(b) < 2 {
		return 0
	}
	return wire.Order.Uint16(b)
}

// allowedIP reads an allowed IP. The result has one element, or none on an error.
func (d *Device) allowedIP(item []byte) []netip.Prefix {
	var family uint16
	var addr netip.Addr
	var bits uint8
	d.decode("allowed-ips: ", item, func(c *attr.Codec) {
		attr.U16(c, uapi.WGALLOWEDIP_A_FAMILY, "family", &family)
		attr.ReportedAddr(c, uapi.WGALLOWEDIP_A_IPADDR, "ipaddr", &addr)
		attr.U8(c, uapi.WGALLOWEDIP_A_CIDR_MASK, "cidr_mask", &bits)
	})
	p := netip.PrefixFrom(addr, int(bits))
	if !p.IsValid() {
		d.fail(fmt.Errorf("allowed-ips: %v/%d of family %d", addr, bits, family))
		return nil
	}
	return []netip.Prefix{p}
}

// decode walks a table and records its errors.
func (d *Device) decode(where string, b []byte, t attr.Table) {
	if _, err := new(attr.Codec).Decode(b, t, nil); err != nil {
		d.fail(fmt.Errorf("%s%w", where, err))
	}
}

// each calls f for every item of a list.
func (d *Device) each(name string, list []byte, f func(item []byte)) {
	for a, err := range wire.Attrs(list) {
		if err != nil {
			d.fail(fmt.Errorf("%s: %w", name, err))
			return
		}
		f(a.Data)
	}
}

// fail records an error. A message with many faults gives one error.
func (d *Device) fail(err error) {
	if d.Err == nil {
		d.Err = err
	}
}

// IsZero reports whether all bytes are 0.
func (k Key) IsZero() bool {
	return bytes.Equal(k[:], make([]byte, len(k)))
}
