package iplink_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/golden"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxlan"
	"github.com/iplink-go/iplink/wireguard"
)

// parsed reads commands, and fails the test on an error.
func parsed(t *testing.T, text string) iplink.Spec {
	t.Helper()
	s, err := iplink.ParseCommand(text, bridge.Words(), vxlan.Words())
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return s
}

// TestParseGolden reads the commands of the golden builders: they give the same requests.
func TestParseGolden(t *testing.T) {
	for _, c := range goldenCases() {
		t.Run(c.kind.dir()+"/"+c.name, func(t *testing.T) {
			text := c.spec.String()
			s := parsed(t, text)
			if got := s.String(); got != text {
				t.Errorf("\n%s\nis read as\n%s", text, got)
			}
			if !iplink.SaysAll(c.spec) {
				return // `ip` sends more than the builder
			}
			want, got := golden.Text(iplink.Requests(c.spec, goldenIndexes)), golden.Text(iplink.Requests(s, goldenIndexes))
			if c.kind.name == iplink.KindIP6Tnl || strings.HasPrefix(c.kind.name, "ip6gre") || c.kind.name == iplink.KindIP6ERSPAN {
				// Flags that are off have no words, and the kernel begins with all of them off.
				want, got = noFlags.Replace(want), noFlags.Replace(got)
			}
			if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s\n- written, + read:\n%s", text, diff)
			}
		})
	}
}

// noFlags removes the attribute of the flags of a tunnel over IPv6, if all are off.
var noFlags = strings.NewReplacer("\t\t\t13: 00 00 00 00\n", "", "\t\t\t8: 00 00 00 00\n", "")

// TestParseSetters reads the words of each setter of each kind.
func TestParseSetters(t *testing.T) {
	for _, k := range kindTests {
		if k.build == nil || strings.HasSuffix(k.name, " port") {
			continue
		}
		for _, b := range builders(k.build) {
			s := b.Interface().(iplink.Spec)
			text := s.String()
			selfPort := strings.Contains(text, "set dev x master x") // a port of itself
			if text == "" || selfPort || strings.Contains(text, "#") || strings.Contains(text, "/fd/") || iplink.CheckSpec(s, "update") != nil {
				continue
			}
			read, err := iplink.ParseCommand(text, bridge.Words(), vxlan.Words())
			if err != nil {
				t.Errorf("%s: %s\n%v", k.name, text, err)
			} else if got := read.String(); got != text {
				t.Errorf("%s:\n%s\nis read as\n%s", k.name, text, got)
			}
		}
	}
}

// untriedRows are the rows that random bytes give no value, or no words. Golden builders
// have them.
var untriedRows = map[string]bool{"macaddr": true, "6rd-prefix": true, "6rd-relay_prefix": true, "bittiming": true, "data_bittiming": true, "xl_data_bittiming": true,
	"xl_pwm": true, "tdc": true, "xl_tdc": true, "protodown_reason": true, "sci": true, "cipher": true, "group_address": true, "name": true}

// TestParseRandom reads the words of random settings of each kind, of ports and of every
// link.
func TestParseRandom(t *testing.T) {
	eachTable(t, readRandom)
}

// eachTable runs a test for each kind that has a table, with an empty kind for the settings
// of every link, and for the ports of each kind that has settings of ports.
func eachTable(t *testing.T, test func(t *testing.T, kind string, port bool)) {
	kinds := slices.DeleteFunc(iplink.KindNames(), func(kind string) bool { return !iplink.HasTable(kind) })
	for _, kind := range append(kinds, "") {
		t.Run("kind "+kind, func(t *testing.T) { test(t, kind, false) })
	}
	for _, kind := range iplink.KindNamesWithPorts() {
		t.Run(kind+" port", func(t *testing.T) { test(t, kind, true) })
	}
}

