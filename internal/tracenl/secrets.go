package tracenl

import (
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"strconv"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// wireGuard has devices and their peers, in the words of wg(8).
var wireGuard = family{uapi.WG_GENL_NAME, attr.Words{"GET_DEVICE", "SET_DEVICE"}, []field{
	{typ: uapi.WGDEVICE_A_IFINDEX, name: "dev", form: ifindex},
	{typ: uapi.WGDEVICE_A_IFNAME, name: "dev", form: text},
	{typ: uapi.WGDEVICE_A_PRIVATE_KEY, name: "private-key", form: secret},
	{typ: uapi.WGDEVICE_A_PUBLIC_KEY, name: "public-key", form: base64Key},
	{typ: uapi.WGDEVICE_A_FLAGS, name: "flags", form: hexadecimal},
	{typ: uapi.WGDEVICE_A_LISTEN_PORT, name: "listen-port"},
	{typ: uapi.WGDEVICE_A_FWMARK, name: "fwmark", form: hexadecimal},
	{typ: uapi.WGDEVICE_A_PEERS, name: "peer", form: list, in: []field{
		{typ: uapi.WGPEER_A_PUBLIC_KEY, form: base64Key},
		{typ: uapi.WGPEER_A_PRESHARED_KEY, name: "preshared-key", form: secret},
		{typ: uapi.WGPEER_A_FLAGS, form: flagsOfPeer},
		{typ: uapi.WGPEER_A_ENDPOINT, name: "endpoint", form: socketAddress},
		{typ: uapi.WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, name: "persistent-keepalive"},
		{typ: uapi.WGPEER_A_LAST_HANDSHAKE_TIME, form: silent},
		{typ: uapi.WGPEER_A_RX_BYTES, name: "rx_bytes"},
		{typ: uapi.WGPEER_A_TX_BYTES, name: "tx_bytes"},
		{typ: uapi.WGPEER_A_ALLOWEDIPS, name: "allowed-ips", form: nest, in: []field{{form: allowedIP}}},
		{typ: uapi.WGPEER_A_PROTOCOL_VERSION, name: "protocol_version"},
	}},
}}

// macSec has the channels and associations of MACsec links, in the words of `ip macsec`.
var macSec = family{uapi.MACSEC_GENL_NAME, attr.Words{"GET_TXSC", "ADD_RXSC", "DEL_RXSC", "UPD_RXSC", "ADD_TXSA", "DEL_TXSA", "UPD_TXSA",
	"ADD_RXSA", "DEL_RXSA", "UPD_RXSA", "UPD_OFFLOAD"}, []field{
	{typ: uapi.MACSEC_ATTR_IFINDEX, name: "dev", form: ifindex},
	{typ: uapi.MACSEC_ATTR_RXSC_CONFIG, name: "rx", form: nest, in: rxChannel},
	{typ: uapi.MACSEC_ATTR_SA_CONFIG, name: "sa", form: nest, in: association},
	{typ: uapi.MACSEC_ATTR_SECY, form: nest, in: secY},
	{typ: uapi.MACSEC_ATTR_TXSA_LIST, name: "tx sa", form: list, in: association},
	{typ: uapi.MACSEC_ATTR_RXSC_LIST, name: "rx", form: list, in: rxChannel},
	{typ: uapi.MACSEC_ATTR_TXSC_STATS, form: silent},
	{typ: uapi.MACSEC_ATTR_SECY_STATS, form: silent},
	{typ: uapi.MACSEC_ATTR_OFFLOAD, form: nest, in: []field{{typ: uapi.MACSEC_OFFLOAD_ATTR_TYPE, name: "offload"}}},
}}

var rxChannel = []field{
	{typ: uapi.MACSEC_RXSC_ATTR_SCI, name: "sci", form: digits},
	{typ: uapi.MACSEC_RXSC_ATTR_ACTIVE, form: onOff},
	{typ: uapi.MACSEC_RXSC_ATTR_SA_LIST, name: "sa", form: list, in: association},
	{typ: uapi.MACSEC_RXSC_ATTR_STATS, form: silent},
}

var association = []field{
	{typ: uapi.MACSEC_SA_ATTR_AN},
	{typ: uapi.MACSEC_SA_ATTR_ACTIVE, form: onOff},
	{typ: uapi.MACSEC_SA_ATTR_PN, name: "pn"},
	{typ: uapi.MACSEC_SA_ATTR_KEY, name: "key", form: secret},
	{typ: uapi.MACSEC_SA_ATTR_KEYID, name: "keyid", form: digits},
	{typ: uapi.MACSEC_SA_ATTR_STATS, form: silent},
	{typ: uapi.MACSEC_SA_ATTR_SSCI, name: "ssci", form: big},
	{typ: uapi.MACSEC_SA_ATTR_SALT, name: "salt", form: secret},
}

var secY = []field{
	{typ: uapi.MACSEC_SECY_ATTR_SCI, name: "sci", form: digits},
	{typ: uapi.MACSEC_SECY_ATTR_ENCODING_SA, name: "encodingsa"},
	{typ: uapi.MACSEC_SECY_ATTR_WINDOW, name: "window"},
	{typ: uapi.MACSEC_SECY_ATTR_CIPHER_SUITE, name: "cipher", form: hexadecimal},
	{typ: uapi.MACSEC_SECY_ATTR_ICV_LEN, name: "icvlen"},
	{typ: uapi.MACSEC_SECY_ATTR_PROTECT, name: "protect", form: onOff},
	{typ: uapi.MACSEC_SECY_ATTR_REPLAY, name: "replay", form: onOff},
	{typ: uapi.MACSEC_SECY_ATTR_OPER, name: "operational", form: onOff},
	{typ: uapi.MACSEC_SECY_ATTR_VALIDATE, name: "validate"},
	{typ: uapi.MACSEC_SECY_ATTR_ENCRYPT, name: "encrypt", form: onOff},
	{typ: uapi.MACSEC_SECY_ATTR_INC_SCI, name: "send_sci", form: onOff},
	{typ: uapi.MACSEC_SECY_ATTR_ES, name: "end_station", form: onOff},
	{typ: uapi.MACSEC_SECY_ATTR_SCB, name: "scb", form: onOff},
}

// spellKey spells a public key.
func spellKey(data []byte) (string, bool) {
	return base64.StdEncoding.EncodeToString(data), len(data) == uapi.WG_KEY_LEN
}

// spellSocketAddress spells a struct sockaddr_in or sockaddr_in6.
func spellSocketAddress(data []byte) (string, bool) {
	const length4, length6 = 16, 28
	if len(data) != length4 && len(data) != length6 {
		return "", false
	}
	ip, port := netip.AddrFrom4([4]byte(data[4:8])), binary.BigEndian.Uint16(data[2:])
	if len(data) == length6 {
		ip = netip.AddrFrom16([16]byte(data[8:24]))
		if scope := wire.Order.Uint32(data[24:]); scope != 0 {
			ip = ip.WithZone(strconv.FormatUint(uint64(scope), 10))
		}
	}
	return netip.AddrPortFrom(ip, port).String(), true
}

// peerFlags are the words for WGPEER_F_*.
var peerFlags = []word{{uapi.WGPEER_F_REMOVE_ME, "remove"}, {uapi.WGPEER_F_REPLACE_ALLOWEDIPS, "replace-allowed-ips"}, {uapi.WGPEER_F_UPDATE_ONLY, "update-only"}}

func spellPeerFlags(data []byte) (string, bool) {
	if len(data) != 4 {
		return "", false
	}
	return spellBits(wire.Order.Uint32(data), peerFlags), true
}

// spellAllowedIP spells a prefix, after "-" if it is removed.
func spellAllowedIP(data []byte) (string, bool) {
	ip, ok := netip.AddrFromSlice(wire.Find(data, uapi.WGALLOWEDIP_A_IPADDR))
	bits := wire.Find(data, uapi.WGALLOWEDIP_A_CIDR_MASK)
	if !ok || len(bits) != 1 {
		return "", false
	}
	text := ip.String() + "/" + strconv.Itoa(int(bits[0]))
	if flags, ok := readNumber(wire.Find(data, uapi.WGALLOWEDIP_A_FLAGS), false); ok && flags&uapi.WGALLOWEDIP_F_REMOVE_ME != 0 {
		text = "-" + text
	}
	return text, true
}
