package macsec

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/internal/testutil"
)

// asIP returns a Status as `ip -s -j macsec show` has it, which cuts numbers of
// packets off at most.
func asIP(s *Status, most uint64) map[string]any {
	m := map[string]any{
		"ifindex": s.Index, "ifname": s.Name, "protect": s.Protect, "validate": s.Validate.String(), "encrypt": s.Encrypt, "send_sci": s.SendSCI,
		"end_station": s.EndStation, "scb": s.SCB, "replay": s.Replay, "cipher_suite": strings.ToUpper(s.Cipher.String()), "icv_length": s.ICVLen,
		"sci": ipSCI(s.SCI), "encoding_sa": s.EncodingSA, "offload": s.Offload.String(),
	}
	if s.Replay {
		m["window"] = s.Window
	}
	addCounters(m, s.Stats)
	addCounters(m, s.TxStats)
	tx, rx := []any{}, []any{}
	for _, sa := range s.TxSAs {
		tx = append(tx, saAsIP(sa.SA, sa.Stats, most))
	}
	for _, c := range s.RxSCs {
		sc := map[string]any{"sci": ipSCI(c.SCI), "active": c.Active}
		addCounters(sc, c.Stats)
		sas := []any{}
		for _, sa := range c.SAs {
			sas = append(sas, saAsIP(sa.SA, sa.Stats, most))
		}
		sc["sa_list"] = sas
		rx = append(rx, sc)
	}
	m["sa_list"], m["rx_sc"] = tx, rx
	return m
}

// ipSCI returns an identifier as `ip macsec show -j` has it, without leading
// zeros.
func ipSCI(sci SCI) string {
	n, _ := strconv.ParseUint(sci.String(), 16, 64)
	return fmt.Sprintf("%#x", n)
}

func saAsIP(sa SA, counters any, most uint64) map[string]any {
	m := map[string]any{"an": sa.AN, "pn": sa.PN & most, "active": sa.Active, "key": sa.KeyID.String()}
	if sa.SSCI != 0 {
		m["ssci"] = fmt.Sprintf("%#x", sa.SSCI)
	}
	addCounters(m, counters)
	return m
}

// addCounters adds the fields of a struct, whose names are those of `ip`.
func addCounters(m map[string]any, counters any) {
	v := reflect.ValueOf(counters)
	for i := range v.NumField() {
		m[v.Type().Field(i).Name] = v.Field(i).Uint()
	}
}

// normal returns a value as JSON has it.
func normal(t testing.TB, v any) (n map[string]any) {
	t.Helper()
	b, err := json.Marshal(v)
	testutil.Must(t, err)
	testutil.Must(t, json.Unmarshal(b, &n))
	return n
}

// wantStatus compares a link with what `ip` says of it. Frames that nobody asked
// for may come between the two, so there are several attempts.
func (l *lab) wantStatus(m *MACsec) (s *Status) {
	l.Helper()
	diff, most := "", uint64(math.MaxUint64)
	if testutil.IPOlder(l, 6, 15) {
		most = math.MaxUint32
	}
	for range 10 {
		var err error
		s, err = m.Status(l.Context())
		testutil.Must(l, err)
		said := l.ipList()[m.Name()]
		for _, key := range []string{"sc", "sa"} { // which `ip` takes from the wrong attribute
			delete(said, key)
		}
		if diff = cmp.Diff(said, normal(l, asIP(s, most))); diff == "" {
			return s
		}
	}
	l.Errorf("%s: - ip, + iplink:\n%s", m.Name(), diff)
	return s
}

