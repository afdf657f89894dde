package kerneltest_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

// vlanMap are the VLANs of a link, by number.
type vlanMap map[uint16]bridge.VLAN

// A randomVLANs is the VLANs that a builder wants for a link.
type randomVLANs struct {
	only bool
	want vlanMap
}

// newRandomVLANs chooses ranges, which often share numbers and tunnels with those of
// earlier choices.
func newRandomVLANs(r *rand.Rand, tunnels bool) *randomVLANs {
	v := &randomVLANs{only: r.IntN(2) == 1, want: vlanMap{}}
	for range r.IntN(6) {
		first := 1 + r.IntN(30)
		if r.IntN(4) == 0 {
			first = 4080 + r.IntN(15)
		}
		length := 1 + r.IntN(7)
		if r.IntN(24) == 0 {
			length = 1100 // takes several requests
		}
		v.addRange(r, first, min(first+length-1, 4094), tunnels && r.IntN(2) == 1)
	}
	if ids := slices.Sorted(maps.Keys(v.want)); len(ids) > 0 && r.IntN(3) > 0 {
		id := ids[r.IntN(len(ids))]
		pvid := v.want[id]
		pvid.PVID = true
		v.want[id] = pvid
	}
	return v
}

// addRange adds VLANs with equal flags. Their tunnels increase or decrease with the
// numbers.
func (v *randomVLANs) addRange(r *rand.Rand, first, last int, tunnels bool) {
	untagged, base, step := r.IntN(2) == 1, 5000+r.IntN(4), 1-2*r.IntN(2)
	holders := v.want.holders()
	for id := first; id <= last; id++ {
		one := bridge.VLAN{ID: uint16(id), Untagged: untagged}
		if tunnel := uint32(base + step*id); tunnels && holders[tunnel] == 0 {
			one.Tunnel, holders[tunnel] = tunnel, one.ID
		}
		v.want[one.ID] = one
	}
}

// holders returns the VLAN that has each tunnel.
func (m vlanMap) holders() map[uint32]uint16 {
	all := map[uint32]uint16{}
	for id, v := range m {
		if v.Tunnel != 0 {
			all[v.Tunnel] = id
		}
	}
	return all
}

// avoid drops wanted tunnels that another VLAN keeps, which the kernel refuses. A VLAN
// without a wanted tunnel keeps its own, which may be wanted for another one.
func (v *randomVLANs) avoid(have vlanMap) {
	holders := have.holders()
	for changed := true; changed && !v.only; {
		changed = false
		for id, one := range v.want {
			if holder := holders[one.Tunnel]; one.Tunnel != 0 && holder != 0 && holder != id && v.want[holder].Tunnel == 0 {
				one.Tunnel, changed = 0, true
				v.want[id] = one
			}
		}
	}
}