func readRandom(t *testing.T, kind string, port bool) {
	r := rand.New(rand.NewPCG(0x1234, 7))
	tried := map[string]bool{}
	for range serial(300) {
		random := iplink.RandomKind(kind, port, r)
		maps.Copy(tried, random.Tried)
		text, _, _ := strings.Cut(random.Spec.String(), " #")
		if text == "" { // it changes nothing
			continue
		}
		read, err := iplink.ParseCommand(text)
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		got, _, _ := strings.Cut(read.String(), " #")
		if lacks := random.Lacks(read); got != text || len(lacks) > 0 {
			t.Fatalf("\n%s\nis read as\n%s\nwhere %q differ", text, got, lacks)
		}
	}
	all := iplink.TableRows()[strings.TrimSpace(kind+" port")]
	switch {
	case kind == "":
		all = iplink.CommonRows()
	case !port:
		all = iplink.TableRows()[kind]
	}
	for _, row := range all {
		if row.Settable() && !row.Wordless && !tried[row.Name] && !untriedRows[row.Name] {
			t.Errorf("%q has no value", row.Name)
		}
	}
}

// TestNew compares builders of kinds that are known at run time with those of the packages.
func TestNew(t *testing.T) {
	for _, k := range kindTests {
		if k.build == nil || strings.HasSuffix(k.name, " port") || !iplink.HasTable(k.name) {
			continue
		}
		own := reflect.ValueOf(k.build).Call([]reflect.Value{reflect.ValueOf("t0")})[0].Interface().(iplink.Spec)
		s := iplink.New(k.name, "t0").MTU(1400)
		if got, want := iplink.InfoOf(s), iplink.InfoOf(own); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", k.name, got, want)
		}
	}
	err := iplink.Refusal(iplink.New("vlxan", "t0"))
	if !errors.Is(err, fs.ErrInvalid) || !strings.Contains(err.Error(), `"vxlan"`) {
		t.Error(err)
	}
}

// TestCommands reads the commands of testdata/commands.txt and testdata/scripts.txt: each
// line has a command, and the line behind it begins with a tab and has the commands that the
// builder gives, or the error after "!". It prints the reasons for which commands of scripts
// are not read.
func TestCommands(t *testing.T) {
	readCommands(t, "testdata/commands.txt", 500)
	reasons := readCommands(t, "testdata/scripts.txt", 1000)
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		t.Logf("%3d %s", reasons[reason], reason)
	}
}

// commandPlaces are parts of an error that differ from command to command.
var commandPlaces = regexp.MustCompile(`"[^"]*"|line \d+, column \d+: |; it may be .*| \d+(, \d+)*`)

// readCommands reads the commands of a file, at least so many, and returns how often a
// reason is in the way of one.
func readCommands(t *testing.T, path string, least int) (reasons map[string]int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	n, reasons := 0, map[string]int{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "\t") {
			continue
		}
		out.WriteString(line + "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		n++
		result := commandResult(t, line)
		result = strings.ReplaceAll(result, fmt.Sprintf("/proc/%d/", os.Getpid()), "/proc/PID/") // this program's
		out.WriteString("\t" + result + "\n")
		if reason, refused := strings.CutPrefix(result, "! parse: "); refused {
			reasons[commandPlaces.ReplaceAllString(reason, "…")]++
		}
	}
	if n < least {
		t.Errorf("%s has %d commands", path, n)
	}
	if *recordCommands {
		err = os.WriteFile(path, []byte(out.String()), 0o644)
	}
	if diff := cmp.Diff(strings.Split(string(text), "\n"), strings.Split(out.String(), "\n")); err != nil || diff != "" && !*recordCommands {
		t.Errorf("%v\n- %s, + as it is read:\n%s", err, path, diff)
	}
	return reasons
}

// commandResult reads a command, and the commands of its builder once more.
func commandResult(t *testing.T, line string) string {
	t.Helper()
	specs, err := iplink.ParseBatch(strings.NewReader(line), bridge.Words(), vxlan.Words())
	if err != nil {
		return "! " + err.Error()
	}
	var all []string
	for _, s := range specs {
		all = append(all, s.String())
	}
	result := strings.Join(all, " && ")
	if !strings.Contains(result, "keys that are not shown") {
		wantJSON(t, line, specs, result)
	}
	if strings.Contains(result, "#") { // keys, or words that ip lacks
		return result
	}
	if again, err := iplink.ParseBatch(strings.NewReader(result), bridge.Words(), vxlan.Words()); err != nil {
		t.Errorf("%s\n%s\n%v", line, result, err)
	} else {
		for i, s := range again {
			if i >= len(all) || s.String() != all[i] {
				t.Errorf("%s\nis read as %q, and this as\n%s", line, all, s)
			}
		}
	}
	return result
}

