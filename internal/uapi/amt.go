package uapi

// IFLA_AMT_*: automatic multicast tunneling.
const (
	IFLA_AMT_MODE         = 1
	IFLA_AMT_RELAY_PORT   = 2
	IFLA_AMT_GATEWAY_PORT = 3
	IFLA_AMT_LINK         = 4
	IFLA_AMT_LOCAL_IP     = 5
	IFLA_AMT_REMOTE_IP    = 6
	IFLA_AMT_DISCOVERY_IP = 7
	IFLA_AMT_MAX_TUNNELS  = 8
)
