package tracenl

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// ovpn has the peers of ovpn links and their keys.
var ovpn = family{uapi.OVPN_FAMILY_NAME, attr.Words{"", "PEER_NEW", "PEER_SET", "PEER_GET", "PEER_DEL", "PEER_DEL_NTF",
	"KEY_NEW", "KEY_GET", "KEY_SWAP", "KEY_SWAP_NTF", "KEY_DEL", "PEER_FLOAT_NTF"}, []field{
	{typ: uapi.OVPN_A_IFINDEX, name: "dev", form: ifindex},
	{typ: uapi.OVPN_A_PEER, name: "peer", form: nest, in: []field{
		{typ: uapi.OVPN_A_PEER_ID},
		{typ: uapi.OVPN_A_PEER_TX_ID, name: "tx-id"},
		{typ: uapi.OVPN_A_PEER_SOCKET, name: "socket"},
		{typ: uapi.OVPN_A_PEER_SOCKET_NETNSID, name: "socket-netnsid"},
		{typ: uapi.OVPN_A_PEER_REMOTE_IPV4, name: "remote", form: address},
		{typ: uapi.OVPN_A_PEER_REMOTE_IPV6, name: "remote", form: address},
		{typ: uapi.OVPN_A_PEER_REMOTE_IPV6_SCOPE_ID, name: "scope-id"},
		{typ: uapi.OVPN_A_PEER_REMOTE_PORT, name: "remote-port", form: big},
		{typ: uapi.OVPN_A_PEER_LOCAL_IPV4, name: "local", form: address},
		{typ: uapi.OVPN_A_PEER_LOCAL_IPV6, name: "local", form: address},
		{typ: uapi.OVPN_A_PEER_LOCAL_PORT, name: "local-port", form: big},
		{typ: uapi.OVPN_A_PEER_VPN_IPV4, name: "vpn-ipv4", form: address},
		{typ: uapi.OVPN_A_PEER_VPN_IPV6, name: "vpn-ipv6", form: address},
		{typ: uapi.OVPN_A_PEER_KEEPALIVE_INTERVAL, name: "keepalive-interval"},
		{typ: uapi.OVPN_A_PEER_KEEPALIVE_TIMEOUT, name: "keepalive-timeout"},
		{typ: uapi.OVPN_A_PEER_DEL_REASON, name: "del-reason"},
		{typ: uapi.OVPN_A_PEER_VPN_RX_BYTES, form: silent},
		{typ: uapi.OVPN_A_PEER_VPN_TX_BYTES, form: silent},
		{typ: uapi.OVPN_A_PEER_VPN_RX_PACKETS, form: silent},
		{typ: uapi.OVPN_A_PEER_VPN_TX_PACKETS, form: silent},
		{typ: uapi.OVPN_A_PEER_LINK_RX_BYTES, form: silent},
		{typ: uapi.OVPN_A_PEER_LINK_TX_BYTES, form: silent},
		{typ: uapi.OVPN_A_PEER_LINK_RX_PACKETS, form: silent},
		{typ: uapi.OVPN_A_PEER_LINK_TX_PACKETS, form: silent},
	}},
	{typ: uapi.OVPN_A_KEYCONF, name: "key", form: nest, in: []field{
		{typ: uapi.OVPN_A_KEYCONF_PEER_ID, name: "peer"},
		{typ: uapi.OVPN_A_KEYCONF_SLOT, name: "slot"},
		{typ: uapi.OVPN_A_KEYCONF_KEY_ID, name: "id"},
		{typ: uapi.OVPN_A_KEYCONF_CIPHER_ALG, name: "cipher"},
		{typ: uapi.OVPN_A_KEYCONF_ENCRYPT_DIR, name: "encrypt", form: nest, in: keyDirection},
		{typ: uapi.OVPN_A_KEYCONF_DECRYPT_DIR, name: "decrypt", form: nest, in: keyDirection},
	}},
}}

var keyDirection = []field{
	{typ: uapi.OVPN_A_KEYDIR_CIPHER_KEY, name: "key", form: secret},
	{typ: uapi.OVPN_A_KEYDIR_NONCE_TAIL, name: "nonce-tail", form: secret},
}
