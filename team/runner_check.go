package team

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/uapi"
)

// withDefaults returns the runner with its defaults filled in.
func (r Runner) withDefaults() Runner {
	r.Mode = cmp.Or(r.Mode, RoundRobin)
	if r.TxHash == nil {
		r.TxHash = []Fragment{HashEth, HashIPv4, HashIPv6}
	}
	if r.Mode == ActiveBackup {
		r.NotifyPeers = cmp.Or(r.NotifyPeers, &Burst{Count: 1})
		r.MCastRejoin = cmp.Or(r.MCastRejoin, &Burst{Count: 1})
	}
	return r
}

// kernelMode returns the mode of the team in the kernel.
func (r Runner) kernelMode() iplink.TeamMode {
	if r.Mode == LACP {
		return LoadBalance
	}
	return r.Mode
}

// A report is a function that receives faults, each with its field.
type report func(field, format string, args ...any)

// check returns an error for the first fault of a runner.
func (t *Team) check(r Runner) (fault error) {
	r.inspect(func(field, format string, args ...any) {
		if fault == nil {
			fault = t.link.Invalid(opRun, field, format, args...)
		}
	})
	return fault
}

// inspect reports every fault of a runner.
func (r Runner) inspect(bad report) {
	r.inspectMode(bad)
	r.inspectLACP(bad)
	r.inspectAddress(bad)
	for _, f := range r.TxHash {
		if !f.known() {
			bad("TxHash", "there is no part of a frame with the number %d", uint8(f))
		}
	}
	if b := r.Balancer; b != nil && !inTenths(b.Interval) {
		bad("Balancer.Interval", "%v is not 0 to %d tenths of a second", b.Interval, uint32(1<<32-1))
	}
	if r.LinkWatchPolicy > AllWatches {
		bad("LinkWatchPolicy", "there is no policy with the number %d", uint8(r.LinkWatchPolicy))
	}
	r.NotifyPeers.inspect("NotifyPeers", bad)
	r.MCastRejoin.inspect("MCastRejoin", bad)
	inspectWatches("LinkWatches", r.LinkWatches, bad)
	r.inspectControl(bad)
	for _, name := range slices.Sorted(maps.Keys(r.Ports)) {
		r.Ports[name].inspect(name, r.Mode, bad)
	}
}

// inspectMode rejects unknown modes, and settings of other modes.
func (r Runner) inspectMode(bad report) {
	switch r.Mode {
	case "", Broadcast, RoundRobin, Random, ActiveBackup, LoadBalance, LACP:
	default:
		bad("Mode", "%q is not one of broadcast, roundrobin, random, activebackup, loadbalance, lacp", string(r.Mode))
	}
	if r.HWAddr > OnlyActive {
		bad("HWAddr", "there is no policy with the number %d", uint8(r.HWAddr))
	}
	if r.HWAddr != SameAll && r.Mode != ActiveBackup {
		bad("HWAddr", "%v is for the mode activebackup", r.HWAddr)
	}
	if r.TxHash != nil && r.kernelMode() != LoadBalance {
		bad("TxHash", "is for the modes loadbalance and lacp")
	}
	if r.Balancer != nil && r.kernelMode() != LoadBalance {
		bad("Balancer", "is for the modes loadbalance and lacp")
	}
}

func (r Runner) inspectAddress(bad report) {
	if r.Address == nil {
		return
	}
	if fault := addressFault(r.Address); fault != "" {
		bad("Address", "%s", fault)
	}
}

func addressFault(a net.HardwareAddr) string {
	switch {
	case len(a) != macLen:
		return fmt.Sprintf("%d bytes, where an Ethernet address has %d", len(a), macLen)
	case a[0]&1 != 0 || slices.Max(a) == 0:
		return fmt.Sprintf("%v is not an address of a single link", a)
	}
	return ""
}

// nameFault returns the reason why the kernel rejects a name, or an empty string.
func nameFault(name string) string {
	switch {
	case name == "" || len(name) >= uapi.IFNAMSIZ:
		return fmt.Sprintf("a name has 1 to %d bytes", uapi.IFNAMSIZ-1)
	case name == "." || name == ".." || strings.ContainsAny(name, "/: \t\n\v\f\r\x00"):
		return fmt.Sprintf("%q is not a name of a link", name)
	}
	return ""
}

func inTenths(d time.Duration) bool {
	const tenth = 100 * time.Millisecond
	return d >= 0 && d%tenth == 0 && d/tenth <= 1<<32-1
}

func (b *Burst) inspect(name string, bad report) {
	if b == nil {
		return
	}
	if _, fault := duration(time.Millisecond).encode(b.Interval); fault != "" {
		bad(name+".Interval", "%s", fault)
	}
}

func (c PortConfig) inspect(name string, mode iplink.TeamMode, bad report) {
	field := "Ports." + name
	if fault := nameFault(name); fault != "" {
		bad(field, "%s", fault)
	}
	if c.Sticky && mode != ActiveBackup && mode != LACP {
		bad(field+".Sticky", "is for the modes activebackup and lacp")
	}
	if (c.LACPPriority != nil || c.LACPKey != 0) && mode != LACP {
		bad(field+".LACPPriority", "and LACPKey are for the mode lacp")
	}
	inspectWatches(field+".LinkWatches", c.LinkWatches, bad)
}

func inspectWatches(field string, watches []LinkWatch, bad report) {
	for i, w := range watches {
		at := fmt.Sprintf("%s[%d]", field, i)
		if w == nil || w == LinkWatch((*Ethtool)(nil)) || w == LinkWatch((*ARPPing)(nil)) || w == LinkWatch((*NSNAPing)(nil)) {
			bad(at, "is nil")
		} else if sub, text := w.fault(); text != "" {
			bad(at+"."+sub, "%s", text)
		}
	}
}
