package packet

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"os"
	"slices"
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
	frame, err := wire.Next(t.Context(), isEchoRequest)
	if err != nil || !bytes.Equal(frame[26:34], []byte{192, 0, 2, 1, 192, 0, 2, 2}) || !bytes.HasSuffix(frame, []byte("iplink")) {
		t.Errorf("frame % x, %v", frame, err)
	}
	if err := NoPing(t.Context(), hosts[0], netip.MustParseAddr("192.0.2.2")); err == nil {
		t.Error("an answered ping is not an error of NoPing")
	}
}

// isEchoRequest reports whether a frame holds an echo request in an IPv4 packet
// without options. Hosts send other packets too, such as reports of IGMP.
func isEchoRequest(frame []byte) bool {
	return len(frame) > 34 && bytes.Equal(frame[12:15], []byte{8, 0, 0x45}) && frame[23] == 1 && frame[34] == 8
}

// TestIsEchoRequest has the frame of a ping, and the report of IGMP that a bridge
// sends when it comes up.
func TestIsEchoRequest(t *testing.T) {
	ethernet := []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0}
	ping := append(slices.Clone(ethernet), 0x45, 0, 0, 34, 0x12, 0x34, 0, 0, 64, 1, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 8, 0)
	igmp := append(slices.Clone(ethernet), 0x46, 0xc0, 0, 40, 0, 0, 0x40, 0, 1, 2, 0, 0, 192, 0, 2, 1, 224, 0, 0, 22, 0x94, 4, 0, 0, 0x22, 0)
	if !isEchoRequest(ping) || isEchoRequest(igmp) || isEchoRequest(ping[:34]) {
		t.Errorf("%v, %v, %v", isEchoRequest(ping), isEchoRequest(igmp), isEchoRequest(ping[:34]))
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
	if frame, err := lo.Next(ctx, func([]byte) bool { return false }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("frame % x, %v", frame, err)
	}
}

func TestCANFrame(t *testing.T) {
	f := CANFrame{0x723, []byte{0x12, 0x34, 0x56}}
	if got := ParseCAN(f.Bytes()); got.ID != f.ID || !bytes.Equal(got.Data, f.Data) || got.String() != `723#123456 "\x124V"` {
		t.Errorf("%s of % x", got, f.Bytes())
	}
	if !f.SameID(CANFrame{ID: 0x723}.Bytes()) || f.SameID(CANFrame{0x123, f.Data}.Bytes()) || (CANFrame{}).SameID(nil) {
		t.Error("frames are told apart by something else than their identifiers")
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
