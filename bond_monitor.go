package iplink

import (
	"net/netip"
	"slices"
	"time"

	"github.com/iplink-go/iplink/internal/uapi"
)

// MIIMon sets the time between looks at the carrier of the ports, 0 to
// 2147483647 ms in whole milliseconds. The default is 0, which is none, and
// 100 ms in Bond8023AD, BondBalanceTLB and BondBalanceALB. It excludes
// ARPInterval: of two requests, the later one ends the other's monitoring
// (IFLA_BOND_MIIMON).
func (b *Bond) MIIMon(d time.Duration) *Bond {
	b.info.MIIMon = d
	return b.with(uapi.IFLA_BOND_MIIMON)
}

// UpDelay sets how long a carrier must be there for a port to count as up, in
// whole milliseconds and a multiple of MIIMon, which it needs; 0 by default. The
// kernel counts in MIIMon, so that a change of MIIMon alone changes it as well
// (IFLA_BOND_UPDELAY).
func (b *Bond) UpDelay(d time.Duration) *Bond {
	b.info.UpDelay = d
	return b.with(uapi.IFLA_BOND_UPDELAY)
}

// DownDelay sets how long a carrier must be gone for a port to count as down; see
// UpDelay (IFLA_BOND_DOWNDELAY).
func (b *Bond) DownDelay(d time.Duration) *Bond {
	b.info.DownDelay = d
	return b.with(uapi.IFLA_BOND_DOWNDELAY)
}

// UseCarrier says whether MIIMon asks the kernel for the carrier rather than the
// driver; on by default. Linux 6.12 takes false as well, Linux 7.3 refuses it
// (IFLA_BOND_USE_CARRIER).
func (b *Bond) UseCarrier(on bool) *Bond {
	b.info.UseCarrier = on
	return b.with(uapi.IFLA_BOND_USE_CARRIER)
}

// ARPInterval sets the time between probes of the targets, 0 to 2147483647 ms in
// whole milliseconds; 0, the default, is none. It excludes MIIMon, and is not
// for Bond8023AD, BondBalanceTLB and BondBalanceALB (IFLA_BOND_ARP_INTERVAL).
func (b *Bond) ARPInterval(d time.Duration) *Bond {
	b.info.ARPInterval = d
	return b.with(uapi.IFLA_BOND_ARP_INTERVAL)
}

// ARPIPTargets sets whom ARP asks for, in place of all that were set before: at
// most 16 IPv4 addresses, each once; none by default
// (IFLA_BOND_ARP_IP_TARGET).
func (b *Bond) ARPIPTargets(addrs ...netip.Addr) *Bond {
	b.info.ARPIPTargets = slices.Clone(addrs)
	return b.with(uapi.IFLA_BOND_ARP_IP_TARGET)
}

// NSIP6Targets sets whom neighbour solicitations ask for, in place of all that
// were set before: at most 16 IPv6 addresses, each once; none by default
// (IFLA_BOND_NS_IP6_TARGET).
func (b *Bond) NSIP6Targets(addrs ...netip.Addr) *Bond {
	b.info.NSIP6Targets = slices.Clone(addrs)
	return b.with(uapi.IFLA_BOND_NS_IP6_TARGET)
}

// ARPValidate says of which ports the probes and answers are looked at,
// BondValidateNone by default; any change of Mode resets it. It is not for
// Bond8023AD, BondBalanceTLB and BondBalanceALB (IFLA_BOND_ARP_VALIDATE).
func (b *Bond) ARPValidate(v BondARPValidate) *Bond {
	b.info.ARPValidate = v
	return b.with(uapi.IFLA_BOND_ARP_VALIDATE)
}

// ARPAllTargets says whether one target suffices for a port to count as up,
// BondARPAny by default; it has an effect in BondActiveBackup with ARPValidate
// (IFLA_BOND_ARP_ALL_TARGETS).
func (b *Bond) ARPAllTargets(t BondARPAllTargets) *Bond {
	b.info.ARPAllTargets = t
	return b.with(uapi.IFLA_BOND_ARP_ALL_TARGETS)
}

// ARPMissedMax sets how many probes without an answer take a port down, 1 to
// 255, 2 by default. It is not for Bond8023AD, BondBalanceTLB and
// BondBalanceALB (IFLA_BOND_MISSED_MAX).
func (b *Bond) ARPMissedMax(probes uint8) *Bond {
	b.info.ARPMissedMax = probes
	return b.with(uapi.IFLA_BOND_MISSED_MAX)
}
