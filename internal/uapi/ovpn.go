package uapi

// IFLA_OVPN_*: an ovpn link.
const IFLA_OVPN_MODE = 1

// The generic netlink family of ovpn, and its group of notifications.
const (
	OVPN_FAMILY_NAME = "ovpn"
	OVPN_MCGRP_PEERS = "peers"
)

// OVPN_CMD_*: commands and notifications of the family.
const (
	OVPN_CMD_PEER_NEW       = 1
	OVPN_CMD_PEER_SET       = 2
	OVPN_CMD_PEER_GET       = 3
	OVPN_CMD_PEER_DEL       = 4
	OVPN_CMD_PEER_DEL_NTF   = 5
	OVPN_CMD_KEY_NEW        = 6
	OVPN_CMD_KEY_GET        = 7
	OVPN_CMD_KEY_SWAP       = 8
	OVPN_CMD_KEY_SWAP_NTF   = 9
	OVPN_CMD_KEY_DEL        = 10
	OVPN_CMD_PEER_FLOAT_NTF = 11
)

// OVPN_A_*: attributes of a message.
const (
	OVPN_A_IFINDEX = 1
	OVPN_A_PEER    = 2
	OVPN_A_KEYCONF = 3
)

// OVPN_A_PEER_*: a peer.
const (
	OVPN_A_PEER_ID                   = 1
	OVPN_A_PEER_REMOTE_IPV4          = 2
	OVPN_A_PEER_REMOTE_IPV6          = 3
	OVPN_A_PEER_REMOTE_IPV6_SCOPE_ID = 4
	OVPN_A_PEER_REMOTE_PORT          = 5
	OVPN_A_PEER_SOCKET               = 6
	OVPN_A_PEER_SOCKET_NETNSID       = 7
	OVPN_A_PEER_VPN_IPV4             = 8
	OVPN_A_PEER_VPN_IPV6             = 9
	OVPN_A_PEER_LOCAL_IPV4           = 10
	OVPN_A_PEER_LOCAL_IPV6           = 11
	OVPN_A_PEER_LOCAL_PORT           = 12
	OVPN_A_PEER_KEEPALIVE_INTERVAL   = 13
	OVPN_A_PEER_KEEPALIVE_TIMEOUT    = 14
	OVPN_A_PEER_DEL_REASON           = 15
	OVPN_A_PEER_VPN_RX_BYTES         = 16
	OVPN_A_PEER_VPN_TX_BYTES         = 17
	OVPN_A_PEER_VPN_RX_PACKETS       = 18
	OVPN_A_PEER_VPN_TX_PACKETS       = 19
	OVPN_A_PEER_LINK_RX_BYTES        = 20
	OVPN_A_PEER_LINK_TX_BYTES        = 21
	OVPN_A_PEER_LINK_RX_PACKETS      = 22
	OVPN_A_PEER_LINK_TX_PACKETS      = 23
	OVPN_A_PEER_TX_ID                = 24
)

// OVPN_A_KEYCONF_*: a key of a peer.
const (
	OVPN_A_KEYCONF_PEER_ID     = 1
	OVPN_A_KEYCONF_SLOT        = 2
	OVPN_A_KEYCONF_KEY_ID      = 3
	OVPN_A_KEYCONF_CIPHER_ALG  = 4
	OVPN_A_KEYCONF_ENCRYPT_DIR = 5
	OVPN_A_KEYCONF_DECRYPT_DIR = 6
)

// OVPN_A_KEYDIR_*: the secrets of one direction.
const (
	OVPN_A_KEYDIR_CIPHER_KEY = 1
	OVPN_A_KEYDIR_NONCE_TAIL = 2
)

// OVPN_NONCE_TAIL_SIZE is the number of bytes of a nonce that do not come from the packet.
const OVPN_NONCE_TAIL_SIZE = 8
