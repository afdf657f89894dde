package macsec

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// TestTruncated gives a link so many channels that the kernel cannot list it,
// nor those behind it, and does not say so.
func TestTruncated(t *testing.T) {
	l := newLab(t)
	sa := SA{PN: 1, Active: true, Key: key(ourKey)}
	l.make(New("macsec1").Parent("eth1"), New("macsec2").Parent("eth1").Port(2), New("macsec3").Parent("eth1").Port(3).TxSA(sa))
	one, two, three := l.open("macsec1"), l.open("macsec2"), l.open("macsec3")
	ctx := t.Context()

	channels := 150 // 20 KiB, more than the 8 that the kernel offers unasked
	add := func(from, to int) {
		for i := from; i < to; i++ {
			testutil.Must(t, two.AddRxSC(ctx, SCIOf(theirMAC, uint16(i+1))))
		}
	}
	add(0, channels)
	s, err := two.Status(ctx)
	if err != nil || len(s.RxSCs) != channels {
		t.Fatalf("%v, want %d channels", err, channels)
	}
	add(channels, 300)
	if s, err := one.Status(ctx); err != nil || s.Name != "macsec1" {
		t.Errorf("the one before: %v", err)
	}
	for _, m := range []*MACsec{two, three} {
		_, err := m.Status(ctx)
		want := fmt.Sprintf("show macsec %s: the kernel does not tell of all MACsec links: its list is truncated", m.Name())
		if !errors.Is(err, ErrTruncated) || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	l.In(func() {
		all, err := List(ctx)
		if len(all) != 1 || all[0].Name != "macsec1" || !errors.Is(err, ErrTruncated) || !strings.Contains(err.Error(), "show macsec macsec2, macsec3: ") {
			t.Errorf("%d links, %v", len(all), err)
		}
	})

	l.workUnlisted(two, sa)
	for i := range 200 {
		testutil.Must(t, two.DeleteRxSC(ctx, SCIOf(theirMAC, uint16(i+1))))
	}
	l.In(func() {
		all, err := List(ctx)
		if err != nil || len(all) != 4 || len(all[3].TxSAs) != 1 || len(all[3].RxSCs) != 1 {
			t.Errorf("%d links, %v", len(all), err)
		}
	})
}

// workUnlisted does what can be done while the list ends before a link: all that
// does not need to know what there is.
func (l *lab) workUnlisted(two *MACsec, sa SA) {
	t, ctx := l, l.Context()
	testutil.Must(t, two.UpdateRxSC(ctx, SCIOf(theirMAC, 300), false))
	l.make(New("macsec4").Parent("eth1").Port(4).TxSA(sa).RxSC(SCIOf(theirMAC, 1000), sa))
	if n := len(l.ipList()); n != 1 {
		t.Errorf("`ip macsec show` shows %d links, and the kernel was to show it 1", n)
	}
	l.on(func(c *iplink.Conn) {
		_, err := c.Ensure(ctx, New("macsec4").TxSA(sa))
		if !errors.Is(err, ErrTruncated) {
			t.Errorf("Ensure without knowing what there is: %v", err)
		}
		_, err = c.Update(ctx, New("macsec4").TxSA(sa))
		if !errors.Is(err, ErrTruncated) {
			t.Errorf("Update without knowing what there is: %v", err)
		}
	})
}
