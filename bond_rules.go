package iplink

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// bondWhileDown are the settings that change only while the bond is down, and
// bondWhileFree those that change only while it has no ports. The kernel looks
// at that before it compares: what is so already must not be sent either.
var (
	bondWhileDown = attr.SetOf(uapi.IFLA_BOND_MODE, uapi.IFLA_BOND_AD_LACP_RATE, uapi.IFLA_BOND_AD_LACP_ACTIVE,
		uapi.IFLA_BOND_AD_SELECT, uapi.IFLA_BOND_AD_USER_PORT_KEY, uapi.IFLA_BOND_TLB_DYNAMIC_LB,
		uapi.IFLA_BOND_COUPLED_CONTROL)
	bondWhileFree = attr.SetOf(uapi.IFLA_BOND_MODE, uapi.IFLA_BOND_FAIL_OVER_MAC)
)

// bondDelays are the settings that the kernel counts in MIIMon.
var bondDelays = attr.SetOf(uapi.IFLA_BOND_UPDELAY, uapi.IFLA_BOND_DOWNDELAY, uapi.IFLA_BOND_PEER_NOTIF_DELAY)

// bondModeSet is a set of modes, a bit each.
type bondModeSet uint8

func modeSet(modes ...BondMode) (s bondModeSet) {
	for _, m := range modes {
		s |= 1 << m
	}
	return s
}

// bondOnly are the settings that the kernel refuses in other modes than these.
var bondOnly = []struct {
	modes bondModeSet
	rows  attr.Set
}{
	{modeSet(BondBalanceRR), attr.SetOf(uapi.IFLA_BOND_PACKETS_PER_SLAVE)},
	{modeSet(BondActiveBackup, BondBalanceTLB, BondBalanceALB), attr.SetOf(uapi.IFLA_BOND_ACTIVE_SLAVE, uapi.IFLA_BOND_PRIMARY)},
	{modeSet(BondBalanceRR, BondActiveBackup, BondBalanceXOR, BondBroadcast), attr.SetOf(uapi.IFLA_BOND_ARP_INTERVAL,
		uapi.IFLA_BOND_ARP_VALIDATE, uapi.IFLA_BOND_MISSED_MAX)},
	{modeSet(BondBalanceTLB, BondBalanceALB), attr.SetOf(uapi.IFLA_BOND_TLB_DYNAMIC_LB)},
	{modeSet(Bond8023AD), attr.SetOf(uapi.IFLA_BOND_AD_LACP_RATE, uapi.IFLA_BOND_AD_LACP_ACTIVE,
		uapi.IFLA_BOND_AD_ACTOR_SYS_PRIO, uapi.IFLA_BOND_AD_USER_PORT_KEY, uapi.IFLA_BOND_AD_ACTOR_SYSTEM,
		uapi.IFLA_BOND_COUPLED_CONTROL, uapi.IFLA_BOND_BROADCAST_NEIGH, uapi.IFLA_BOND_LACP_STRICT)},
}

// require holds the rules of bond_changelink about one request. What a mode or
// a monitoring interval is that the request does not name, it does not say: the
// module's parameters change the defaults.
func (b *BondInfo) require(s *spec) error {
	err := b.requireMonitor(s.set)
	if s.set.Has(uapi.IFLA_BOND_MODE) {
		err = errors.Join(err, b.requireMode(s.set, b.Mode))
	}
	if s.set.Has(uapi.IFLA_BOND_MIIMON) {
		err = errors.Join(err, b.requireDelays(s.set, b.MIIMon))
	}
	if system := b.ADActorSystem; s.set.Has(uapi.IFLA_BOND_AD_ACTOR_SYSTEM) && system[0]&1 != 0 {
		err = errors.Join(err, &attr.Error{Name: "ad_actor_system", Text: fmt.Sprintf("%v is a multicast address", system)})
	}
	return err
}

