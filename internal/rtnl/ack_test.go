package rtnl

import (
	"errors"
	"slices"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// echoed is the request that an acknowledgement carries: 40 bytes, of which a
// capped one has the first 16.
var echoed = answer(uapi.RTM_NEWLINK, 0x605, 0x1234, []byte("a request of 24 bytes..."))

// told are the attributes of an extended acknowledgement.
func told(message string, offset uint32) []byte {
	b := wire.AppendString(nil, uapi.NLMSGERR_ATTR_MSG, message)
	b = wire.AppendU32(b, 3, 0xa1a2a3a4) // NLMSGERR_ATTR_COOKIE, which nobody wants
	return wire.AppendU32(b, uapi.NLMSGERR_ATTR_OFFS, offset)
}

func TestParseAck(t *testing.T) {
	const extended, capped = uapi.NLM_F_ACK_TLVS, uapi.NLM_F_CAPPED
	full := &Errno{Errno: syscall.EINVAL, Message: "Invalid DF attribute", Offset: 0x1234}
	bare := &Errno{Errno: syscall.EINVAL}
	attrs := told("Invalid DF attribute", 0x1234)
	long := slices.Clone(echoed)
	wire.Order.PutUint32(long, 1<<32-2)
	short := slices.Clone(echoed[:16])
	wire.Order.PutUint32(short, 0)
	for _, c := range []struct {
		name  string
		flags uint16
		data  []byte
		want  *Errno // nil for none
	}{
		{"done", 0, slices.Concat(code(0), echoed), nil},
		{"done, capped", capped, slices.Concat(code(0), echoed[:16]), nil},
		{"done, with a warning", extended | capped, slices.Concat(code(0), echoed[:16], attrs), nil},
		{"bare", 0, slices.Concat(code(refused), echoed), bare},
		{"only the errno", extended, code(refused), bare},
		{"extended", extended, slices.Concat(code(refused), echoed, attrs), full},
		{"capped", extended | capped, slices.Concat(code(refused), echoed[:16], attrs), full},
		{"attributes that no flag announces", 0, slices.Concat(code(refused), echoed, attrs), bare},
		{"half a header", extended, slices.Concat(code(refused), echoed[:15]), bare},
		{"echo past the end", extended, slices.Concat(code(refused), long, attrs), bare},
		{"echo of length 0", extended | capped, slices.Concat(code(refused), short, attrs), full},
		{"broken attributes", extended | capped, slices.Concat(code(refused), echoed[:16], attrs[:len(attrs)-1]),
			&Errno{Errno: syscall.EINVAL, Message: "Invalid DF attribute"}},
		{"offset of another width", extended | capped,
			slices.Concat(code(refused), echoed[:16], wire.AppendU16(nil, uapi.NLMSGERR_ATTR_OFFS, 0x1234)), bare},
	} {
		err := parseAck(wire.Message{Header: wire.Header{Flags: c.flags}, Data: c.data})
		got, _ := errors.AsType[*Errno](err)
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want || got == nil && err != nil {
			t.Errorf("%s: %+v, want %+v", c.name, err, c.want)
		}
	}
	for n := range 4 {
		if err := parseAck(wire.Message{Data: code(refused)[:n]}); !errors.Is(err, wire.ErrTruncated) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// TestAckIsKept after the receive buffer it came in is used again.
func TestAckIsKept(t *testing.T) {
	data := slices.Concat(code(refused), echoed[:16], told("Invalid DF attribute", 0x1234))
	err := parseAck(wire.Message{Header: wire.Header{Flags: uapi.NLM_F_ACK_TLVS | uapi.NLM_F_CAPPED}, Data: data})
	clear(data)
	if want := "invalid argument (Invalid DF attribute)"; err.Error() != want || !errors.Is(err, syscall.EINVAL) {
		t.Errorf("%q, want %q", err, want)
	}
	if err := (&Errno{Errno: syscall.EBUSY}); err.Error() != syscall.EBUSY.Error() {
		t.Errorf("%q", err)
	}
}

// FuzzAck parses any message as an acknowledgement and as the end of a dump.
func FuzzAck(f *testing.F) {
	f.Add(answer(uapi.NLMSG_ERROR, uapi.NLM_F_ACK_TLVS, 7, slices.Concat(code(refused), echoed, told("no", 0x1234))))
	f.Add(answer(uapi.NLMSG_DONE, uapi.NLM_F_MULTI, 7, code(busy)))
	f.Fuzz(func(t *testing.T, b []byte) {
		for m, err := range wire.Messages(b) {
			if err != nil {
				return
			}
			refusal := parseAck(m)
			if len(m.Data) >= 4 && (wire.Order.Uint32(m.Data) == 0) != (refusal == nil) {
				t.Errorf("code %d: %v", wire.Order.Uint32(m.Data), refusal)
			}
			if refusal != nil && refusal.Error() == "" {
				t.Errorf("% x: an error without a text", m.Data)
			}
			if e, ok := errors.AsType[*Errno](refusal); ok && (e.Offset < 0 || len(e.Message) > len(m.Data)) {
				t.Errorf("%+v from % x", e, m.Data)
			}
			_ = parseDone(m)
		}
	})
}
