package tap_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"testing"

	"github.com/iplink-go/iplink/macvtap"
)

// TestOptionsRefused gives options that the kernel would refuse with a bare
// errno, or take and not heed.
func TestOptionsRefused(t *testing.T) {
	header := macvtap.VNetHeader(12)
	for _, c := range []struct {
		want    string
		options []macvtap.Option
	}{
		{"queues: invalid argument (0 is not in 1 to 256)", []macvtap.Option{macvtap.Queues(0)}},
		{"queues: invalid argument (-3 is not in 1 to 256)", []macvtap.Option{macvtap.Queues(-3)}},
		{"queues: invalid argument (257 is not in 1 to 256)", []macvtap.Option{macvtap.Queues(257)}},
		{"vnet header: invalid argument (a size of 0: it has 10 bytes, or 12 with the number of buffers)",
			[]macvtap.Option{macvtap.VNetHeader(0)}},
		{"vnet header: invalid argument (a size of 11: it has 10 bytes, or 12 with the number of buffers)",
			[]macvtap.Option{macvtap.VNetHeader(11)}},
		{"byte order: invalid argument (is that of the virtio header: needs VNetHeader)",
			[]macvtap.Option{macvtap.ByteOrder(binary.LittleEndian)}},
		{"byte order: invalid argument (NativeEndian is neither binary.LittleEndian nor binary.BigEndian)",
			[]macvtap.Option{header, macvtap.ByteOrder(binary.NativeEndian)}},
		{"offloads: invalid argument (only the virtio header says what is left to do: needs VNetHeader)",
			[]macvtap.Option{macvtap.Offloads(macvtap.Csum)}},
		{"offloads: invalid argument (segmentation leaves the checksums to do: needs Csum)",
			[]macvtap.Option{header, macvtap.Offloads(macvtap.TSO6)}},
		{"offloads: invalid argument (ECN is for segments of TCP: needs TSO4 or TSO6)",
			[]macvtap.Option{header, macvtap.Offloads(macvtap.Csum | macvtap.ECN)}},
		{"offloads: invalid argument (the kernel knows USO4 and USO6 only together)",
			[]macvtap.Option{header, macvtap.Offloads(macvtap.Csum | macvtap.USO4)}},
		{"offloads: invalid argument (0x1080 is not an offload)",
			[]macvtap.Option{header, macvtap.Offloads(macvtap.Csum | 0x1080)}},
	} {
		files, err := macvtap.Open(t.Context(), "t0", c.options...)
		if want := "open macvtap t0: " + c.want; err == nil || err.Error() != want || !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("error %v, want %s", err, want)
		}
		if files != nil {
			t.Errorf("%s: files %v", c.want, files)
		}
	}
}

// TestOpenNot asks for what there is not, in every way in which it may not be.
func TestOpenNot(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	cancel(reason)
	if _, err := macvtap.Open(ctx, "t0"); !errors.Is(err, reason) {
		t.Errorf("with a context that has ended: error %v", err)
	}
	for _, name := range []string{"", "a\x00b"} {
		if _, err := macvtap.Open(t.Context(), name); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%q: error %v", name, err)
		}
	}
}
