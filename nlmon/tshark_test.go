package nlmon_test

import (
	"encoding/binary"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/nlmon"
)

var captures = flag.String("captures", "testdata", "`directory` where TestTshark looks for capture.pcapng, also deeper")

// TestTshark has tshark decode what TestCapture has captured: that in testdata
// on Linux 6.12, any other by -captures.
func TestTshark(t *testing.T) {
	needTshark(t)
	files := 0
	err := filepath.WalkDir(*captures, func(file string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "capture.pcapng" {
			files++
			checkCapture(t, file)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d captures in %s, error %v", files, *captures, err)
	}
}

func needTshark(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("tshark"); err != nil {
		testutil.Skipf(t, "this system has no tshark")
	}
}

// checkCapture looks for what `ip` was told to do, in its order.
func checkCapture(t *testing.T, file string) {
	t.Helper()
	got := tshark(t, "-r", file, "-T", "fields", "-E", "separator=,", "-e", "frame.interface_name", "-e", "netlink.family",
		"-e", "netlink-route.nltype", "-e", "netlink-route.ifla_ifname", "-e", "netlink-route.ifla_mtu")
	rest := got
	for _, want := range []string{
		"mon0,0x0000,16,first,\n",     // link add
		"mon0,0x0000,,,\n",            // its acknowledgement
		"mon0,0x0000,16,,4660\n",      // link set mtu
		"mon0,0x0000,20,,\n",          // address add
		"mon0,0x0000,18,first,\n",     // link show
		"mon0,0x0000,16,first,4660\n", // the answer
		"mon0,0x0000,17,,\n",          // link del
		"mon0,0x0000,16,marker,\n",    // link add
	} {
		_, after, ok := strings.Cut(rest, want)
		if !ok {
			t.Fatalf("%s: tshark does not show %q in the rest of\n%s", file, want, got)
		}
		rest = after
	}
	if all := tshark(t, "-r", file, "-Y", "_ws.malformed or _ws.expert.severity == error"); all != "" {
		t.Errorf("%s: tshark finds faults:\n%s", file, all)
	}
}

// tshark returns what it prints on its standard output.
func tshark(t *testing.T, args ...string) string {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.Command("tshark", args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark %s: %v: %s", strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}

// TestTsharkReadsAll has tshark decode what a capture can have: several families,
// a packet that was cut off, some that were dropped, and the statistics.
func TestTsharkReadsAll(t *testing.T) {
	needTshark(t)
	when := time.Unix(1_600_000_000, 123_456_789)
	done := binary.NativeEndian.AppendUint32(nil, 20)
	done = binary.NativeEndian.AppendUint16(done, 3) // NLMSG_DONE
	done = binary.NativeEndian.AppendUint16(done, 2)
	done = binary.NativeEndian.AppendUint32(done, 4660)
	done = append(binary.NativeEndian.AppendUint32(done, 22136), 0, 0, 0, 0)
	file := filepath.Join(t.TempDir(), "all.pcapng")
	b := nlmon.ExportWrite("nlmon7", nlmon.Stats{Packets: 3, Dropped: 0x1234},
		nlmon.Packet{Time: when, Family: nlmon.Route, Data: done, Length: len(done)},
		nlmon.Packet{Time: when.Add(time.Hour), Family: nlmon.Netfilter, Data: done, Length: len(done), Dropped: 0x321},
		nlmon.Packet{Time: when.Add(2 * time.Hour), Family: nlmon.KobjectUevent, Data: []byte("add@/x\x00y"), Length: 300_000})
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	got := tshark(t, "-r", file, "-T", "fields", "-E", "separator=,", "-e", "frame.time_epoch", "-e", "frame.interface_name", "-e", "frame.cap_len",
		"-e", "frame.len", "-e", "frame.drop_count", "-e", "netlink.hatype", "-e", "netlink.family", "-e", "netlink.hdr_type", "-e", "netlink.hdr_seq", "-e", "netlink.hdr_pid")
	want := "1600000000.123456789,nlmon7,36,36,,824,0x0000,0x0003,4660,22136\n" +
		"1600003600.123456789,nlmon7,36,36,801,824,0x000c,0x0003,4660,22136\n" +
		"1600007200.123456789,nlmon7,24,300016,,824,0x000f,,,\n"
	if got != want {
		t.Errorf("tshark reads\n%s, want\n%s", got, want)
	}
	blocks := tshark(t, "-r", file, "-X", "read_format:MIME Files Format", "-V")
	for _, want := range []string{"Name = nlmon7", "User Application = iplink", "Number of Received Packets: 4663", "Number of Dropped Packets: 4660"} {
		if !strings.Contains(blocks, want) {
			t.Errorf("tshark shows no %q in\n%s", want, blocks)
		}
	}
}
