package iplink_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// rawGeneve is a link of a kind that the kernel knows and this library does not.
func rawGeneve(ttl uint8) *iplink.RawLink {
	return iplink.Raw("geneve", "t0").
		Attr(unix.IFLA_GENEVE_ID, binary.NativeEndian.AppendUint32(nil, 0x1234)).
		Attr(unix.IFLA_GENEVE_REMOTE, []byte{192, 0, 2, 7}).
		Attr(unix.IFLA_GENEVE_PORT, []byte{0x12, 0x34}).
		Attr(unix.IFLA_GENEVE_TTL, []byte{ttl}).MTU(1281).Up()
}

// TestRaw makes, changes and ensures a link of a kind that is unknown here.
func TestRaw(t *testing.T) {
	testutil.Need(t, "geneve")
	c, ns := scratch(t)
	mustCreate(t, c, rawGeneve(0x21))
	says := func(ttl int) {
		t.Helper()
		l := ns.link("t0")
		data := l["linkinfo"].(map[string]any)["info_data"].(map[string]any)
		if !sameJSON(data["id"], 0x1234) || !sameJSON(data["port"], 0x1234) || !sameJSON(data["ttl"], ttl) ||
			data["remote"] != "192.0.2.7" || !sameJSON(l["mtu"], 1281) {
			t.Errorf("ip says %v", l)
		}
	}
	says(0x21)
	if _, err := c.Update(t.Context(), rawGeneve(0x32)); err != nil {
		t.Fatal(err)
	}
	says(0x32)
	changes, err := c.Ensure(t.Context(), rawGeneve(0x43))
	if err != nil || len(changes[0].Differences) != 1 || changes[0].Differences[0].String() != "attribute 3: have 32, want 43" {
		t.Errorf("changes %+v, error %v", changes, err)
	}
	says(0x43)
	sends := countSends(c)
	changes, err = c.Ensure(t.Context(), rawGeneve(0x43))
	if err != nil || changes[0].Changed() || *sends != 1 {
		t.Errorf("second Ensure: %d sends, changes %+v, error %v", *sends, changes, err)
	}
}

// TestRawNest gives attributes of a known kind as bytes, one of them a nest, and
// changes a clone without changing the original.
func TestRawNest(t *testing.T) {
	testutil.Need(t, iplink.KindBridge)
	c, ns := scratch(t)
	original := iplink.Raw("bridge", "t0").Attr(6, []byte{0x34, 0x12}) // IFLA_BR_PRIORITY
	other := original.Clone().Attr(6, []byte{0x21, 0x43}).Attr(9, []byte{0x30, 0x12}).Name("t1")
	mustCreate(t, c, original, other)
	for name, want := range map[string][2]any{"t0": {0x1234, "0"}, "t1": {0x4321, "0x1230"}} {
		data := ns.link(name)["linkinfo"].(map[string]any)["info_data"].(map[string]any)
		if !sameJSON(data["priority"], want[0]) || !sameJSON(data["group_fwd_mask"], want[1]) {
			t.Errorf("%s: ip says %v, want %v", name, data, want)
		}
	}
}

// TestRawRefused has bytes that are no attributes, and a reason of the caller's.
func TestRawRefused(t *testing.T) {
	c, _ := scratch(t)
	for message, spec := range map[string]iplink.Spec{
		`create warp t0: invalid argument (truncated netlink data)`:                              iplink.Raw("warp", "t0").Attrs([]byte{9, 0, 1, 0}),
		`create warp t0: invalid argument (attribute 128: numbers beyond 127 are not supported)`: iplink.Raw("warp", "t0").Attr(128, nil),
		`create warp t0: invalid argument (no warp today)`:                                       iplink.Raw("warp", "t0").Fail(errors.New("no warp today")),
	} {
		_, err := c.Create(t.Context(), spec)
		if err == nil || err.Error() != message || !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("message\n%v, want\n%s", err, message)
		}
	}
	_, err := c.Create(t.Context(), iplink.Raw("warp", "t0"))
	if want := `create warp t0: operation not supported (this kernel has no warp driver)`; err == nil || err.Error() != want {
		t.Errorf("message\n%v, want\n%s", err, want)
	}
}