// wantJSON writes builders as JSON and reads it: they give the same commands.
func wantJSON(t *testing.T, line string, specs []iplink.Spec, want string) {
	t.Helper()
	text, err := json.Marshal(specs)
	if err != nil {
		t.Errorf("%s\n%v", line, err)
		return
	}
	again, err := iplink.ParseJSON(text, bridge.Words(), vxlan.Words())
	if err != nil {
		t.Errorf("%s\n%s\n%v", line, text, err)
		return
	}
	var all []string
	for _, s := range again {
		all = append(all, s.String())
	}
	if got := strings.Join(all, " && "); got != want {
		t.Errorf("%s\n%s\nis read as\n%s", line, text, got)
	}
}

// FuzzParseCommand demands that no text makes the parser panic or take long, and that the
// words of a builder are read as they were.
func FuzzParseCommand(f *testing.F) {
	for _, c := range goldenCases() {
		f.Add(c.spec.String())
	}
	f.Add("ip netns exec a bridge vlan add dev p vid 7-9 pvid; ip macsec add m rx port 1 address 2:0:0:0:0:1 sa 0 pn 1 on key 01 00")
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		specs, err := iplink.ParseBatch(strings.NewReader(text), bridge.Words(), vxlan.Words())
		if took := time.Since(start); took > time.Second+time.Duration(len(text))*time.Millisecond {
			t.Errorf("%d bytes take %v", len(text), took)
		}
		var bad *iplink.ParseError
		if err != nil && (!errors.As(err, &bad) || bad.Line < 1 || bad.Column < 1) {
			t.Errorf("%q: %v", text, err)
		}
		for _, s := range specs {
			_ = s.String()
		}
	})
}

var recordCommands = flag.Bool("update-commands", false, "record testdata/commands.txt and testdata/scripts.txt anew")

// serial returns how many rounds a test in one goroutine makes, where the race detector
// finds nothing: few with it.
func serial(rounds int) int {
	if testutil.Race {
		return rounds / 10
	}
	return rounds
}

// TestMessageWords puts the requests for links into words. Those are the words of the
// command for the link, without the lower links' names.
func TestMessageWords(t *testing.T) {
	indexes := map[string]int{"under": 77, "br0": 88}
	for _, test := range []struct {
		spec iplink.Spec
		want string // of the first request
	}{
		{vxlan.New("vx0").VNI(100).Port(4789).Up(), "> RTM_NEWLINK create,excl seq 0: vx0 up type vxlan id 100 dstport 4789"},
		{bridge.New("br1").STP(false).Group(1281).Index(0x1234), "> RTM_NEWLINK create,excl seq 0: br1 index 4660 group 1281 type bridge stp_state 0"},
		{vlan.New("v0").Parent("under").ID(0x123).Master("br0"), "> RTM_NEWLINK create,excl seq 0: v0 link if77 master if88 type vlan id 291"},
		{macvlan.New("m0").Parent("under").Mode(macvlan.Private), "> RTM_NEWLINK create,excl seq 0: m0 link if77 type macvlan mode private"},
		{veth.New("t0").MTU(1281).Up().Peer(veth.New("t 1").Index(9).MTU(1282)), "> RTM_NEWLINK create,excl seq 0: t0 mtu 1281 up type veth peer 't 1' index 9 mtu 1282"},
		{macsec.New("ms0").Parent("under").Encrypt(true), "> RTM_NEWLINK create,excl seq 0: ms0 link if77 type macsec encrypt on"},
		{wireguard.New("wg0").Up(), "> RTM_NEWLINK create,excl seq 0: wg0 up type wireguard"},
		{iplink.Raw("warp", "w0").Attr(3, []byte("secret")), "> RTM_NEWLINK create,excl seq 0: w0 type warp attr 3 (6 bytes)"},
	} {
		all := iplink.DescribeAll("", true, iplink.Requests(test.spec, indexes)[0])
		if len(all) != 1 {
			t.Errorf("%v: %d messages", test.spec, len(all))
			continue
		}
		// The flag echo depends on the kernel.
		if got := strings.Replace(all[0].String(), ",echo", "", 1); got != test.want {
			t.Errorf("%q\nwant %q", got, test.want)
		}
	}
}

