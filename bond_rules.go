package iplink

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/internal/words"
)

// bondWhileDown are the settings that can change only while the bond is down, and
// bondWhileFree those that can change only while it has no ports. The kernel checks
// this before it compares the values, so that unchanged values must not be sent
// either.
var (
	bondWhileDown = attr.SetOf(uapi.IFLA_BOND_MODE, uapi.IFLA_BOND_AD_LACP_RATE, uapi.IFLA_BOND_AD_LACP_ACTIVE,
		uapi.IFLA_BOND_AD_SELECT, uapi.IFLA_BOND_AD_USER_PORT_KEY, uapi.IFLA_BOND_TLB_DYNAMIC_LB,
		uapi.IFLA_BOND_COUPLED_CONTROL)
	bondWhileFree = attr.SetOf(uapi.IFLA_BOND_MODE, uapi.IFLA_BOND_FAIL_OVER_MAC)
)

// bondDelays are the settings that the kernel counts in units of MIIMon.
var bondDelays = attr.SetOf(uapi.IFLA_BOND_UPDELAY, uapi.IFLA_BOND_DOWNDELAY, uapi.IFLA_BOND_PEER_NOTIF_DELAY)

// bondModeSet is a set of modes, one bit each.
type bondModeSet uint8

func modeSet(modes ...BondMode) (s bondModeSet) {
	for _, m := range modes {
		s |= 1 << m
	}
	return s
}

// bondOnly lists settings that the kernel accepts only in certain modes.
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

// validate checks the rules of bond_changelink that concern one request.
func (b *BondInfo) validate(op string, s *spec) error {
	err := b.requireMonitor(s.Set)
	now, known := s.standing.(*BondInfo)
	if op == "create" {
		now, known = nil, true
	}
	mode, miimon := b.outcome(s, now)
	if known || s.asks(uapi.IFLA_BOND_MODE) {
		err = errors.Join(err, b.requireMode(s, mode))
	}
	if known || s.asks(uapi.IFLA_BOND_MIIMON) {
		err = errors.Join(err, b.requireDelays(s.Set, miimon))
	}
	if system := b.ADActorSystem; s.Set.Has(uapi.IFLA_BOND_AD_ACTOR_SYSTEM) && system[0]&1 != 0 {
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

// requireMode refuses the requested rows that do not exist in the mode.
func (b *BondInfo) requireMode(s *spec, mode BondMode) error {
	var all []error
	for _, only := range bondOnly {
		if only.modes.has(mode) {
			continue
		}
		text := fmt.Sprintf("not for mode %v, only for %v", mode, only.modes)
		if s.standing == nil && !s.asks(uapi.IFLA_BOND_MODE) {
			text = fmt.Sprintf("needs Mode %v", only.modes)
		}
		for typ := range only.rows.And(s.Set).All() {
			all = append(all, &attr.Error{Name: rowName(b.attrs, typ), Text: text, Errno: syscall.EACCES})
		}
	}
	return errors.Join(all...)
}

// has reports whether a mode is in the set.
func (s bondModeSet) has(mode BondMode) bool {
	return s&modeSet(mode) != 0
}

// bondWithout returns the rows that do not exist in the mode.
func bondWithout(mode BondMode) (rows attr.Set) {
	for _, only := range bondOnly {
		if !only.modes.has(mode) {
			rows = rows.Or(only.rows)
		}
	}
	return rows
}

// String returns iproute2's words, separated by ", ".
func (s bondModeSet) String() string {
	return attr.BitWords(uint32(s), bondModes, ", ")
}

// requireDelays refuses delays that the kernel would round down, or that it cannot
// count because monitoring is off.
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
			fault.Text = fmt.Sprintf("%v is not a multiple of MIIMon, which is %v: the kernel would round it down", delay.value, miimon)
		default:
			continue
		}
		all = append(all, fault)
	}
	return errors.Join(all...)
}

// bondBefore adds the settings that the kernel resets with the change. It removes
// settings that do not exist in the mode but already have the wanted value, because
// the kernel would refuse them.
func bondBefore(j *job, have *Link) *attr.Error {
	now, ok := have.Info.(*BondInfo)
	want, _ := j.spec.Info.(*BondInfo)
	if !ok || want == nil {
		return nil
	}
	changed := j.infoSet
	switch {
	case changed.Has(uapi.IFLA_BOND_MODE):
		j.infoSet = j.spec.Set
	case changed.Has(uapi.IFLA_BOND_MIIMON):
		j.infoSet = j.infoSet.Or(j.spec.Set.And(bondDelays))
	}
	mode, _ := want.outcome(j.spec, now)
	j.infoSet = j.infoSet.Minus(bondWithout(mode).And(want.asIs(j, now, changed)))
	if want.Reselect && now.ActiveSlave == 0 {
		j.infoSet.Remove(uapi.IFLA_BOND_ACTIVE_SLAVE)
	}
	return nil
}

