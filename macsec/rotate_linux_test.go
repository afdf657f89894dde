package macsec

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/testutil"
)

// TestRotate changes the keys of both ends, one this library's and the other
// that of `ip macsec`, while ten pings a second go to and fro: none is lost.
func TestRotate(t *testing.T) {
	l := newLab(t)
	l.theirLink("")
	l.make(our(ourKey, theirKey))
	l.address()
	m, w := l.open("macsec0"), l.tap()
	if n := l.pings(1, 100); n != 1 {
		t.Fatal("the first ping does not come back")
	}
	w.frames()
	wait := l.startPings(30, 100)
	time.Sleep(300 * time.Millisecond)
	next := Rotation{
		Tx: SA{AN: 1, PN: 1, KeyID: KeyID{0x11}, Key: key(nextKey)},
		Rx: map[SCI]SA{theirSCI: {AN: 1, PN: 1, KeyID: KeyID{0x22}, Key: key(otherKey)}},
		Ready: func(context.Context) error {
			l.theirs.Batch("macsec add macsec0 rx sci "+ourSCI.String()+" sa 1 pn 1 on key 11 "+nextKey,
				"macsec add macsec0 tx sa 1 pn 1 on key 22 "+otherKey)
			time.AfterFunc(300*time.Millisecond, func() { l.theirs.Batch("link set macsec0 type macsec encodingsa 1") })
			return nil
		},
	}
	testutil.Must(t, m.Rotate(t.Context(), next))
	l.wantKeys("macsec0", 1, "tx 1 1100", "rx 1 2200")
	l.theirs.Batch("macsec set macsec0 rx sci "+ourSCI.String()+" sa 0 off", "macsec del macsec0 rx sci "+ourSCI.String()+" sa 0")
	if n := wait(); n != 30 {
		t.Errorf("%d of 30 pings came back", n)
	}
	frames := w.frames()
	if types := etherTypes(frames); types[0x0800] != 0 || types[0x88e5] < 60 {
		t.Errorf("frames by type: %x", types)
	}
	by := map[byte]int{} // association, from the TCI and AN behind the type
	for _, f := range frames {
		if f[12] == 0x88 && f[13] == 0xe5 {
			by[f[14]&3]++
		}
	}
	if by[0] < 6 || by[1] < 20 || len(by) != 2 {
		t.Errorf("frames by association: %v", by)
	}
	if s := l.wantStatus(m); s.RxSC(theirSCI).Stats.InPktsNotValid+s.RxSC(theirSCI).Stats.InPktsNotUsingSA != 0 {
		t.Errorf("%+v", s.RxSCs)
	}
}