// TestMessageWordsLater has the requests that follow a creation.
func TestMessageWordsLater(t *testing.T) {
	spec := bridge.New("t0").Index(7).Alias("it's\nme").AltName("other").Master("br0").PortSettings(bridge.Port().Isolated(true))
	var got []string
	for _, b := range iplink.Requests(spec, map[string]int{"br0": 88})[1:] {
		for _, m := range iplink.DescribeAll("", true, b) {
			got = append(got, m.String())
		}
	}
	text := strings.Join(got, "\n")
	for _, want := range []string{`> RTM_NEWLINKPROP create,excl seq 0: dev if7 altname other`, "type bridge_slave isolated on", `me`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "\n") + 1; n != len(got) {
		t.Errorf("%d lines for %d messages", n, len(got))
	}
}

func TestMessageString(t *testing.T) {
	for _, test := range []struct {
		m    iplink.Message
		want string
	}{
		{iplink.Message{Sent: true, Type: "RTM_GETLINK", Flags: "dump", Seq: 0x1234}, "> RTM_GETLINK dump seq 4660"},
		{iplink.Message{Type: "ack", Seq: 7}, "< ack seq 7"},
		{iplink.Message{NetNS: "blue", Type: "error", Seq: 8, Err: syscall.EEXIST}, "< [blue] error seq 8: file exists"},
		{iplink.Message{Sent: true, NetNS: "a\x1bb", Type: "x", Text: "t0 up"}, `> [a\x1bb] x seq 0: t0 up`},
	} {
		if got := test.m.String(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

// TestMessageError finds the errno in a refusal.
func TestMessageError(t *testing.T) {
	b, at := wire.BeginMessage(nil, uapi.NLMSG_ERROR, 0)
	b = wire.EndMessage(append(wire.Order.AppendUint32(b, ^uint32(17)+1), make([]byte, 16)...), at)
	all := iplink.DescribeAll("", false, b)
	if len(all) != 1 || all[0].Sent || !errors.Is(all[0].Err, fs.ErrExist) || !errors.Is(all[0].Err, syscall.EEXIST) {
		t.Errorf("%+v", all)
	}
}

// FuzzMessage puts any bytes into words: always one line, and of printable characters.
func FuzzMessage(f *testing.F) {
	families := []string{"", "wireguard", "macsec", "team", "fou", "gtp", "other"}
	for _, spec := range []iplink.Spec{vxlan.New("vx0").VNI(100).Port(4789), veth.New("t0").Peer(veth.New("t1")),
		bridge.New("t0").AltName("t1").Master("br0").PortSettings(bridge.Port().Isolated(true))} {
		for _, b := range iplink.Requests(spec, map[string]int{"br0": 88}) {
			f.Add(byte(0), true, b[4:8], b[16:])
		}
	}
	for typ := range byte(130) {
		f.Add(typ%6, typ%2 == 0, []byte{typ, 0, 1, 3}, make([]byte, typ))
		f.Add(typ%6, typ%2 == 0, []byte{typ, 0, 0, 0}, append(make([]byte, 16), 8, 0, typ, 0, 1, 2, 3, 4))
	}
	f.Fuzz(func(t *testing.T, family byte, sent bool, header, body []byte) {
		if len(header) < 4 {
			return
		}
		b, at := wire.BeginMessage(nil, wire.Order.Uint16(header), wire.Order.Uint16(header[2:]))
		b = wire.EndMessage(append(b, body...), at)
		for _, m := range iplink.DescribeAll(families[int(family)%len(families)], sent, b) {
			if text := m.String(); strings.ContainsAny(text, "\n\x1b") || !utf8.ValidString(text) {
				t.Errorf("%q", text)
			}
		}
	})
}