// asIs returns the rows that already have the wanted value. Settings that the kernel does
// not report count as zero. A change of the mode may end ARP monitoring, so ARP settings
// other than zero are not included then.
func (b *BondInfo) asIs(j *job, now *BondInfo, changed attr.Set) attr.Set {
	var codec attr.Codec
	same := j.spec.Set.Minus(typesOf(codec.Compare(j.spec.Set, j.infoRefs, b.attrs, now.attrs)))
	if !changed.Has(uapi.IFLA_BOND_MODE) {
		return same
	}
	if b.ARPInterval != 0 {
		same.Remove(uapi.IFLA_BOND_ARP_INTERVAL)
	}
	if b.ARPValidate != BondValidateNone {
		same.Remove(uapi.IFLA_BOND_ARP_VALIDATE)
	}
	return same
}

// outcome returns the mode and the monitoring interval that result from a change.
// For a bond that is being created, the change starts from the kernel's defaults.
// Modes that need monitoring set a default interval.
func (b *BondInfo) outcome(s *spec, now *BondInfo) (mode BondMode, miimon time.Duration) {
	if now != nil {
		mode, miimon = now.Mode, now.MIIMon
	}
	if s.asks(uapi.IFLA_BOND_MODE) {
		mode = b.Mode
		if mode >= Bond8023AD && miimon == 0 {
			miimon = 100 * time.Millisecond
		}
	}
	if s.asks(uapi.IFLA_BOND_MIIMON) {
		miimon = b.MIIMon
	}
	return mode, miimon
}

// bondPortReason returns the meaning of an errno without a message for port
// settings.
func bondPortReason(errno syscall.Errno) string {
	if errno == syscall.EPERM {
		return "queue_id: another port of the bond has that queue, or the bond has none of that number"
	}
	return ""
}

// bondReason returns the meaning of an errno without a message from the driver.
func bondReason(errno syscall.Errno) string {
	if errno == syscall.EPERM {
		return "updelay, downdelay and peer_notify_delay need MIIMon"
	}
	return ""
}

// mostTargets is the maximum number of targets (BOND_MAX_ARP_TARGETS).
const mostTargets = 16

// arpTargets is a list of IPv4 addresses in a nest whose types are the positions
// from 0. It replaces the previous list.
type arpTargets []netip.Addr

// nsTargets is the corresponding list of IPv6 addresses.
type nsTargets []netip.Addr

// AppendPayload appends the addresses.
func (t *arpTargets) AppendPayload(b []byte) []byte {
	return encodeTargets(b, *t)
}

// AppendPayload appends the addresses.
func (t *nsTargets) AppendPayload(b []byte) []byte {
	return encodeTargets(b, *t)
}

// encodeTargets accepts any addresses, because they may be compared before they are
// checked.
func encodeTargets(b []byte, t []netip.Addr) []byte {
	for i, addr := range t {
		b = wire.AppendAttr(b, uint16(i), addr.AsSlice())
	}
	return b
}

// ParsePayload reads the addresses.
func (t *arpTargets) ParsePayload(b []byte) error {
	return parseTargets(b, (*[]netip.Addr)(t), 4)
}

// ParsePayload reads the addresses.
func (t *nsTargets) ParsePayload(b []byte) error {
	return parseTargets(b, (*[]netip.Addr)(t), 16)
}

func parseTargets(b []byte, t *[]netip.Addr, size int) error {
	for a, err := range wire.Attrs(b) {
		if err != nil {
			return err
		}
		if err := attr.Width(a.Data, size); err != nil {
			return err
		}
		addr, _ := netip.AddrFromSlice(a.Data)
		*t = append(*t, addr)
	}
	return nil
}

// AppendWords appends the addresses, separated by ",".
func (t *arpTargets) AppendWords(b []byte) []byte {
	return appendTargets(b, *t)
}

// AppendWords appends the addresses, separated by ",".
func (t *nsTargets) AppendWords(b []byte) []byte {
	return appendTargets(b, *t)
}

// ReadWords reads the addresses.
func (t *arpTargets) ReadWords(_ string, args *words.Args) error {
	return readTargets(args, (*[]netip.Addr)(t), t)
}

// ReadWords reads the addresses.
func (t *nsTargets) ReadWords(_ string, args *words.Args) error {
	return readTargets(args, (*[]netip.Addr)(t), t)
}

