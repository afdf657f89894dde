package nlmon_test

import (
	"encoding/binary"
	"testing"
)

// pcapng is what a file says, as read by the format's description.
type pcapng struct {
	name              string
	frames            [][]byte
	dropCounts        uint64 // the sum of those of single packets
	received, dropped uint64
}

// read reads a file with one section and one interface.
func read(t *testing.T, b []byte) (f pcapng) {
	t.Helper()
	n32 := binary.NativeEndian.Uint32
	for first := true; len(b) > 0; first = false {
		length := int(n32(b[4:]))
		if length%4 != 0 || length > len(b) || int(n32(b[length-4:])) != length {
			t.Fatalf("a block of %d bytes in %d", length, len(b))
		}
		typ, body := n32(b), b[8:length-4]
		switch {
		case first && typ == 0x0a0d0d0a && n32(body) == 0x1a2b3c4d && body[4] == 1:
		case typ == 1 && body[0] == 253:
			f.name = string(options(body[8:])[2])
			if resolution := options(body[8:])[9]; len(resolution) != 1 || resolution[0] != 9 {
				t.Errorf("resolution % x", resolution)
			}
		case typ == 6:
			size := int(n32(body[12:]))
			f.frames = append(f.frames, body[20:20+size])
			if count := options(body[20+(size+3)&^3:])[4]; count != nil {
				f.dropCounts += binary.NativeEndian.Uint64(count)
			}
		case typ == 5 && length == len(b):
			f.received = binary.NativeEndian.Uint64(options(body[12:])[4])
			f.dropped = binary.NativeEndian.Uint64(options(body[12:])[5])
		default:
			t.Fatalf("a block of type %#x with % x", typ, body)
		}
		b = b[length:]
	}
	return f
}

// options returns the options of a block by their codes.
func options(b []byte) map[int][]byte {
	found := map[int][]byte{}
	for len(b) >= 4 {
		code, n := int(binary.NativeEndian.Uint16(b)), int(binary.NativeEndian.Uint16(b[2:]))
		found[code] = b[4 : 4+n]
		b = b[4+(n+3)&^3:]
	}
	return found
}
