package macsec

import (
	"bytes"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

// TestPair has one end made by this library and the other by `ip macsec`: they
// understand each other, and nobody else understands them.
func TestPair(t *testing.T) {
	l := newLab(t)
	l.theirLink("")
	l.make(our(ourKey, theirKey))
	l.address()
	w := l.tap()
	if n := l.pings(5, 100); n != 5 {
		t.Errorf("%d of 5 pings came back", n)
	}
	frames := w.frames()
	types := etherTypes(frames)
	if types[0x88e5] < 10 || types[0x0800] != 0 {
		t.Errorf("frames by type: %x", types)
	}
	for _, f := range frames {
		if bytes.Contains(f, []byte{0x5e, 0xc4, 0xe7, 0x5e, 0xc4, 0xe7}) {
			t.Errorf("a ping can be read: % x", f)
		}
	}
}

// TestWrongKey has a wrong key for one direction: nothing comes through.
func TestWrongKey(t *testing.T) {
	l := newLab(t)
	l.theirLink("")
	l.make(our(ourKey, otherKey))
	l.address()
	if n := l.pings(5, 100); n != 0 {
		t.Errorf("%d of 5 pings came back", n)
	}
	s, err := l.open("macsec0").Status(t.Context())
	testutil.Must(t, err)
	if c := s.RxSC(theirSCI); c == nil || c.Stats.InPktsNotValid == 0 || c.Stats.InPktsOK != 0 || c.SA(0).Stats.InPktsNotValid == 0 {
		t.Errorf("%+v", s)
	}
}
