package iplink

import (
	"math"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

func (b *BondInfo) attrs(c *attr.Codec) {
	attr.Enum(c, uapi.IFLA_BOND_MODE, "mode", &b.Mode, bondModes)
	attr.Index(b.choice(c), uapi.IFLA_BOND_ACTIVE_SLAVE, "active_slave", &b.ActiveSlave, "clear_active_slave")
	b.monitor(c)
	attr.Index(c.MayHide(), uapi.IFLA_BOND_PRIMARY, "primary", &b.Primary, "")
	attr.Enum(c, uapi.IFLA_BOND_PRIMARY_RESELECT, "primary_reselect", &b.PrimaryReselect, bondPrimaryReselects)
	attr.Enum(c, uapi.IFLA_BOND_FAIL_OVER_MAC, "fail_over_mac", &b.FailOverMAC, bondFailOverMACs)
	attr.Enum(c, uapi.IFLA_BOND_XMIT_HASH_POLICY, "xmit_hash_policy", &b.XmitHashPolicy, bondXmitHashPolicies)
	attr.U32(c, uapi.IFLA_BOND_RESEND_IGMP, "resend_igmp", &b.ResendIGMP, 0, 255)
	attr.U8(c, uapi.IFLA_BOND_NUM_PEER_NOTIF, "num_grat_arp", &b.NumPeerNotif)
	attr.Bool01(c, uapi.IFLA_BOND_ALL_SLAVES_ACTIVE, "all_slaves_active", &b.AllSlavesActive)
	attr.U32(c, uapi.IFLA_BOND_MIN_LINKS, "min_links", &b.MinLinks, 0, math.MaxInt32)
	attr.Seconds(c, uapi.IFLA_BOND_LP_INTERVAL, "lp_interval", &b.LPInterval, time.Second, math.MaxInt32*time.Second)
	attr.U32(c, uapi.IFLA_BOND_PACKETS_PER_SLAVE, "packets_per_slave", &b.PacketsPerSlave, 0, 65535)
	attr.Bool01(c, uapi.IFLA_BOND_TLB_DYNAMIC_LB, "tlb_dynamic_lb", &b.TLBDynamicLB)
	b.lacp(c)
}

// choice makes ClearActiveSlave an order: the kernel reports the port that it
// then chose.
func (b *BondInfo) choice(c *attr.Codec) *attr.Codec {
	if b.Reselect {
		return c.WriteOnly()
	}
	return c
}

func (b *BondInfo) monitor(c *attr.Codec) {
	const most = math.MaxInt32 * time.Millisecond
	attr.Millis(c, uapi.IFLA_BOND_MIIMON, "miimon", &b.MIIMon, 0, most)
	attr.Millis(c, uapi.IFLA_BOND_UPDELAY, "updelay", &b.UpDelay, 0, most)
	attr.Millis(c, uapi.IFLA_BOND_DOWNDELAY, "downdelay", &b.DownDelay, 0, most)
	attr.Millis(c, uapi.IFLA_BOND_PEER_NOTIF_DELAY, "peer_notify_delay", &b.PeerNotifDelay, 0, 300*time.Second)
	attr.Bool01(c, uapi.IFLA_BOND_USE_CARRIER, "use_carrier", &b.UseCarrier)
	attr.Millis(c, uapi.IFLA_BOND_ARP_INTERVAL, "arp_interval", &b.ARPInterval, 0, most)
	attr.Custom(c, uapi.IFLA_BOND_ARP_IP_TARGET, "arp_ip_target", (*arpTargets)(&b.ARPIPTargets))
	attr.Custom(c, uapi.IFLA_BOND_NS_IP6_TARGET, "ns_ip6_target", (*nsTargets)(&b.NSIP6Targets))
	attr.Enum(c, uapi.IFLA_BOND_ARP_VALIDATE, "arp_validate", &b.ARPValidate, bondARPValidates)
	attr.Enum(c, uapi.IFLA_BOND_ARP_ALL_TARGETS, "arp_all_targets", &b.ARPAllTargets, bondARPAllTargets)
	attr.U8(c, uapi.IFLA_BOND_MISSED_MAX, "arp_missed_max", &b.ARPMissedMax, 1, 255)
}

func (b *BondInfo) lacp(c *attr.Codec) {
	attr.Enum(c, uapi.IFLA_BOND_AD_LACP_RATE, "lacp_rate", &b.LACPRate, bondLACPRates)
	attr.OnOff(c, uapi.IFLA_BOND_AD_LACP_ACTIVE, "lacp_active", &b.LACPActive)
	attr.Enum(c, uapi.IFLA_BOND_AD_SELECT, "ad_select", &b.ADSelect, bondADSelects)
	attr.U16(c.MayHide(), uapi.IFLA_BOND_AD_ACTOR_SYS_PRIO, "ad_actor_sys_prio", &b.ADActorSysPrio, 1, 65535)
	attr.U16(c.MayHide(), uapi.IFLA_BOND_AD_USER_PORT_KEY, "ad_user_port_key", &b.ADUserPortKey, 0, 1023)
	attr.MAC(c.MayHide(), uapi.IFLA_BOND_AD_ACTOR_SYSTEM, "ad_actor_system", &b.ADActorSystem)
	attr.OnOff(c.Since(6, 9), uapi.IFLA_BOND_COUPLED_CONTROL, "coupled_control", &b.CoupledControl)
	attr.OnOff(c.Since(6, 17), uapi.IFLA_BOND_BROADCAST_NEIGH, "broadcast_neighbor", &b.BroadcastNeighbor)
	attr.OnOff(c.Since(7, 2).Wordless(), uapi.IFLA_BOND_LACP_STRICT, "lacp_strict", &b.LACPStrict)
	attr.Nest(c, uapi.IFLA_BOND_AD_INFO, "ad_info", b.ADInfo.attrs)
}

func (a *BondADInfo) attrs(c *attr.Codec) {
	attr.U16(c.ReadOnly(), uapi.IFLA_BOND_AD_INFO_AGGREGATOR, "aggregator", &a.Aggregator)
	attr.U16(c.ReadOnly(), uapi.IFLA_BOND_AD_INFO_NUM_PORTS, "num_ports", &a.Ports)
	attr.U16(c.ReadOnly(), uapi.IFLA_BOND_AD_INFO_ACTOR_KEY, "actor_key", &a.ActorKey)
	attr.U16(c.ReadOnly(), uapi.IFLA_BOND_AD_INFO_PARTNER_KEY, "partner_key", &a.PartnerKey)
	attr.MAC(c.ReadOnly(), uapi.IFLA_BOND_AD_INFO_PARTNER_MAC, "partner_mac", &a.PartnerSystem)
}
