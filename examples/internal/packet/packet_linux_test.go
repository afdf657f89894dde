package packet

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/iplinktest"
)

func TestMain(m *testing.M) {
	os.Exit(testutil.Main(m))
}

func TestPing(t *testing.T) {
	hosts := iplinktest.Hosts(t, 2)
	wire, err := Frames(hosts[1], "eth0")
	if err != nil {
		t.Fatal(err)
	}
	defer wire.Close()
	took, err := Ping(t.Context(), hosts[0], netip.MustParseAddr("192.0.2.2"))
	if err != nil || took <= 0 {
		t.Errorf("%v, %v", took, err)
	}
	frame, err := wire.Next(t.Context(), func(frame []byte) bool { return frame[12] == 8 && frame[13] == 0 })
	if err != nil || !bytes.Equal(frame[26:34], []byte{192, 0, 2, 1, 192, 0, 2, 2}) || !bytes.HasSuffix(frame, []byte("iplink")) {
		t.Errorf("frame % x, %v", frame, err)
	}
	if err := NoPing(t.Context(), hosts[0], netip.MustParseAddr("192.0.2.2")); err == nil {
		t.Error("an answered ping is no error of NoPing")
	}
}

func TestNobodyAnswers(t *testing.T) {
	hosts := iplinktest.Hosts(t, 1)
	nobody := netip.MustParseAddr("192.0.2.99")
	for _, to := range []netip.Addr{nobody, netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("2001:db8::99")} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if took, err := Ping(ctx, hosts[0], to); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ping to %s: %v, %v", to, took, err)
		}
		cancel()
	}
	if err := NoPing(t.Context(), hosts[0], nobody); err != nil {
		t.Error(err)
	}
}

// TestPings cuts the cable after three of six, and mends it after five.
func TestPings(t *testing.T) {
	hosts := iplinktest.Hosts(t, 2)
	far := netip.MustParseAddr("192.0.2.2")
	if _, err := Ping(t.Context(), hosts[0], far); err != nil {
		t.Fatal(err)
	}
	var calls []int
	answered, err := Pings(t.Context(), hosts[0], far, 6, func(sent int) error {
		calls = append(calls, sent)
		switch sent {
		case 3:
			return set(t, hosts[1], iplink.Device("eth0").Down())
		case 5:
			return errUnwanted
		}
		return nil
	})
	if !errors.Is(err, errUnwanted) || answered != 3 || len(calls) != 6 {
		t.Errorf("%d were answered, %v, calls %v", answered, err, calls)
	}
}

var errUnwanted = errors.New("not wanted any more")

func set(t *testing.T, ns *iplink.NetNS, change iplink.Spec) error {
	_, err := iplinktest.Dial(t, ns).Update(t.Context(), change)
	return err
}

func TestNoLink(t *testing.T) {
	ns := iplinktest.NetNS(t)
	if _, err := Frames(ns, "nosuch"); err == nil || !strings.HasPrefix(err.Error(), "nosuch: ") {
		t.Error(err)
	}
	lo, err := Frames(ns, "lo")
	if err != nil {
		t.Fatal(err)
	}
	defer lo.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if frame, err := lo.Next(ctx, func([]byte) bool { return true }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("frame % x, %v", frame, err)
	}
}

func TestCANFrame(t *testing.T) {
	f := CANFrame{0x723, []byte{0x12, 0x34, 0x56}}
	if got := ParseCAN(f.Bytes()); got.ID != f.ID || !bytes.Equal(got.Data, f.Data) || got.String() != `723#123456 "\x124V"` {
		t.Errorf("%s of % x", got, f.Bytes())
	}
	for _, bad := range [][]byte{nil, f.Bytes()[:15], append([]byte{1, 0, 0, 0, 9}, make([]byte, 11)...)} {
		if got := ParseCAN(bad); got.ID != 0 || got.Data != nil {
			t.Errorf("% x is %s", bad, got)
		}
	}
}

// TestChecksum uses the example of RFC 1071, section 3.
func TestChecksum(t *testing.T) {
	if sum := checksum([]byte{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}); sum != ^uint16(0xddf2) {
		t.Errorf("%#04x", sum)
	}
}
