package kerneltest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
)

// TestMacvlanSourceTwice names source addresses twice, which are a set to the
// kernel.
func TestMacvlanSourceTwice(t *testing.T) {
	testutil.Need(t, iplink.KindMacvlan)
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "under", "type", "veth", "peer", "name", "other")
	spec := macvlan.New("mv0").Parent("under").Mode(macvlan.Source).Sources(lab.MACs(7, 5, 7, 7, 5)...).AltName("other-name")
	got := lab.MustCreate(t, c, spec)[0].Info.(*iplink.MacvlanInfo)
	if len(got.Sources) != 2 || strings.Count(ns.IP("-d", "link", "show", "mv0"), "02:00:00:00:12:") != 2 {
		t.Errorf("sources %v; %s", got.Sources, ns.IP("-d", "link", "show", "mv0"))
	}
	lab.Ensured(t, c, spec, false)
	lab.Updated(t, c, macvlan.New("mv0").Sources(lab.MACs(9, 9, 3)...))
	if said := ns.IP("-d", "link", "show", "mv0"); strings.Count(said, "02:00:00:00:12:") != 2 || !strings.Contains(said, "02:00:00:00:12:09") {
		t.Error(said)
	}
	change := lab.Ensured(t, c, macvlan.New("mv0").AltName("further-name", "further-name"), false, "altname")
	if !slices.Contains(change.Link.AltNames, "further-name") {
		t.Errorf("names %v", change.Link.AltNames)
	}
}

// TestMacvlanPassthruFixed changes the mode to and from passthru, which no link does
// but a new one.
func TestMacvlanPassthruFixed(t *testing.T) {
	for kind, mode := range map[string]func(iplink.MacvlanMode, bool) iplink.Spec{
		iplink.KindMacvlan: func(m iplink.MacvlanMode, anew bool) iplink.Spec {
			s := macvlan.New("mv0").Parent("under").Mode(m)
			if anew {
				s.Recreate()
			}
			return s
		},
		iplink.KindMacvtap: func(m iplink.MacvlanMode, anew bool) iplink.Spec {
			s := macvtap.New("mv0").Parent("under").Mode(m)
			if anew {
				s.Recreate()
			}
			return s
		},
	} {
		t.Run(kind, func(t *testing.T) {
			testutil.Need(t, kind)
			c, ns := lab.Scratch(t)
			ns.IP("link", "add", "under", "type", "veth", "peer", "name", "other")
			lab.MustCreate(t, c, mode(macvlan.Private, false))
			for _, m := range []iplink.MacvlanMode{macvlan.Passthru, macvlan.Bridge} {
				_, err := c.Update(t.Context(), mode(m, false))
				_, other := c.Ensure(t.Context(), mode(m, false))
				for _, err := range []error{err, other} {
					if e, ok := errors.AsType[*iplink.Error](err); !ok || !errors.Is(err, iplink.ErrImmutable) || e.Attr != "mode" {
						t.Errorf("to %v: error %v", m, err)
					}
				}
				if change := lab.Ensured(t, c, mode(m, true), false, "mode"); !change.Recreated {
					t.Errorf("to %v: %+v", m, change)
				}
				if got := ns.InfoData("mv0")["mode"]; got != m.String() {
					t.Errorf("the mode is %v, want %v", got, m)
				}
			}
			lab.Updated(t, c, mode(macvlan.VEPA, false))
		})
	}
}

// TestMacvlanNeedsSource names source addresses in other modes.
func TestMacvlanNeedsSource(t *testing.T) {
	testutil.Need(t, iplink.KindMacvlan)
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "under", "type", "veth", "peer", "name", "other")
	_, err := c.Create(t.Context(), macvlan.New("mv0").Parent("under").AddSource(lab.MACs(7)[0]))
	lab.Refused(t, err, "macaddr", "needs mode source, not vepa")
	lab.MustCreate(t, c, macvlan.New("mv0").Parent("under").Mode(macvlan.Bridge))
	_, err = c.Update(t.Context(), macvlan.New("mv0").Sources(lab.MACs(7)...))
	lab.Refused(t, err, "macaddr", "needs mode source, not bridge")
	lab.Updated(t, c, macvlan.New("mv0").Sources())
	lab.Updated(t, c, macvlan.New("mv0").Mode(macvlan.Source).AddSource(lab.MACs(7)[0]))
	lab.Ensured(t, c, macvlan.New("mv0").Sources(lab.MACs(5)...), false, "macaddr")
	if said := ns.IP("-d", "link", "show", "mv0"); !strings.Contains(said, "02:00:00:00:12:05") || strings.Contains(said, "02:00:00:00:12:07") {
		t.Error(said)
	}
}
