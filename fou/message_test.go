package fou

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

const (
	addr6 = "20010db8000000000000000000001234"
	peer6 = "20010db8000100000000000000005678"
)

// TestAppend compares requests with bytes written by hand from the kernel's header.
func TestAppend(t *testing.T) {
	for _, c := range []struct {
		port     Port
		identity string // of Delete
		rest     string // of Add
	}{
		{Port{Port: 0x1234, Protocol: 0x29}, "06000100 12340000 05000200 02000000", "05000400 01000000 05000300 29000000"},
		{Port{Port: 0x1234, Protocol: 4, Local: netip.MustParseAddr("192.0.2.17"), Peer: netip.MustParseAddrPort("198.51.100.3:22136"), DevIndex: 0x123456},
			"06000100 12340000 05000200 02000000 08000600 c0000211 08000800 c6336403 06000a00 56780000 08000b00 56341200", "05000400 01000000 05000300 04000000"},
		{Port{Port: 0x4321, Family: IPv6, Type: GUE, RemCsumNoPartial: true, Local: netip.MustParseAddr("2001:db8::1234"),
			Peer: netip.MustParseAddrPort("[2001:db8:1::5678]:4660")},
			"06000100 43210000 05000200 0a000000 14000700 " + addr6 + "14000900 " + peer6 + "06000a00 12340000", "05000400 02000000 04000500"},
		{Port{Port: 7, Type: GUE, DevIndex: 7}, "06000100 00070000 05000200 02000000 08000600 00000000 08000b00 07000000", "05000400 02000000"},
		{Port{Port: 7, Type: GUE, Family: IPv6, DevIndex: 7}, "06000100 00070000 05000200 0a000000 14000700 00000000000000000000000000000000 08000b00 07000000",
			"05000400 02000000"},
	} {
		if got, want := c.port.append(nil), testutil.LittleEndian(t, c.identity+c.rest); !bytes.Equal(got, want) {
			t.Errorf("add %v\n got % x\nwant % x", c.port, got, want)
		}
		if got, want := c.port.appendIdentity(nil), testutil.LittleEndian(t, c.identity); !bytes.Equal(got, want) {
			t.Errorf("del %v\n got % x\nwant % x", c.port, got, want)
		}
	}
}

// The ports of a list, as the kernel orders their attributes.
const (
	direct = "05000200 02000000 06000100 12340000 06000a00 56780000 05000300 29000000 05000400 01000000 08000b00 56341200 08000600 c0000211 08000800 c6336403"
	plain  = "05000200 02000000 06000100 43210000 06000a00 00000000 05000300 04000000 05000400 01000000 08000b00 00000000 08000600 00000000 08000800 00000000"
	over6  = "05000200 0a000000 06000100 12340000 06000a00 56780000 05000300 00000000 05000400 02000000 08000b00 07000000 04000500 14000700 " + addr6 + "14000900 " + peer6
)

func TestParse(t *testing.T) {
	for literal, want := range map[string]Port{
		direct: {Port: 0x1234, Protocol: 0x29, Local: netip.MustParseAddr("192.0.2.17"), Peer: netip.MustParseAddrPort("198.51.100.3:22136"), DevIndex: 0x123456},
		plain:  {Port: 0x4321, Protocol: 4},
		over6: {Port: 0x1234, Family: IPv6, Type: GUE, RemCsumNoPartial: true, Local: netip.MustParseAddr("2001:db8::1234"),
			Peer: netip.MustParseAddrPort("[2001:db8:1::5678]:22136"), DevIndex: 7},
		plain + "0800ff00 12345678": {Port: 0x4321, Protocol: 4}, // of a newer kernel
	} {
		if got, err := parse(testutil.LittleEndian(t, literal)); err != nil || got != want {
			t.Errorf("%s\n gives %+v, %v\n want %+v", literal, got, err, want)
		}
	}
}

func TestParseFaults(t *testing.T) {
	for literal, want := range map[string]string{
		strings.Replace(plain, "06000100 43210000", "05000100 43000000", 1):  "port: 1 bytes where 2 are due",
		strings.Replace(plain, "05000200 02000000", "05000200 07000000", 1):  "port 17185: the address family 7 is unknown",
		strings.Replace(plain, "05000400 01000000", "05000400 03000000", 1):  "port 17185: the type 3 is unknown",
		strings.Replace(plain, "08000600 00000000", "06000600 12340000", 1):  "local: 2 bytes where 4 are due",
		strings.Replace(plain, "08000b00 00000000", "06000b00 12340000", 1):  "dev: 2 bytes where 4 are due",
		strings.Replace(over6, "14000900 "+peer6, "08000900 12345678", 1):    "peer: 4 bytes where 16 are due",
		strings.TrimSuffix(plain, "08000800 00000000") + "09000800 00000000": "truncated netlink data",
		strings.Replace(plain, "06000a00 00000000", "08000a00 00000000", 1):  "peer_port: 4 bytes where 2 are due",
		strings.Replace(plain, "05000300 04000000", "06000300 04000000", 1):  "ipproto: 2 bytes where 1 are due",
	} {
		if got, err := parse(testutil.LittleEndian(t, literal)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n gives %+v, %v\n want %s", literal, got, err, want)
		}
	}
}

// FuzzParse has each port that can be read written as it was read.
func FuzzParse(f *testing.F) {
	for _, literal := range []string{direct, plain, over6} {
		f.Add(testutil.LittleEndian(f, literal))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parse(bytes.Clone(b))
		if err != nil {
			return
		}
		if again, err := parse(b); err != nil || again != p {
			t.Errorf("%+v, then %+v, %v", p, again, err)
		}
		if p.check() != nil { // no kernel reports that
			return
		}
		if again, err := parse(p.append(nil)); err != nil || again != p {
			t.Errorf("%+v is written, and read as %+v, %v", p, again, err)
		}
	})
}