func (b *BondInfo) requireMonitor(set attr.Set) error {
	switch {
	case !set.Has(uapi.IFLA_BOND_MIIMON) || b.MIIMon == 0:
	case set.Has(uapi.IFLA_BOND_ARP_INTERVAL) && b.ARPInterval != 0:
		return &attr.Error{Name: "arp_interval", Text: "cannot go with MIIMon"}
	case set.Has(uapi.IFLA_BOND_ARP_VALIDATE) && b.ARPValidate != BondValidateNone:
		return &attr.Error{Name: "arp_validate", Text: "cannot go with MIIMon"}
	}
	return nil
}

// requireMode refuses the rows of set that a bond in that mode does not have.
func (b *BondInfo) requireMode(set attr.Set, mode BondMode) error {
	var all []error
	for _, only := range bondOnly {
		for typ := range only.rows.And(set).All() {
			if only.modes&modeSet(mode) == 0 {
				all = append(all, &attr.Error{Name: rowName(b.attrs, typ), Text: fmt.Sprintf("not for mode %v, only for %v", mode, only.modes), Errno: syscall.EACCES})
			}
		}
	}
	return errors.Join(all...)
}

// String returns the words of iproute2 with "," between.
func (s bondModeSet) String() string {
	return bitWords(uint32(s), bondModes, ", ")
}

// requireDelays refuses delays that the kernel would round down, or that it
// cannot count without monitoring.
func (b *BondInfo) requireDelays(set attr.Set, miimon time.Duration) error {
	var all []error
	for _, delay := range []struct {
		typ   uint16
		value time.Duration
	}{
		{uapi.IFLA_BOND_UPDELAY, b.UpDelay},
		{uapi.IFLA_BOND_DOWNDELAY, b.DownDelay},
		{uapi.IFLA_BOND_PEER_NOTIF_DELAY, b.PeerNotifDelay},
	} {
		fault := &attr.Error{Name: rowName(b.attrs, delay.typ)}
		switch {
		case !set.Has(delay.typ):
			continue
		case miimon == 0:
			fault.Text, fault.Errno = "needs MIIMon, which is off", syscall.EPERM
		case delay.value%miimon != 0:
			fault.Text = fmt.Sprintf("%v is no multiple of MIIMon, which is %v: the kernel would round it down", delay.value, miimon)
		default:
			continue
		}
		all = append(all, fault)
	}
	return errors.Join(all...)
}

// bondBefore holds the rules about a change of a bond that exists, and adds
// what the kernel resets when it makes the change.
func bondBefore(j *job, have *Link) *attr.Error {
	now, ok := have.Info.(*BondInfo)
	want, _ := j.spec.info.(*BondInfo)
	if !ok || want == nil {
		return nil
	}
	switch {
	case j.infoSet.Has(uapi.IFLA_BOND_MODE):
		j.infoSet = j.spec.set
	case j.infoSet.Has(uapi.IFLA_BOND_MIIMON):
		j.infoSet = j.infoSet.Or(j.spec.set.And(bondDelays))
	}
	mode, miimon := want.outcome(j.infoSet, now)
	err := errors.Join(want.requireMode(j.infoSet, mode), want.requireDelays(j.infoSet, miimon))
	first, _ := errors.AsType[*attr.Error](err)
	return first
}

// outcome returns the mode and the monitoring interval that a change of the rows
// in set leads to. The modes that cannot do without monitoring bring a default.
func (b *BondInfo) outcome(set attr.Set, now *BondInfo) (mode BondMode, miimon time.Duration) {
	mode, miimon = now.Mode, now.MIIMon
	if set.Has(uapi.IFLA_BOND_MODE) {
		mode = b.Mode
		if mode >= Bond8023AD && miimon == 0 {
			miimon = 100 * time.Millisecond
		}
	}
	if set.Has(uapi.IFLA_BOND_MIIMON) {
		miimon = b.MIIMon
	}
	return mode, miimon
}

// bondPortReason says what the driver's bare errnos mean for settings of a port.
func bondPortReason(errno syscall.Errno) string {
	if errno == syscall.EPERM {
		return "queue_id: another port of the bond has that queue, or the bond has none of that number"
	}
	return ""
}

// bondReason says what the driver's bare errnos mean.
func bondReason(errno syscall.Errno) string {
	if errno == syscall.EPERM {
		return "updelay, downdelay and peer_notify_delay need MIIMon"
	}
	return ""
}
