package kerneltest_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/testutil"
)

// watchedBridge is a namespace with br0, which filters VLANs, and its port a0. On a kernel
// whose bridge does not filter, the watches say so, and the test is skipped.
func watchedBridge(t *testing.T) *watched {
	t.Helper()
	w := newWatched(t)
	w.Batch(waitPair, "link add br0 up type bridge")
	if _, err := w.Run("ip", "link", "set", "br0", "type", "bridge", "vlan_filtering", "1"); err != nil && !testutil.Matrix() {
		for _, err := range bridge.WatchVLANsOn(t.Context(), w.conn) {
			if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "watch VLANs: ") || !strings.Contains(err.Error(), "CONFIG_BRIDGE_VLAN_FILTERING") {
				t.Errorf("error %v", err)
			}
		}
		testutil.Skipf(t, "this kernel's bridge does not filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING)")
	}
	w.Batch("link set b0 up", "link set a0 up master br0")
	return w
}

type (
	vlanEvents = iter.Seq2[bridge.VLANEvent, error]
	mdbEvents  = iter.Seq2[bridge.MDBEvent, error]
)

// bridge runs a command of `bridge`.
func (w *watched) bridge(command string) {
	w.Helper()
	if out, err := w.Run("bridge", strings.Fields(command)...); err != nil {
		w.Fatalf("bridge %s: %v %s", command, err, out)
	}
}

func TestWatchVLANs(t *testing.T) {
	t.Parallel()
	w := watchedBridge(t)
	w.bridge("vlan add vid 291 dev a0 untagged")
	e := watchObjects(w, func(ctx context.Context, f ...iplink.Filter) vlanEvents {
		return bridge.WatchVLANsOn(ctx, w.conn, f...)
	})
	all := e.snapshot()
	slices.Sort(all)
	if want := []string{"added vid 1 pvid untagged dev a0", "added vid 1 pvid untagged dev br0", "added vid 291 untagged dev a0"}; !slices.Equal(all, want) {
		t.Errorf("the snapshot is %q, want %q", all, want)
	}
	w.bridge("vlan add vid 801-803 dev a0")
	e.until("added vid 803 dev a0")
	w.bridge("vlan set vid 802 dev a0 state blocking")
	if e := e.until("changed vid 802 dev a0"); e.Old.State != bridge.PortForwarding || e.New.State != bridge.PortBlocking {
		t.Errorf("%+v", e)
	}
	w.bridge("vlan add vid 801-803 dev a0 untagged")
	if e := e.until("changed vid 802 untagged dev a0"); e.New.State != bridge.PortBlocking {
		t.Errorf("the announcement of a range: %+v", e)
	}
	w.bridge("vlan add vid 801 dev a0 pvid")
	e.until("changed vid 1 untagged dev a0")
	e.until("changed vid 801 pvid dev a0")
	w.bridge("vlan add vid 77 dev br0 self")
	e.until("added vid 77 dev br0")
	port := w.rename("a0", "c0", func() { e.until("changed vid 802 untagged dev c0") })
	w.Batch("link set " + port + " nomaster")
	e.until("removed vid 803 untagged dev " + port)
	w.Batch("link add br7 type bridge vlan_filtering 1 vlan_default_pvid 52")
	e.until("added vid 52 pvid untagged dev br7")
	w.Batch("link del br7")
	e.until("removed vid 52 pvid untagged dev br7")
}

// rename renames a link that is up, where the kernel can, and returns its name.
func (w *watched) rename(from, to string, wait func()) string {
	if testutil.Older(w, 6, 2) {
		return from
	}
	w.Batch("link set " + from + " name " + to)
	wait()
	return to
}

// TestWatchVLANsFilter has a port begin and cease to match.
func TestWatchVLANsFilter(t *testing.T) {
	t.Parallel()
	w := watchedBridge(t)
	w.Batch("link add d0 master br0 group 4660 type veth peer name d1")
	e := watchObjects(w, func(ctx context.Context, f ...iplink.Filter) vlanEvents {
		return bridge.WatchVLANsOn(ctx, w.conn, f...)
	}, iplink.OfGroup(0x1234))
	if all := e.snapshot(); !slices.Equal(all, []string{"added vid 1 pvid untagged dev d0"}) {
		t.Errorf("the snapshot is %q", all)
	}
	w.bridge("vlan add vid 291 dev a0")
	w.Batch("link set a0 group 4660")
	e.until("added vid 291 dev a0")
	w.Batch("link set a0 group 7")
	e.until("removed vid 291 dev a0")
	for _, err := range bridge.WatchVLANsOn(t.Context(), w.conn, iplink.AllNetNS()) {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("error %v", err)
		}
	}
}

func TestWatchMDB(t *testing.T) {
	t.Parallel()
	w := watchedBridge(t)
	waitFor(t, w.conn, "a0", iplink.Until("forwarding", func(l *iplink.Link) bool {
		port, ok := l.PortInfo.(*iplink.BridgePortInfo)
		return ok && port.State == iplink.BridgePortForwarding
	}))
	w.bridge("mdb add dev br0 port a0 grp 239.1.2.52 permanent vid 1")
	e := watchObjects(w, func(ctx context.Context, f ...iplink.Filter) mdbEvents { return bridge.WatchMDBOn(ctx, w.conn, f...) })
	if all := e.snapshot(); !slices.ContainsFunc(all, func(s string) bool {
		return strings.HasPrefix(s, "added dev br0 port a0 grp 239.1.2.52 permanent vid 1")
	}) {
		t.Errorf("the snapshot is %q", all)
	}
	w.bridge("mdb add dev br0 port a0 grp 239.1.2.7 temp vid 1")
	if e := e.until("added dev br0 port a0 grp 239.1.2.7 vid 1"); e.New.Permanent || e.New.Bridge != "br0" {
		t.Errorf("%+v", e)
	}
	w.bridge("mdb del dev br0 port a0 grp 239.1.2.7 vid 1")
	e.until("removed dev br0 port a0 grp 239.1.2.7 vid 1")
	w.bridge("mdb add dev br0 port a0 grp ff15::1234 permanent vid 1")
	e.until("added dev br0 port a0 grp ff15::1234 permanent vid 1")
	master := w.rename("br0", "br9", func() { e.until("changed dev br9 port a0 grp ff15::1234") })
	port := w.rename("a0", "c0", func() { e.until("changed dev br9 port c0 grp ff15::1234") })
	w.Batch("link set " + port + " nomaster")
	e.until("removed dev " + master + " port " + port + " grp ff15::1234")
}

// TestWatchVLANsLater begins before there is a bridge, on sockets of its own.
func TestWatchVLANsLater(t *testing.T) {
	t.Parallel()
	watchedBridge(t) // this kernel's bridge filters
	w := newWatched(t)
	w.In(func() {
		begun := false
		for e, err := range bridge.WatchVLANs(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind == iplink.Current {
				begun = true
				w.Batch("link add br0 type bridge vlan_filtering 1 vlan_default_pvid 291")
				continue
			}
			if !begun || e.Snapshot {
				t.Errorf("%+v", e)
			}
			if e.New != nil && e.New.ID == 291 {
				break
			}
		}
		for e, err := range bridge.WatchMDB(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind == iplink.Current {
				break
			}
		}
	})
}
