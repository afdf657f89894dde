package inetnl

import (
	"math"

	"github.com/iplink-go/iplink/internal/uapi"
)

// sysctlRow is the number of a setting and its range.
type sysctlRow struct {
	number      uint16
	least, most int
}

// sysctls4 are the settings in net.ipv4.conf that can be set for a link, by name. All
// kernels since Linux 6.1 have them.
var sysctls4 = map[string]sysctlRow{
	"forwarding":                   {uapi.IPV4_DEVCONF_FORWARDING, 0, 1},
	"bc_forwarding":                {uapi.IPV4_DEVCONF_BC_FORWARDING, 0, 1},
	"proxy_arp":                    {uapi.IPV4_DEVCONF_PROXY_ARP, 0, 1},
	"proxy_arp_pvlan":              {uapi.IPV4_DEVCONF_PROXY_ARP_PVLAN, 0, 1},
	"rp_filter":                    {uapi.IPV4_DEVCONF_RP_FILTER, 0, 2},
	"accept_local":                 {uapi.IPV4_DEVCONF_ACCEPT_LOCAL, 0, 1},
	"route_localnet":               {uapi.IPV4_DEVCONF_ROUTE_LOCALNET, 0, 1},
	"src_valid_mark":               {uapi.IPV4_DEVCONF_SRC_VMARK, 0, 1},
	"log_martians":                 {uapi.IPV4_DEVCONF_LOG_MARTIANS, 0, 1},
	"accept_redirects":             {uapi.IPV4_DEVCONF_ACCEPT_REDIRECTS, 0, 1},
	"secure_redirects":             {uapi.IPV4_DEVCONF_SECURE_REDIRECTS, 0, 1},
	"send_redirects":               {uapi.IPV4_DEVCONF_SEND_REDIRECTS, 0, 1},
	"shared_media":                 {uapi.IPV4_DEVCONF_SHARED_MEDIA, 0, 1},
	"accept_source_route":          {uapi.IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE, 0, 1},
	"arp_filter":                   {uapi.IPV4_DEVCONF_ARPFILTER, 0, 1},
	"arp_announce":                 {uapi.IPV4_DEVCONF_ARP_ANNOUNCE, 0, 2},
	"arp_ignore":                   {uapi.IPV4_DEVCONF_ARP_IGNORE, 0, 8},
	"arp_notify":                   {uapi.IPV4_DEVCONF_ARP_NOTIFY, 0, 1},
	"arp_accept":                   {uapi.IPV4_DEVCONF_ARP_ACCEPT, 0, 2},
	"arp_evict_nocarrier":          {uapi.IPV4_DEVCONF_ARP_EVICT_NOCARRIER, 0, 1},
	"drop_gratuitous_arp":          {uapi.IPV4_DEVCONF_DROP_GRATUITOUS_ARP, 0, 1},
	"drop_unicast_in_l2_multicast": {uapi.IPV4_DEVCONF_DROP_UNICAST_IN_L2_MULTICAST, 0, 1},
	"ignore_routes_with_linkdown":  {uapi.IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN, 0, 1},
	"promote_secondaries":          {uapi.IPV4_DEVCONF_PROMOTE_SECONDARIES, 0, 1},
	"disable_xfrm":                 {uapi.IPV4_DEVCONF_NOXFRM, 0, 1},
	"disable_policy":               {uapi.IPV4_DEVCONF_NOPOLICY, 0, 1},
	"force_igmp_version":           {uapi.IPV4_DEVCONF_FORCE_IGMP_VERSION, 0, 3},
	"medium_id":                    {uapi.IPV4_DEVCONF_MEDIUM_ID, -1, math.MaxInt32},
}

