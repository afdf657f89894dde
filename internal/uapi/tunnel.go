package uapi

// IFLA_IPTUN_*: an ipip, sit or ip6tnl tunnel.
const (
	IFLA_IPTUN_LINK                = 1
	IFLA_IPTUN_LOCAL               = 2
	IFLA_IPTUN_REMOTE              = 3
	IFLA_IPTUN_TTL                 = 4
	IFLA_IPTUN_TOS                 = 5
	IFLA_IPTUN_ENCAP_LIMIT         = 6
	IFLA_IPTUN_FLOWINFO            = 7
	IFLA_IPTUN_FLAGS               = 8
	IFLA_IPTUN_PROTO               = 9
	IFLA_IPTUN_PMTUDISC            = 10
	IFLA_IPTUN_6RD_PREFIX          = 11
	IFLA_IPTUN_6RD_RELAY_PREFIX    = 12
	IFLA_IPTUN_6RD_PREFIXLEN       = 13
	IFLA_IPTUN_6RD_RELAY_PREFIXLEN = 14
	IFLA_IPTUN_ENCAP_TYPE          = 15
	IFLA_IPTUN_ENCAP_FLAGS         = 16
	IFLA_IPTUN_ENCAP_SPORT         = 17
	IFLA_IPTUN_ENCAP_DPORT         = 18
	IFLA_IPTUN_COLLECT_METADATA    = 19
	IFLA_IPTUN_FWMARK              = 20
)

// IFLA_GRE_*: a GRE or ERSPAN tunnel, over IPv4 or IPv6.
const (
	IFLA_GRE_LINK             = 1
	IFLA_GRE_IFLAGS           = 2
	IFLA_GRE_OFLAGS           = 3
	IFLA_GRE_IKEY             = 4
	IFLA_GRE_OKEY             = 5
	IFLA_GRE_LOCAL            = 6
	IFLA_GRE_REMOTE           = 7
	IFLA_GRE_TTL              = 8
	IFLA_GRE_TOS              = 9
	IFLA_GRE_PMTUDISC         = 10
	IFLA_GRE_ENCAP_LIMIT      = 11
	IFLA_GRE_FLOWINFO         = 12
	IFLA_GRE_FLAGS            = 13
	IFLA_GRE_ENCAP_TYPE       = 14
	IFLA_GRE_ENCAP_FLAGS      = 15
	IFLA_GRE_ENCAP_SPORT      = 16
	IFLA_GRE_ENCAP_DPORT      = 17
	IFLA_GRE_COLLECT_METADATA = 18
	IFLA_GRE_IGNORE_DF        = 19
	IFLA_GRE_FWMARK           = 20
	IFLA_GRE_ERSPAN_INDEX     = 21
	IFLA_GRE_ERSPAN_VER       = 22
	IFLA_GRE_ERSPAN_DIR       = 23
	IFLA_GRE_ERSPAN_HWID      = 24
)

// Bits of IFLA_GRE_IFLAGS and IFLA_GRE_OFLAGS.
const (
	GRE_CSUM = 0x8000
	GRE_KEY  = 0x2000
	GRE_SEQ  = 0x1000
)

// Bits of IFLA_IPTUN_FLAGS of sit, and of the flags of a tunnel over IPv6.
const (
	SIT_ISATAP = 0x1

	IP6_TNL_F_IGN_ENCAP_LIMIT    = 0x1
	IP6_TNL_F_USE_ORIG_TCLASS    = 0x2
	IP6_TNL_F_USE_ORIG_FLOWLABEL = 0x4
	IP6_TNL_F_MIP6_DEV           = 0x8
	IP6_TNL_F_RCV_DSCP_COPY      = 0x10
	IP6_TNL_F_USE_ORIG_FWMARK    = 0x20
	IP6_TNL_F_ALLOW_LOCAL_REMOTE = 0x40
)

// Bits of the flow information of IPv6.
const (
	IPV6_FLOWINFO_TCLASS    = 0x0ff00000
	IPV6_FLOWINFO_FLOWLABEL = 0x000fffff
)

// Bits of IFLA_IPTUN_ENCAP_FLAGS and IFLA_GRE_ENCAP_FLAGS.
const (
	TUNNEL_ENCAP_FLAG_CSUM    = 0x1
	TUNNEL_ENCAP_FLAG_CSUM6   = 0x2
	TUNNEL_ENCAP_FLAG_REMCSUM = 0x4
)
