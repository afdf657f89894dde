package lacp

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

// golden are frames, in hexadecimal, and their meanings.
var golden = []struct {
	name, frame string
	source      System
	pdu         PDU
}{
	{
		// From teamd 1.31 with {"hwaddr":"02:00:00:00:00:11","runner":{"name":"lacp","fast_rate":true,"sys_prio":4660},
		// "ports":{"p0":{"lacp_prio":22136,"lacp_key":39612}}}, before it hears anything.
		name: "teamd",
		frame: "0180c2000002 0200000000a0 8809 01 01" +
			"01 14 1234 020000000011 9abc 5678 0006 87 000000" +
			"02 14 0000 000000000000 0000 0000 0000 02 000000" +
			"03 10 0000 000000000000000000000000" +
			"00 00" + strings.Repeat("00", 50),
		source: System{2, 0, 0, 0, 0, 0xa0},
		pdu: PDU{
			Actor:   Info{0x1234, System{2, 0, 0, 0, 0, 0x11}, 0x9abc, 0x5678, 6, Activity | ShortTimeout | Aggregation | Expired},
			Partner: Info{State: ShortTimeout},
		},
	},
	{
		name: "synchronized",
		frame: "0180c2000002 0200000000b1 8809 01 01" +
			"01 14 fffe 0200000000c1 0203 0405 0607 3d 000000" +
			"02 14 0809 0200000000c2 0a0b 0c0d 0e0f 3f 000000" +
			"03 10 0000 000000000000000000000000" +
			"00 00" + strings.Repeat("00", 50),
		source: System{2, 0, 0, 0, 0, 0xb1},
		pdu: PDU{
			Actor:   Info{0xfffe, System{2, 0, 0, 0, 0, 0xc1}, 0x0203, 0x0405, 0x0607, 0x3d},
			Partner: Info{0x0809, System{2, 0, 0, 0, 0, 0xc2}, 0x0a0b, 0x0c0d, 0x0e0f, 0x3f},
		},
	},
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFrames(t *testing.T) {
	for _, g := range golden {
		want := unhex(t, g.frame)
		if len(want) != FrameLen {
			t.Errorf("%s: the expected frame has %d bytes", g.name, len(want))
		}
		if got := g.pdu.AppendFrame([]byte("x"), g.source); !bytes.Equal(got[1:], want) {
			t.Errorf("%s: frame\n     %x\nwant %x", g.name, got[1:], want)
		}
		if got, ok := ParseFrame(want); !ok || got != g.pdu {
			t.Errorf("%s: %+v, %v", g.name, got, ok)
		}
		if got, ok := ParseFrame(append(want, 1, 2, 3)); !ok || got != g.pdu {
			t.Errorf("%s with a tail: %+v, %v", g.name, got, ok)
		}
		if _, ok := ParseFrame(want[:FrameLen-1]); ok {
			t.Errorf("%s: accepted one byte short", g.name)
		}
	}
}

// TestFrameFaults changes one byte of a frame. The standard forbids to examine some.
func TestFrameFaults(t *testing.T) {
	for at, want := range map[int]bool{
		12: false, 13: false, // Ethernet type
		14: false,           // subtype
		15: true,            // version
		16: true, 17: false, // actor
		36: true, 37: false, // partner
		56: true, 57: false, // collector
		72: true, 73: true, 80: true, // terminator of a later version, reserved
	} {
		frame := unhex(t, golden[1].frame)
		frame[15] = 2
		frame[at] ^= 0x44
		if _, ok := ParseFrame(frame); ok != want {
			t.Errorf("byte %d changed: accepted %v", at, ok)
		}
	}
	frame := unhex(t, golden[1].frame)
	frame[73] = 6
	if _, ok := ParseFrame(frame); ok {
		t.Error("version 1 with another element in place of the terminator was accepted")
	}
}

func TestMarker(t *testing.T) {
	const information = "1234 0200000000c1 89abcdef 0000"
	request := unhex(t, "0180c2000002 0200000000b1 8809 02 01 01 16"+information+"0000"+strings.Repeat("00", 90))
	want := unhex(t, "0180c2000002 0200000000a0 8809 02 01 02 16"+information+"0000"+strings.Repeat("00", 90))
	if len(request) != FrameLen {
		t.Fatalf("the request has %d bytes", len(request))
	}
	got, ok := AppendMarkerResponse(nil, request, System{2, 0, 0, 0, 0, 0xa0})
	if !ok || !bytes.Equal(got, want) {
		t.Errorf("response %v\n     %x\nwant %x", ok, got, want)
	}
	if _, ok := AppendMarkerResponse(nil, want, System{}); ok {
		t.Error("a response was answered")
	}
	if _, ok := ParseFrame(request); ok {
		t.Error("a marker is taken for a PDU")
	}
}

// FuzzFrame looks for bytes that make the parsers panic, or that they accept without
// reading them right.
func FuzzFrame(f *testing.F) {
	for _, g := range golden {
		b, err := hex.DecodeString(strings.ReplaceAll(g.frame, " ", ""))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		b[14] = subtypeMarker
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		before := bytes.Clone(frame)
		if p, ok := ParseFrame(frame); ok {
			if again, ok := ParseFrame(p.AppendFrame(nil, System{})); !ok || again != p {
				t.Errorf("%+v becomes %+v, %v", p, again, ok)
			}
		}
		if m, ok := AppendMarkerResponse(nil, frame, System{}); ok && len(m) != FrameLen {
			t.Errorf("a response of %d bytes", len(m))
		}
		if !bytes.Equal(frame, before) {
			t.Error("the frame was changed")
		}
	})
}