// JSONValue returns the addresses.
func (t *arpTargets) JSONValue() any { return (*[]netip.Addr)(t) }

// JSONValue returns the addresses.
func (t *nsTargets) JSONValue() any { return (*[]netip.Addr)(t) }

func readTargets(args *words.Args, t *[]netip.Addr, of interface{ Check() error }) error {
	list, err := args.Value()
	*t = []netip.Addr{}
	if err != nil || list == "" {
		return err
	}
	for text := range strings.SplitSeq(list, ",") {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return args.Faultf("%q is not an IP address", text)
		}
		*t = append(*t, addr)
	}
	if err := of.Check(); err != nil {
		return args.Fault(err.Error())
	}
	return nil
}

// appendTargets appends the addresses, or a quoted empty word for an empty list.
func appendTargets(b []byte, t []netip.Addr) []byte {
	if len(t) == 0 {
		return append(b, "''"...)
	}
	for i, addr := range t {
		if i > 0 {
			b = append(b, ',')
		}
		b = addr.AppendTo(b)
	}
	return b
}

// Check refuses addresses that the kernel would refuse only after it has emptied the
// list.
func (t *arpTargets) Check() error {
	return checkTargets(*t, func(addr netip.Addr) string {
		switch {
		case !addr.Is4():
			return "not an IPv4 address"
		case addr.As4()[0] == 0 || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
			return "not an address of a host"
		}
		return ""
	})
}

// Check refuses addresses that the kernel would refuse only after it has emptied the
// list.
func (t *nsTargets) Check() error {
	return checkTargets(*t, func(addr netip.Addr) string {
		switch {
		case !addr.Is6() || addr.Is4In6():
			return "not an IPv6 address"
		case addr.Zone() != "":
			return "an address with a zone, which cannot be told to the kernel"
		case addr.IsUnspecified() || addr.IsLoopback() || addr.IsMulticast():
			return "not an address of another host"
		}
		return ""
	})
}

func checkTargets(t []netip.Addr, fault func(netip.Addr) string) error {
	if len(t) > mostTargets {
		return fmt.Errorf("%d targets, where at most %d fit", len(t), mostTargets)
	}
	for i, addr := range t {
		if text := fault(addr); text != "" {
			return fmt.Errorf("%v is %s", addr, text)
		}
		if slices.Contains(t[:i], addr) {
			return fmt.Errorf("%v is there twice", addr)
		}
	}
	return nil
}

// MarshalText returns the result of String.
func (m BondMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *BondMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondModes, "bond mode", text, m)
}

// MarshalText returns the result of String.
func (r BondPrimaryReselect) MarshalText() ([]byte, error) {
	return []byte(r.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (r *BondPrimaryReselect) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondPrimaryReselects, "bond primary reselect", text, r)
}

// MarshalText returns the result of String.
func (v BondARPValidate) MarshalText() ([]byte, error) {
	return []byte(v.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (v *BondARPValidate) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondARPValidates, "bond ARP validate", text, v)
}

// MarshalText returns the result of String.
func (t BondARPAllTargets) MarshalText() ([]byte, error) {
	return []byte(t.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (t *BondARPAllTargets) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondARPAllTargets, "bond ARP all targets", text, t)
}

// MarshalText returns the result of String.
func (f BondFailOverMAC) MarshalText() ([]byte, error) {
	return []byte(f.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (f *BondFailOverMAC) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondFailOverMACs, "bond fail over MAC", text, f)
}

// MarshalText returns the result of String.
func (p BondXmitHashPolicy) MarshalText() ([]byte, error) {
	return []byte(p.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (p *BondXmitHashPolicy) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondXmitHashPolicies, "bond xmit hash policy", text, p)
}

// MarshalText returns the result of String.
func (r BondLACPRate) MarshalText() ([]byte, error) {
	return []byte(r.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (r *BondLACPRate) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondLACPRates, "bond LACP rate", text, r)
}

// MarshalText returns the result of String.
func (s BondADSelect) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *BondADSelect) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondADSelects, "bond AD select", text, s)
}

// MarshalText returns the result of String.
func (s BondPortState) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *BondPortState) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondPortStates, "bond port state", text, s)
}

// MarshalText returns the result of String.
func (s BondMIIStatus) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *BondMIIStatus) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondMIIStatuses, "bond MII status", text, s)
}

// MarshalText returns the result of String.
func (s BondChurnState) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *BondChurnState) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondChurnStates, "bond churn state", text, s)
}