// wantKeys compares what `ip` says of the associations of a link of ours: by
// which it sends, and the number and name of each key.
func (l *lab) wantKeys(name string, encodingSA int, want ...string) {
	l.Helper()
	link := l.ipList()[name]
	var got []string
	list := func(sc string, sas any) {
		items, _ := sas.([]any)
		for _, item := range items {
			sa := item.(map[string]any)
			text := fmt.Sprintf("%s %v %.4s", sc, sa["an"], sa["key"])
			if sa["active"] != true {
				text += " off"
			}
			got = append(got, text)
		}
	}
	list("tx", link["sa_list"])
	channels, _ := link["rx_sc"].([]any)
	for _, c := range channels {
		list("rx", c.(map[string]any)["sa_list"])
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || fmt.Sprint(link["encoding_sa"]) != fmt.Sprint(encodingSA) {
		l.Errorf("sends by %v, keys %q, want %d, %q", link["encoding_sa"], got, encodingSA, want)
	}
}

// TestRotateBoth has this library at both ends, which meet when they are ready
// and go on when the other's frames come.
func TestRotateBoth(t *testing.T) {
	l := newLab(t)
	l.make(our(ourKey, theirKey))
	l.address()
	l.theirs.In(func() {
		_, err := New("macsec0").Parent("eth2").Encrypt(true).Up().
			TxSA(SA{PN: 1, Active: true, Key: key(theirKey)}).
			RxSC(ourSCI, SA{PN: 1, Active: true, Key: key(ourKey)}).Create(t.Context())
		testutil.Must(t, err)
	})
	l.theirs.Batch("address add 192.0.2.2/24 dev macsec0")
	here, there := l.open("macsec0"), testutil.OpenedLink(l.theirs, "macsec0", Open)
	wait := l.startPings(40, 100)
	for round := range uint8(2) {
		var ready, all sync.WaitGroup
		ready.Add(2)
		meet := func(context.Context) error { ready.Done(); ready.Wait(); return nil }
		sa := func(digits string) SA { return SA{AN: round + 1, PN: 1, KeyID: KeyID{round + 1}, Key: key(digits)} }
		for m, r := range map[*MACsec]Rotation{
			here:  {Tx: sa(nextKey), Rx: map[SCI]SA{theirSCI: sa(otherKey)}, Ready: meet},
			there: {Tx: sa(otherKey), Rx: map[SCI]SA{ourSCI: sa(nextKey)}, Ready: meet},
		} {
			all.Go(func() {
				if err := m.Rotate(t.Context(), r); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		l.wantKeys("macsec0", int(round)+1, fmt.Sprintf("tx %d %02d00", round+1, round+1), fmt.Sprintf("rx %d %02d00", round+1, round+1))
	}
	if n := wait(); n != 40 {
		t.Errorf("%d of 40 pings came back", n)
	}
}

// TestRotateUndone has rotations that do not come to their end: the link is as
// it was.
func TestRotateUndone(t *testing.T) {
	l := newLab(t)
	l.theirLink("")
	l.make(our(ourKey, theirKey))
	l.address()
	m := l.open("macsec0")
	unready := errors.New("not ready")
	next := func() Rotation {
		return Rotation{Tx: SA{AN: 2, PN: 1, Key: key(nextKey)}, Rx: map[SCI]SA{theirSCI: {AN: 3, PN: 1, Key: key(otherKey)}}}
	}
	for name, c := range map[string]struct {
		change func(*Rotation)
		is     error
		text   string
	}{
		"not ready": {func(r *Rotation) {
			r.Ready = func(context.Context) error {
				l.wantKeys("macsec0", 0, "tx 0 0000", "rx 0 0100", "rx 3 0000")
				return unready
			}
		}, unready, "rotate macsec macsec0: not ready"},
		"not switched": {func(r *Rotation) {
			r.Switched = func(context.Context) error {
				l.wantKeys("macsec0", 2, "tx 0 0000", "tx 2 0000", "rx 0 0100", "rx 3 0000")
				return unready
			}
		}, unready, "rotate macsec macsec0: not ready"},
		"silent": {func(*Rotation) {}, context.DeadlineExceeded,
			"rotate macsec macsec0: rx 02000000340b0001 sa 3: context deadline exceeded (no frame under the new key has come)"},
		"taken": {func(r *Rotation) {
			r.Ready = func(ctx context.Context) error {
				return m.AddTxSA(ctx, SA{AN: 2, PN: 7, KeyID: KeyID{9}, Key: key(nextKey)})
			}
		}, syscall.EBUSY, "rotate macsec macsec0: tx sa 2: device or resource busy (there is an association of this number already)"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		r := next()
		c.change(&r)
		err := m.Rotate(ctx, r)
		cancel()
		if !errors.Is(err, c.is) || err.Error() != c.text {
			t.Errorf("%s: %v, want %s", name, err, c.text)
		}
		if name == "taken" {
			testutil.Must(t, m.DeleteTxSA(t.Context(), 2))
		}
		l.wantKeys("macsec0", 0, "tx 0 0000", "rx 0 0100")
	}
	if n := l.pings(2, 50); n != 2 {
		t.Errorf("%d of 2 pings came back", n)
	}
}