// TestStatus compares all that is told of links of many settings with what `ip`
// says, after frames of every fate.
func TestStatus(t *testing.T) {
	l := newLab(t)
	l.theirLink("")
	l.make(our(ourKey, theirKey))
	l.address()
	m := l.open("macsec0")
	if n := l.pings(3, 50); n != 3 {
		t.Fatalf("%d of 3 pings came back", n)
	}
	s := l.wantStatus(m)
	if out, in := s.TxStats, s.RxSC(theirSCI).Stats; out.OutPktsEncrypted < 3 || out.OutOctetsEncrypted < 600 || in.InPktsOK < 3 || in.InOctetsDecrypted < 600 ||
		!s.Operational || s.TxSA(0).PN < 4 || s.TxSA(0).Stats.OutPktsEncrypted < 3 || s.RxSC(theirSCI).SA(0).Stats.InPktsOK < 3 {
		t.Errorf("%+v", s)
	}
	if s.TxSA(1) != nil || s.RxSC(ourSCI) != nil || s.RxSC(theirSCI).SA(1) != nil {
		t.Error("what there is not is found")
	}

	// By an association that we do not have, then by one with another key, then
	// by an unknown channel.
	l.theirs.Batch("macsec add macsec0 tx sa 1 pn 1 on key 05 "+otherKey, "link set macsec0 type macsec encodingsa 1")
	l.pings(2, 50)
	l.wantStatus(m)
	testutil.Must(t, m.AddRxSA(t.Context(), theirSCI, SA{AN: 1, PN: 1, Active: true, KeyID: KeyID{5}, Key: key(ourKey)}))
	l.pings(2, 50)
	s = l.wantStatus(m)
	if c := s.RxSC(theirSCI); c.Stats.InPktsNotUsingSA == 0 || c.Stats.InPktsNotValid == 0 || c.SA(1).Stats.InPktsNotValid == 0 {
		t.Errorf("%+v", c)
	}
	testutil.Must(t, m.DeleteRxSC(t.Context(), theirSCI))
	l.pings(2, 50)
	if s = l.wantStatus(m); s.Stats.InPktsNoSCI == 0 {
		t.Errorf("%+v", s.Stats)
	}

	l.make(New("macsec1").Parent("eth1").Port(0x1234).Cipher(GCMAESXPN256).ICVLen(12).Replay(true).Window(0x123).EncodingSA(2).Protect(false).Validate(Check).
		TxSA(SA{AN: 2, PN: 1<<32 + 4, Active: true, KeyID: KeyID{0xa1, 0xb2}, Key: key(longKey), SSCI: 0x12345678, Salt: key(longKey[:24])}, SA{AN: 0, PN: 7, Key: key(longKey), SSCI: 0x77, Salt: key(longKey[:24])}).
		RxSC(SCIOf(theirMAC, 0x4321), SA{AN: 3, PN: 5, KeyID: KeyID{0xc3}, Key: key(longKey), SSCI: 7, Salt: key(longKey[:24])}),
		New("macsec2").Parent("eth1").Port(2).EndStation(true).EncodingSA(3))
	l.wantStatus(l.open("macsec1"))
	if s := l.wantStatus(l.open("macsec2")); s.Operational {
		t.Error("it can send without an association")
	}
	l.In(func() {
		all, err := List(t.Context())
		if err != nil || len(all) != 3 || all[0].Name != "macsec0" || all[1].TxSAs[0].AN != 0 || all[1].TxSAs[1].PN != 1<<32+4 || all[2].EncodingSA != 3 {
			t.Errorf("%d links, %v", len(all), err)
		}
	})
}

// TestXPN has an end of each sort, with packet numbers that outgrow 32 bits
// under way.
func TestXPN(t *testing.T) {
	l := newLab(t)
	const salt = "a1a2a3a4a5a6a7a8a9aaabac"
	l.theirs.Batch("link add macsec0 link eth2 type macsec cipher gcm-aes-xpn-256 encrypt on",
		"macsec add macsec0 tx sa 0 xpn 4294967293 salt "+salt+" ssci 2 on key 01 "+longKey,
		"macsec add macsec0 rx sci "+ourSCI.String(),
		"macsec add macsec0 rx sci "+ourSCI.String()+" sa 0 xpn 4294967293 salt "+salt+" ssci 1 on key 00 "+longKey,
		"address add 192.0.2.2/24 dev macsec0", "link set macsec0 up")
	l.make(New("macsec0").Parent("eth1").Cipher(GCMAESXPN256).Encrypt(true).Up().
		TxSA(SA{PN: 1<<32 - 3, Active: true, Key: key(longKey), SSCI: 1, Salt: key(salt)}).
		RxSC(theirSCI, SA{PN: 1<<32 - 3, Active: true, KeyID: KeyID{1}, Key: key(longKey), SSCI: 2, Salt: key(salt)}))
	l.address()
	if n := l.pings(10, 50); n != 10 {
		t.Errorf("%d of 10 pings came back", n)
	}
	s := l.wantStatus(l.open("macsec0"))
	if s.TxSA(0).PN <= 1<<32 || s.RxSC(theirSCI).SA(0).PN <= 1<<32 {
		t.Errorf("%+v", s)
	}
	testutil.Must(t, l.open("macsec0").UpdateTxSA(t.Context(), 0, SetPN(1<<40+7), SetActive(false)))
	if s = l.wantStatus(l.open("macsec0")); s.TxSA(0).PN != 1<<40+7 {
		t.Errorf("%+v", s.TxSAs)
	}
}