// list returns the VLANs in random order.
func (v *randomVLANs) list(r *rand.Rand) []bridge.VLAN {
	all := slices.Collect(maps.Values(v.want))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// after returns the VLANs that a link is to have if it had others before.
func (v *randomVLANs) after(had vlanMap) vlanMap {
	if v.only {
		return v.want
	}
	all := maps.Clone(had)
	for id, one := range v.want {
		if one.PVID {
			for other, o := range all {
				o.PVID = false
				all[other] = o
			}
		}
		if one.Tunnel == 0 {
			one.Tunnel = had[id].Tunnel
		}
		all[id] = one
	}
	return all
}

// differences returns a line for each VLAN that is not as wanted.
func (v *randomVLANs) differences(have vlanMap) (lines []string) {
	for id, want := range v.want {
		had, there := have[id]
		like := want
		if want.Tunnel == 0 && !v.only {
			like.Tunnel = had.Tunnel
		}
		switch {
		case !there:
			lines = append(lines, "have none, want "+vlanWords(want))
		case had != like:
			lines = append(lines, "have "+vlanWords(had)+", want "+vlanWords(want))
		}
	}
	for id, had := range have {
		if _, wanted := v.want[id]; v.only && !wanted {
			lines = append(lines, "have "+vlanWords(had)+", want none")
		}
	}
	slices.Sort(lines)
	return lines
}

func vlanWords(v bridge.VLAN) string {
	text := fmt.Sprintf("vid %d", v.ID)
	if v.PVID {
		text += " pvid"
	}
	if v.Untagged {
		text += " untagged"
	}
	if v.Tunnel != 0 {
		text += fmt.Sprintf(" tunnel_info id %d", v.Tunnel)
	}
	return text
}

// perVLAN returns a line for each VLAN of differences, which may be about ranges.
func perVLAN(t *testing.T, diffs []iplink.Difference) (lines []string) {
	t.Helper()
	for _, d := range diffs {
		word, text, _ := strings.Cut(d.String(), ": ")
		before, ids, _ := strings.Cut(text, "vid ")
		ids, after, _ := strings.Cut(ids, " ")
		ids, comma := strings.CutSuffix(ids, ",")
		if comma {
			after = ", " + after
		} else if after != "" {
			after = " " + after
		}
		from, to, isRange := strings.Cut(ids, "-")
		first, err1 := strconv.Atoi(from)
		last, err2 := first, error(nil)
		if isRange {
			last, err2 = strconv.Atoi(to)
		}
		if err := errors.Join(err1, err2); err != nil || word != "vlan" {
			t.Fatalf("%v: %v", d, err)
		}
		for id := first; id <= last; id++ {
			lines = append(lines, fmt.Sprintf("%svid %d%s", before, id, after))
		}
	}
	slices.Sort(lines)
	return lines
}

// A vlanLab is a bridge br0 with a port p0.
type vlanLab struct {
	*testutil.Lab
	t      *testing.T
	r      *rand.Rand
	c      *iplink.Conn
	bridge *testutil.IPServer
	br, p0 *randomVLANs
}

func newVLANLab(t *testing.T) *vlanLab {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	c, ns := lab.Scratch(t)
	l := &vlanLab{Lab: ns, t: t, r: rand.New(rand.NewPCG(seed, 0)), c: c, br: &randomVLANs{}, p0: &randomVLANs{}}
	_, err := c.Ensure(t.Context(), l.specs()...)
	if errors.Is(err, errors.ErrUnsupported) && !testutil.Matrix() {
		testutil.Skipf(t, "this kernel's bridge does not filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING)")
	}
	testutil.Must(t, err)
	l.bridge = testutil.NewBridgeServer(t, ns.File)
	return l
}

// specs describes both links with their VLANs.
func (l *vlanLab) specs() []iplink.Spec {
	br, port := bridge.New("br0").VLANFiltering(true), bridge.Port().VLANTunnel(true)
	if l.br.only {
		br.OnlyVLANs(l.br.list(l.r)...)
	} else {
		br.VLANs(l.br.list(l.r)...)
	}
	all := l.p0.list(l.r)
	part := l.r.IntN(len(all) + 1)
	if l.p0.only {
		port.OnlyVLANs(all[:part]...).OnlyVLANs(all[part:]...)
	} else {
		port.VLANs(all[:part]...).VLANs(all[part:]...)
	}
	return []iplink.Spec{br, veth.New("p0").Peer(veth.New("q0")).Master("br0").PortSettings(port)}
}

// shown returns the VLANs that `bridge` shows, by link.
func (l *vlanLab) shown() map[string]vlanMap {
	l.t.Helper()
	type entry struct {
		VLAN, VLANEnd uint16
		TunID         uint32
		Flags         []string
	}
	var links, tunnels []struct {
		Ifname         string
		VLANs, Tunnels []entry
	}
	l.bridge.Decode(&links, "vlan show")
	l.bridge.Decode(&tunnels, "vlan tunnelshow")
	all := map[string]vlanMap{"br0": {}, "p0": {}}
	for _, link := range links {
		for _, e := range link.VLANs {
			for id := e.VLAN; id <= max(e.VLAN, e.VLANEnd); id++ {
				all[link.Ifname][id] = bridge.VLAN{ID: id, PVID: slices.Contains(e.Flags, "PVID"), Untagged: slices.Contains(e.Flags, "Egress Untagged")}
			}
		}
	}
	for _, link := range tunnels {
		for _, e := range link.Tunnels {
			for id := e.VLAN; id <= max(e.VLAN, e.VLANEnd); id++ {
				v := all[link.Ifname][id]
				v.Tunnel = e.TunID + uint32(id-e.VLAN)
				all[link.Ifname][id] = v
			}
		}
	}
	return all
}

// ensure ensures both links, and demands that what was not as wanted, and only that,
// changes. why is the reason of the differences.
func (l *vlanLab) ensure(why string) {
	l.t.Helper()
	had := l.shown()
	changes, err := l.c.Ensure(l.t.Context(), l.specs()...)
	if err != nil {
		l.t.Fatalf("%s: %v", why, err)
	}
	now := l.shown()
	for i, want := range []*randomVLANs{l.br, l.p0} {
		name := []string{"br0", "p0"}[i]
		if got, due := perVLAN(l.t, changes[i].Differences), want.differences(had[name]); !slices.Equal(got, due) {
			l.t.Errorf("%s: the differences of %s are\n%q, want\n%q", why, name, got, due)
		}
		if after := want.after(had[name]); !maps.Equal(now[name], after) {
			l.t.Errorf("%s: had %v, wanted %+v: %s has\n%v, want\n%v", why, had[name], want, name, now[name], after)
		}
	}
}

// again demands that Ensure writes nothing, not even what changes nothing.
func (l *vlanLab) again() {
	l.t.Helper()
	withoutNetAdmin(l.t, l.Lab, func() {
		c, err := iplink.Dial()
		if err != nil {
			l.t.Fatal(err)
		}
		defer c.Close()
		changes, err := c.Ensure(l.t.Context(), l.specs()...)
		if err != nil || slices.ContainsFunc(changes, (*iplink.Change).Changed) {
			l.t.Errorf("Ensure again: %+v, %v", changes, err)
		}
	})
}

// spoil returns a command of another program that changes VLANs of a link.
func (l *vlanLab) spoil() string {
	link, end := "p0", " dev p0"
	if l.r.IntN(3) == 0 {
		link, end = "br0", " dev br0 self"
	}
	have := l.shown()[link]
	ids := slices.Sorted(maps.Keys(have))
	fresh := fmt.Sprint(2000 + l.r.IntN(2000))
	if len(ids) == 0 {
		return "vlan add vid " + fresh + end
	}
	v := have[ids[l.r.IntN(len(ids))]]
	toggled := bridge.VLAN{ID: v.ID, PVID: v.PVID, Untagged: !v.Untagged}
	commands := []string{
		"vlan add vid " + fresh + " untagged" + end,
		"vlan add vid 1700-1703" + end,
		"vlan add vid " + fresh + " pvid" + end,
		fmt.Sprintf("vlan add vid %d pvid", v.ID) + end,
		fmt.Sprintf("vlan del vid %d", v.ID) + end,
		fmt.Sprintf("vlan del vid %d-%d", v.ID, min(v.ID+2, 4094)) + end,
		"vlan add " + vlanWords(toggled) + end,
	}
	if link == "p0" {
		if v.Tunnel != 0 {
			commands = append(commands, fmt.Sprintf("vlan del dev p0 vid %d tunnel_info id %d", v.ID, v.Tunnel))
		} else {
			commands = append(commands, fmt.Sprintf("vlan add dev p0 vid %d tunnel_info id %d", v.ID, 90000+l.r.IntN(999)))
		}
	}
	return commands[l.r.IntN(len(commands))]
}

// TestEnsureRandomVLANs ensures random VLANs of a bridge and of its port after each other,
// at least these or exactly these. `bridge` has to show them; Ensure again writes
// nothing; and if another program changes VLANs, Ensure repairs these and no others.
func TestEnsureRandomVLANs(t *testing.T) {
	l := newVLANLab(t)
	rounds := 30
	if testutil.Matrix() {
		rounds = 4 // each takes long on an emulated processor
	}
	for range lab.Many(t, rounds, 200) {
		l.br, l.p0 = newRandomVLANs(l.r, false), newRandomVLANs(l.r, true)
		l.p0.avoid(l.shown()["p0"])
		l.ensure("a new state")
		l.again()
		for range 3 {
			command := l.spoil()
			l.bridge.Do(command)
			l.ensure(command)
		}
		l.again()
		if t.Failed() {
			return
		}
	}
}
