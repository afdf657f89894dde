package team

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

// solicitation is one as the kernel of Linux sends it, for 2001:db8::12:3456.
const solicitation = "60000000 0020 3a ff fe80000000000000000000fffe000001 ff0200000000000000000001ff123456" +
	"87 00 CCCC 00000000 20010db8000000000000000000123456 01 01 020000000001"

// advertisement is an answer.
const advertisement = "60000000 0020 3a ff 20010db8000000000000000000123456 fe80000000000000000000fffe000001" +
	"88 00 1234 60000000 20010db8000000000000000000123456 02 01 0200000000c0"

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSolicitation(t *testing.T) {
	got := appendSolicitation(nil, mac(1), addr("2001:db8::12:3456"))
	// The sum of all 16-bit words with the pseudo header, by hand.
	sum := 0
	for i := 8; i < len(got); i += 2 {
		sum += int(got[i])<<8 + int(got[i+1])
	}
	for sum += 32 + 58; sum > 0xffff; {
		sum = sum>>16 + sum&0xffff
	}
	if sum != 0xffff {
		t.Errorf("the sum is %#x", sum)
	}
	want := strings.Replace(solicitation, "CCCC", hex.EncodeToString(got[42:44]), 1)
	if hex.EncodeToString(got) != strings.ReplaceAll(want, " ", "") {
		t.Errorf("%x\nwant %s", got, want)
	}
	if got := multicastMAC(solicitedNode(addr("2001:db8::12:3456"))); got != [6]byte{0x33, 0x33, 0xff, 0x12, 0x34, 0x56} {
		t.Errorf("%x", got)
	}
}

func TestAdvertises(t *testing.T) {
	target := addr("2001:db8::12:3456")
	good := unhex(t, advertisement)
	if !advertises(good, target) || !advertises(append(good, 1, 2, 3), target) {
		t.Error("not recognized")
	}
	if advertises(good, addr("2001:db8::12:3457")) {
		t.Error("of another target")
	}
	for at, b := range map[int]byte{0: 0x40, 5: 0x28, 6: 17, 7: 254, 40: 135, 41: 1, 48: 0x21, 64: 1, 65: 0} {
		bad := unhex(t, advertisement)
		bad[at] = b
		if advertises(bad, target) {
			t.Errorf("with byte %d changed", at)
		}
	}
	for n := range good {
		if advertises(good[:n], target) {
			t.Errorf("%d bytes", n)
		}
	}
}

func FuzzAdvertises(f *testing.F) {
	b, err := hex.DecodeString(strings.ReplaceAll(advertisement, " ", ""))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		if advertises(b, addr("2001:db8::12:3456")) && len(b) < ipv6Len+solicitationLen {
			t.Errorf("%x", b)
		}
	})
}

// TestNSNAPing has the watch alone, and with another.
func TestNSNAPing(t *testing.T) {
	ping := NSNAPing{Target: addr("2001:db8::12:3456"), Interval: 100 * time.Millisecond, MissedMax: new(uint32(2))}
	for _, watches := range [][]LinkWatch{{ping}, {Ethtool{}, ping}} {
		config := Runner{Mode: ActiveBackup, LinkWatches: watches, LinkWatchPolicy: AllWatches}
		stage(t, config, noPorts, func(k *fakeKernel, r *runner) {
			k.join(1, 1000)
			k.expect(t, begun+"; address team0=02:00:00:00:00:01; user_linkup_enabled eth1=true; enabled eth1=false")
			p := k.probers[1]
			time.Sleep(50 * time.Millisecond)
			p.receive(unhex(t, strings.Replace(advertisement, "3aff", "3afe", 1)[:40]))
			time.Sleep(100 * time.Millisecond)
			k.expect(t, "")
			p.receive(unhex(t, advertisement))
			time.Sleep(100 * time.Millisecond)
			k.expect(t, "user_linkup eth1=true; enabled eth1=true; activeport=1")
			time.Sleep(200 * time.Millisecond)
			k.expect(t, "")
			time.Sleep(100 * time.Millisecond)
			k.expect(t, "enabled eth1=false; user_linkup eth1=false")
			synctest.Wait()
			if sent := p.packet.Load(); sent == nil || (*sent)[40] != neighbourSolicit || p.sent.Load() < 5 {
				t.Errorf("%d probes", p.sent.Load())
			}
			w := ask(r).Ports[0].Watches
			if got := w[len(w)-1]; got.Name != "nsna_ping" || got.Missed != 3 {
				t.Errorf("%+v", got)
			}
		})
	}
}
