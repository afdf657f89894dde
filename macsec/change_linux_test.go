package macsec

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// sas returns what `ip` says of channels and associations, in its words.
func (l *lab) sas(name string) (all []string) {
	l.Helper()
	link := l.ipList()[name]
	add := func(sc string, list any) {
		items, _ := list.([]any)
		for _, item := range items {
			sa := item.(map[string]any)
			all = append(all, fmt.Sprintf("%s sa %v pn %.0f %v key %.4v", sc, sa["an"], sa["pn"], state(sa["active"]), sa["key"]))
		}
	}
	add("tx", link["sa_list"])
	channels, _ := link["rx_sc"].([]any)
	for _, c := range channels {
		rx := c.(map[string]any)
		sc := fmt.Sprintf("rx %v", rx["sci"])
		all = append(all, sc+" "+state(rx["active"]))
		add(sc, rx["sa_list"])
	}
	return all
}

func state(active any) string {
	if active == true {
		return "on"
	}
	return "off"
}

// wantSAs compares what `ip` says of the associations of macsec0.
func (l *lab) wantSAs(want ...string) {
	l.Helper()
	if got := l.sas("macsec0"); fmt.Sprint(got) != fmt.Sprint(want) {
		l.Errorf("`ip macsec show` has\n     %q\nwant %q", got, want)
	}
}

// wantError fails the test unless an error has a text, and matches.
func wantError(t *testing.T, err error, is error, text string) {
	t.Helper()
	if _, ok := errors.AsType[*iplink.Error](err); !ok || !errors.Is(err, is) || err.Error() != text {
		t.Errorf("%v, want %s", err, text)
	}
}