// sysctls6 are the settings in net.ipv6.conf, likewise.
var sysctls6 = map[string]sysctlRow{
	"disable_ipv6":                 {uapi.DEVCONF_DISABLE_IPV6, 0, 1},
	"forwarding":                   {uapi.DEVCONF_FORWARDING, 0, 1},
	"accept_ra":                    {uapi.DEVCONF_ACCEPT_RA, 0, 2},
	"accept_ra_defrtr":             {uapi.DEVCONF_ACCEPT_RA_DEFRTR, 0, 1},
	"accept_ra_pinfo":              {uapi.DEVCONF_ACCEPT_RA_PINFO, 0, 1},
	"accept_ra_rtr_pref":           {uapi.DEVCONF_ACCEPT_RA_RTR_PREF, 0, 1},
	"accept_ra_mtu":                {uapi.DEVCONF_ACCEPT_RA_MTU, 0, 1},
	"accept_ra_from_local":         {uapi.DEVCONF_ACCEPT_RA_FROM_LOCAL, 0, 1},
	"accept_ra_min_hop_limit":      {uapi.DEVCONF_ACCEPT_RA_MIN_HOP_LIMIT, 0, 255},
	"accept_redirects":             {uapi.DEVCONF_ACCEPT_REDIRECTS, 0, 1},
	"accept_source_route":          {uapi.DEVCONF_ACCEPT_SOURCE_ROUTE, -1, 0},
	"accept_dad":                   {uapi.DEVCONF_ACCEPT_DAD, 0, 2},
	"dad_transmits":                {uapi.DEVCONF_DAD_TRANSMITS, 0, math.MaxInt32},
	"enhanced_dad":                 {uapi.DEVCONF_ENHANCED_DAD, 0, 1},
	"optimistic_dad":               {uapi.DEVCONF_OPTIMISTIC_DAD, 0, 1},
	"use_optimistic":               {uapi.DEVCONF_USE_OPTIMISTIC, 0, 1},
	"autoconf":                     {uapi.DEVCONF_AUTOCONF, 0, 1},
	"use_tempaddr":                 {uapi.DEVCONF_USE_TEMPADDR, -1, 2},
	"max_addresses":                {uapi.DEVCONF_MAX_ADDRESSES, 0, math.MaxInt32},
	"keep_addr_on_down":            {uapi.DEVCONF_KEEP_ADDR_ON_DOWN, -1, 1},
	"proxy_ndp":                    {uapi.DEVCONF_PROXY_NDP, 0, 1},
	"ndisc_notify":                 {uapi.DEVCONF_NDISC_NOTIFY, 0, 1},
	"ndisc_tclass":                 {uapi.DEVCONF_NDISC_TCLASS, 0, 255},
	"ndisc_evict_nocarrier":        {uapi.DEVCONF_NDISC_EVICT_NOCARRIER, 0, 1},
	"drop_unsolicited_na":          {uapi.DEVCONF_DROP_UNSOLICITED_NA, 0, 1},
	"accept_untracked_na":          {uapi.DEVCONF_ACCEPT_UNTRACKED_NA, 0, 2},
	"drop_unicast_in_l2_multicast": {uapi.DEVCONF_DROP_UNICAST_IN_L2_MULTICAST, 0, 1},
	"suppress_frag_ndisc":          {uapi.DEVCONF_SUPPRESS_FRAG_NDISC, 0, 1},
	"force_tllao":                  {uapi.DEVCONF_FORCE_TLLAO, 0, 1},
	"ignore_routes_with_linkdown":  {uapi.DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN, 0, 1},
	"use_oif_addrs_only":           {uapi.DEVCONF_USE_OIF_ADDRS_ONLY, 0, 1},
	"hop_limit":                    {uapi.DEVCONF_HOPLIMIT, 1, 255},
	"router_solicitations":         {uapi.DEVCONF_RTR_SOLICITS, -1, math.MaxInt32},
	"disable_policy":               {uapi.DEVCONF_DISABLE_POLICY, 0, 1},
	"seg6_enabled":                 {uapi.DEVCONF_SEG6_ENABLED, 0, 1},
}
