package rtnl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// listen listens for a minute at most.
func listen(t *testing.T, ns *os.File, how Listening) *Listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	l, err := Listen(ctx, int(ns.Fd()), how)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// announced returns the type of the next message about the link of an index, and
// the namespace it is from. There may be messages about lo.
func announced(t *testing.T, l *Listener, index int32) (typ uint16, nsid int32) {
	t.Helper()
	for {
		datagram, nsid, err := l.Receive(true)
		if err != nil {
			t.Fatal(err)
		}
		for m, err := range wire.Messages(datagram) {
			link, _, linkErr := wire.ParseLink(m.Data)
			if err != nil || linkErr != nil {
				t.Fatal(err, linkErr)
			}
			if link.Index == index {
				return m.Type, nsid
			}
		}
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	ns := testutil.NetNS(t)
	l := listen(t, ns, Listening{})
	if datagram, _, err := l.Receive(false); datagram != nil || err != nil {
		t.Fatalf("before anything happens: %x, %v", datagram, err)
	}
	testutil.IP(t, ns, "link", "add", "br0", "index", "4660", "type", "bridge")
	if typ, nsid := announced(t, l, 4660); typ != uapi.RTM_NEWLINK || nsid != OwnNetNS {
		t.Errorf("the kernel announces %d of the link in %d", typ, nsid)
	}
}

func TestListenAllNetNS(t *testing.T) {
	t.Parallel()
	ns, other := testutil.NetNS(t), testutil.Name(t)
	testutil.IP(t, ns, "netns", "add", other)
	defer testutil.IP(t, ns, "netns", "del", other)
	testutil.IP(t, ns, "netns", "set", other, "22136")
	l := listen(t, ns, Listening{AllNetNS: true})
	testutil.IP(t, ns, "-n", other, "link", "add", "br0", "index", "4660", "type", "bridge")
	if typ, nsid := announced(t, l, 4660); typ != uapi.RTM_NEWLINK || nsid != 22136 {
		t.Errorf("the kernel announces %d of the link in %d", typ, nsid)
	}
}

// TestListenOverrun has more announced than fits, twice: what the first overrun
// leaves must be read before the second can be told.
func TestListenOverrun(t *testing.T) {
	t.Parallel()
	ns := testutil.NetNS(t)
	testutil.IP(t, ns, "link", "add", "br0", "type", "bridge")
	l := listen(t, ns, Listening{Buffer: 4096})
	for round := range 2 {
		for n := range 20 {
			testutil.IP(t, ns, "link", "set", "br0", "mtu", fmt.Sprint(1300+20*round+n))
		}
		if _, _, err := l.Receive(false); !errors.Is(err, ErrOverrun) {
			t.Fatalf("round %d: %v after 20 announcements", round, err)
		}
		read := 0
		for {
			datagram, _, err := l.Receive(false)
			if err != nil {
				t.Fatal(err)
			}
			if datagram == nil {
				break
			}
			read++
		}
		if read == 0 || read >= 20 {
			t.Errorf("round %d: %d of 20 announcements were left", round, read)
		}
	}
}

// TestListenDrain makes good an overrun, after which announcements arrive again.
func TestListenDrain(t *testing.T) {
	t.Parallel()
	ns := testutil.NetNS(t)
	testutil.IP(t, ns, "link", "add", "br0", "index", "4660", "type", "bridge")
	l := listen(t, ns, Listening{Buffer: 4096})
	for n := range 20 {
		testutil.IP(t, ns, "link", "set", "br0", "mtu", fmt.Sprint(1300+n))
	}
	if _, _, err := l.Receive(true); !errors.Is(err, ErrOverrun) {
		t.Fatalf("%v after 20 announcements", err)
	}
	if err := l.Drain(); err != nil {
		t.Fatal(err)
	}
	testutil.IP(t, ns, "link", "del", "br0")
	if typ, _ := announced(t, l, 4660); typ != uapi.RTM_DELLINK {
		t.Errorf("the kernel announces %d of the link", typ)
	}
}

func TestListenContext(t *testing.T) {
	t.Parallel()
	ns := testutil.NetNS(t)
	ctx, cancel := context.WithCancel(t.Context())
	l, err := Listen(ctx, int(ns.Fd()), Listening{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	time.AfterFunc(20*time.Millisecond, cancel)
	for _, wait := range []bool{true, false} {
		if _, _, err := l.Receive(wait); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("after the end of ctx: %v", err)
		}
	}
}