// TestChange adds, changes and drops associations and channels one by one, as
// `ip` sees it.
func TestChange(t *testing.T) {
	l := newLab(t)
	ctx := t.Context()
	l.make(New("macsec0").Parent("eth1"))
	m := l.open("macsec0")
	tx := SA{AN: 1, PN: 0x12345678, KeyID: KeyID{0xa1, 0xb2}, Key: key(ourKey)}
	rx := SA{AN: 2, PN: 77, Active: true, KeyID: KeyID{0xc3, 0xd4}, Key: key(theirKey)}
	const sc = "rx 0x2000000340b0001" // `ip` leaves leading zeros out

	testutil.Must(t, m.AddTxSA(ctx, tx))
	testutil.Must(t, m.AddRxSC(ctx, theirSCI))
	testutil.Must(t, m.AddRxSA(ctx, theirSCI, rx))
	l.wantSAs("tx sa 1 pn 305419896 off key a1b2", sc+" on", sc+" sa 2 pn 77 on key c3d4")

	testutil.Must(t, m.UpdateTxSA(ctx, 1, SetActive(true), SetPN(5)))
	testutil.Must(t, m.UpdateRxSA(ctx, theirSCI, 2, SetPN(4294967295)))
	testutil.Must(t, m.UpdateRxSC(ctx, theirSCI, false))
	l.wantSAs("tx sa 1 pn 5 on key a1b2", sc+" off", sc+" sa 2 pn 4294967295 on key c3d4")

	wantError(t, m.AddTxSA(ctx, tx), syscall.EBUSY, "add macsec macsec0: tx sa 1: device or resource busy (there is an association of this number already)")
	wantError(t, m.AddRxSA(ctx, theirSCI, rx), syscall.EBUSY,
		"add macsec macsec0: rx 02000000340b0001 sa 2: device or resource busy (there is an association of this number already)")
	wantError(t, m.AddRxSC(ctx, theirSCI), fs.ErrExist,
		"add macsec macsec0: rx 02000000340b0001: file exists (a MACsec link on this parent has a channel of this SCI already)")
	wantError(t, m.AddRxSA(ctx, ourSCI, rx), fs.ErrNotExist,
		"add macsec macsec0: rx 02000000120a0001 sa 2: no such device (there is no such channel: add it before)")
	wantError(t, m.UpdateTxSA(ctx, 3, SetActive(true)), fs.ErrNotExist, "set macsec macsec0: tx sa 3: no such device (there is no such association)")
	wantError(t, m.UpdateRxSC(ctx, ourSCI, true), fs.ErrNotExist, "set macsec macsec0: rx 02000000120a0001: no such device (there is no such channel)")
	wantError(t, m.DeleteTxSA(ctx, 1), syscall.EBUSY, "delete macsec macsec0: tx sa 1: device or resource busy (it is active: deactivate it before)")
	wantError(t, m.DeleteRxSA(ctx, theirSCI, 3, Deactivate), fs.ErrNotExist,
		"delete macsec macsec0: rx 02000000340b0001 sa 3: no such device (there is no such association, or no such channel)")
	wantError(t, m.DeleteRxSC(ctx, ourSCI), fs.ErrNotExist, "delete macsec macsec0: rx 02000000120a0001: no such device (there is no such channel)")

	testutil.Must(t, m.DeleteTxSA(ctx, 1, Deactivate))
	testutil.Must(t, m.UpdateRxSA(ctx, theirSCI, 2, SetActive(false)))
	testutil.Must(t, m.DeleteRxSA(ctx, theirSCI, 2))
	l.wantSAs(sc + " off")
	testutil.Must(t, m.AddRxSA(ctx, theirSCI, rx))
	testutil.Must(t, m.DeleteRxSC(ctx, theirSCI)) // and the association, which is active
	l.wantSAs()

	// All or nothing: the last one is refused.
	testutil.Must(t, m.AddTxSA(ctx, tx))
	l.Batch("link add link eth1 name macsec1 type macsec port 7", "macsec add macsec1 rx sci 0200000000770077")
	wantError(t, m.AddRxSC(ctx, SCIOf([]byte{2, 0, 0, 0, 0, 0x77}, 0x77), rx), fs.ErrExist,
		"add macsec macsec0: rx 0200000000770077: file exists (a MACsec link on this parent has a channel of this SCI already)")
	l.wantSAs("tx sa 1 pn 305419896 off key a1b2")

	wantError(t, m.SetOffload(ctx, OffloadPHY), errors.ErrUnsupported, "offload macsec macsec0: operation not supported (the parent cannot take the work over)")
	testutil.Must(t, m.SetOffload(ctx, OffloadOff))

	l.Batch("link del macsec0")
	wantError(t, m.AddTxSA(ctx, tx), fs.ErrNotExist, "add macsec macsec0: no such device")
	_, err := m.Status(ctx)
	wantError(t, err, fs.ErrNotExist, "show macsec macsec0: no such device")
}

// TestInjected makes each moment of a call with several steps go wrong, in each
// of several ways: nothing of it is left.
func TestInjected(t *testing.T) {
	l := newLab(t)
	l.make(New("macsec0").Parent("eth1"))
	m := l.open("macsec0")
	for how, fault := range map[string]injury{
		"error":      func(context.CancelCauseFunc, *MACsec) error { return errInjected },
		"no buffers": func(context.CancelCauseFunc, *MACsec) error { return syscall.ENOBUFS },
		"cancelled":  func(cancel context.CancelCauseFunc, _ *MACsec) error { cancel(errInjected); return nil },
		"closed":     func(_ context.CancelCauseFunc, m *MACsec) error { return m.nl.Close() },
	} {
		failed := 0
		for at := 0; ; at++ {
			came, err := l.injure(at, fault)
			s, fault := m.Status(t.Context())
			testutil.Must(t, fault)
			switch {
			case err == nil && len(s.RxSC(theirSCI).SAs) != 2:
				t.Fatalf("%s at %d: made is %+v", how, at, s.RxSCs)
			case err == nil:
				testutil.Must(t, m.DeleteRxSC(t.Context(), theirSCI))
			case len(s.RxSCs) > 0:
				t.Fatalf("%s at %d: %v, and left is %+v", how, at, err, s.RxSCs)
			default:
				failed++
			}
			if !came {
				break
			}
		}
		if failed < 6 {
			t.Errorf("%s: only %d moments made it fail", how, failed)
		}
	}
	l.wantSAs()
}

var errInjected = errors.New("injected")

// An injury is what happens to a MACsec at a moment.
type injury func(context.CancelCauseFunc, *MACsec) error

// injure makes a channel with two associations, and something go wrong at a
// moment. It reports whether the moment has come.
func (l *lab) injure(at int, fault injury) (came bool, err error) {
	l.Helper()
	var m *MACsec
	l.In(func() { m, err = Open(l.Context(), "macsec0") })
	testutil.Must(l, err)
	defer m.Close() // which the fault may have done
	ctx, cancel := context.WithCancelCause(l.Context())
	defer cancel(nil)
	now := 0
	m.nl.SetHook(func(rtnl.Point) error {
		now++
		if now-1 != at || came {
			return nil
		}
		came = true
		return fault(cancel, m)
	})
	sa := func(an uint8) SA { return SA{AN: an, PN: 1, Active: an%2 == 0, Key: key(ourKey)} }
	err = m.AddRxSC(ctx, theirSCI, sa(0), sa(1))
	return came, err
}

func TestOpen(t *testing.T) {
	l := newLab(t)
	l.make(New("macsec0").Parent("eth1").Index(0x1234))
	if m := l.open("macsec0"); m.Name() != "macsec0" || m.Index() != 0x1234 {
		t.Errorf("%s, %d", m.Name(), m.Index())
	}
	l.In(func() {
		_, err := Open(t.Context(), "eth1")
		wantError(t, err, iplink.ErrKind, "open macsec eth1: the link is of another kind (it is a veth link)")
		_, err = Open(t.Context(), "nosuch")
		wantError(t, err, fs.ErrNotExist, "open macsec nosuch: no such device")
		_, err = Open(t.Context(), "")
		if !errors.Is(err, fs.ErrInvalid) {
			t.Error(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.ErrUnsupported)
		_, err = Open(ctx, "macsec0")
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Error(err)
		}
	})
}

// TestAnnouncements has a setting of the link and an association change. The kernel announces
// the setting alone, and the family has no multicast group.
func TestAnnouncements(t *testing.T) {
	l := newLab(t)
	l.make(New("macsec0").Parent("eth1").Up())
	m := l.open("macsec0")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for e, err := range testutil.Opened(l.Lab, iplink.Dial).Watch(ctx, iplink.Named("macsec0")) {
		testutil.Must(t, err)
		if e.Kind == iplink.Current {
			testutil.Must(t, m.AddTxSA(ctx, SA{AN: 1, PN: 0x1234, Active: true, Key: key(ourKey)}))
			l.Batch("link set macsec0 type macsec encrypt on")
		}
		if slices.Contains(e.Changes, "info.encrypt") {
			break
		}
		if len(e.Changes) > 0 && strings.Contains(e.String(), "info.") {
			t.Errorf("event %v", e)
		}
	}
	if all := l.sas("macsec0"); len(all) != 1 {
		t.Errorf("associations %q, want one", all)
	}
	l.In(func() {
		control, err := rtnl.DialFamily(ctx, rtnl.Here, "nlctrl")
		testutil.Must(t, err)
		defer control.Close()
		family := wire.AppendString(nil, uapi.CTRL_ATTR_FAMILY_NAME, uapi.MACSEC_GENL_NAME)
		testutil.Must(t, control.List(ctx, uapi.CTRL_CMD_GETFAMILY, family, func(got wire.Message) {
			attrs := rtnl.GenericAttrs(got)
			if wire.Find(attrs, uapi.CTRL_ATTR_FAMILY_ID) == nil || wire.Find(attrs, uapi.CTRL_ATTR_MCAST_GROUPS) != nil {
				t.Errorf("the family is % x", attrs)
			}
		}))
	})
}

// TestNoDriver asks a kernel without MACsec.
func TestNoDriver(t *testing.T) {
	ns := testutil.NetNS(t)
	testutil.In(t, ns, func() {
		_, err := List(t.Context())
		if err == nil {
			testutil.Skipf(t, "this kernel has a macsec driver")
		}
		wantError(t, err, errors.ErrUnsupported, "show macsec: operation not supported (this kernel has no macsec driver (CONFIG_MACSEC))")
	})
}
