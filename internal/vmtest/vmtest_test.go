package vmtest

import (
	"archive/tar"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/vmtest/guest"
)

func TestCPIO(t *testing.T) {
	if _, err := exec.LookPath("cpio"); err != nil {
		t.Skip("cpio is not installed")
	}
	var archive bytes.Buffer
	c := newCPIO(&archive, "lib")
	c.Dir("tmp", 0o1777)
	c.File("/a/b/file", 0o640, []byte("12345"))
	c.Symlink("a/link", "b/file")
	c.Char("dev/console", 0o600, 5, 1)
	c.File("lib/here", 0o644, nil)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	list := exec.Command("cpio", "-tv", "--quiet", "--numeric-uid-gid")
	list.Stdin = &archive
	out, err := list.CombinedOutput()
	if err != nil {
		t.Fatalf("cpio: %v\n%s", err, out)
	}
	for _, want := range []string{
		`^drwxrwxrwt .* tmp$`, `^drwxr-xr-x .* a$`, `^drwxr-xr-x .* a/b$`, `^-rw-r----- +1 0 +0 +5 .* a/b/file$`,
		`^lrwxrwxrwx .* a/link -> b/file$`, `^crw------- .* 5, +1 .* dev/console$`, `^-rw-r--r-- .* lib/here$`,
	} {
		if !regexp.MustCompile("(?m)" + want).Match(out) {
			t.Errorf("cpio's list lacks %s:\n%s", want, out)
		}
	}
	if regexp.MustCompile("(?m) lib$").Match(out) {
		t.Errorf("lib exists already, and must not be made again:\n%s", out)
	}
}

func TestParseModinfo(t *testing.T) {
	m, err := parseModinfo([]byte("license=GPL\x00softdep=pre: crc32c post: late\x00alias=rtnl-link-bond\x00alias=x-*\x00depends=tls,ipv6\x00name=bonding\x00"))
	if err != nil {
		t.Fatal(err)
	}
	index := guest.NewIndex([]guest.Module{m, {Name: "tls"}, {Name: "crc32c"}, {Name: "late"}})
	order, ok := index.Resolve("rtnl-link-bond")
	var names []string
	for _, m := range order {
		names = append(names, m.Name)
	}
	if want := []string{"tls", "crc32c", "bonding", "late"}; !ok || !slices.Equal(names, want) {
		t.Errorf("load order %v, want %v (ipv6 is built in)", names, want)
	}
	if _, err := parseModinfo([]byte("license=GPL\x00")); err == nil {
		t.Error("module information without a name was taken")
	}
}

func TestParsePlan(t *testing.T) {
	const simulation = `Inst libc6 (2.41-12+deb13u5 Debian:13.1/stable [amd64])
Inst systemd (257.13-1~deb13u1 Debian:13.1/stable [amd64])
Inst linux-image-6.12.117+deb13-amd64 (6.12.117-1 Debian:13.1/stable [amd64])
Inst linux-image-amd64 (6.12.117-1 Debian:13.1/stable [amd64])
Conf libc6 (2.41-12+deb13u5 Debian:13.1/stable [amd64])
`
	got := parsePlan(simulation, regexp.MustCompile(keptPackages))
	want := []debPackage{{"libc6", "2.41-12+deb13u5"}, {"linux-image-6.12.117+deb13-amd64", "6.12.117-1"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestListsAll has a list of packages from before a recipe fetched anew.
func TestListsAll(t *testing.T) {
	list := []byte("dash 0.5 sum dash.deb\nwireguard-tools 1.0 sum wg.deb\n")
	if !listsAll(list, []string{"wireguard-tools", "dash"}) || listsAll(list, []string{"dash", "wireguard"}) || listsAll(nil, []string{"dash"}) {
		t.Error("the packages of a list are not recognised")
	}
}

func TestParseMirrors(t *testing.T) {
	main, security := parseMirrors("Packages http://other.example/apt/\nDEP-11 http://no.example/debian/\n" +
		"Packages http://a.example/debian/\nPackages http://b.example/debian/\nPackages http://s.example/debian-security/\n")
	if main != "http://a.example/debian" || security != "http://s.example/debian-security" {
		t.Errorf("got %q and %q", main, security)
	}
}

func TestReadTestFlags(t *testing.T) {
	got := readTestFlags([]string{
		"-test.coverprofile=/w/cover.out", "--test.cpuprofile=cpu.out", "-test.outputdir=/out", "-test.testlogfile=log.txt",
		"-test.gocoverdir=cov", "-test.timeout=1m30s", "-test.v", "-own=x", "-test.artifacts=true",
	}, "/src/pkg")
	want := []string{"/w/cover.out", "/out/cpu.out", "/src/pkg/log.txt"}
	if !slices.Equal(got.files, want) || !slices.Equal(got.dirs, []string{"/src/pkg/cov", "/out/_artifacts"}) || got.timeout != 90*time.Second {
		t.Errorf("got %+v, want files %v", got, want)
	}
}

func TestMachineArgs(t *testing.T) {
	m := machine{kernel: "/k", initrd: "/i", dir: "/a,b", accel: "tcg", cpus: 3, memory: 1234, can: true, failover: true, extra: []string{"-rtc", "base=utc"}}
	line := strings.Join(m.args(), " ")
	for _, want := range []string{
		"-kernel /k -initrd /i", "-smp 3 -m 1234", "-accel tcg,thread=multi", "path=/a,,b/console.log", "kvaser_pci,canbus=canbus0",
		"virtio-net-pci,id=standby0,failover=on,netdev=net0,bus=port0", "e1000e,id=primary0,failover_pair_id=standby0,netdev=net1", "-rtc base=utc",
	} {
		if !strings.Contains(line, want) {
			t.Errorf("no %q in %s", want, line)
		}
	}
	// The order of the ports is the order of their names in the guest.
	if got := regexp.MustCompile(`chardev:(\w+)`).FindAllString(line, -1); !slices.Equal(got, []string{"chardev:console", "chardev:output", "chardev:result"}) {
		t.Errorf("serial ports %v", got)
	}
}

func TestReceive(t *testing.T) {
	for _, c := range []struct {
		name    string
		members []string // name and content by turns
		code    int
		wrong   string
	}{
		{name: "good", members: []string{"0/start", "", "0/file/0", "mode: set\n", "0/dir/0/sub/counters", "c", "0/exit", "42"}, code: 42},
		{name: "no exit code", members: []string{"0/start", "", "0/file/0", "x"}, wrong: "no exit code"},
		{name: "unasked file", members: []string{"0/file/1", "x", "0/exit", "0"}, wrong: "nobody asked for"},
		{name: "other member", members: []string{"/etc/passwd", "x", "0/exit", "0"}, wrong: "nobody asked for"},
		{name: "other job", members: []string{"0/exit", "0", "1/exit", "0"}, wrong: "nobody asked for"},
		{name: "escape", members: []string{"0/dir/0/../escaped", "x", "0/exit", "0"}, wrong: "path escapes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			r := newReceiver([]packed{{files: []string{filepath.Join(dir, "cover.out")}, dirs: []string{dir}}}, nil)
			err := r.receive(writeTar(t, c.members))
			if c.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), c.wrong) {
					t.Errorf("error %v, want one with %q", err, c.wrong)
				}
				return
			}
			if one := r.all[0]; err != nil || !one.started || !one.ended || one.code != c.code {
				t.Errorf("result %+v, %v; want code %d", one, err, c.code)
			}
			if b, err := os.ReadFile(filepath.Join(dir, "sub", "counters")); string(b) != "c" {
				t.Errorf("sub/counters is %q, %v", b, err)
			}
		})
	}
}

// TestReceiveStops has a guest that dies: what ended before that counts.
func TestReceiveStops(t *testing.T) {
	archive := writeTar(t, []string{"1/start", "", "0/start", "", "1/output", "PASS\n", "1/exit", "7", "2/start", ""})
	archive.Truncate(archive.Len() - 1024 - 100) // the trailer, and a part of the last member
	var ended []int
	r := newReceiver(make([]packed, 4), func(one *result) { ended = append(ended, one.number) })
	if err := r.receive(archive); err == nil {
		t.Error("an incomplete archive was taken")
	}
	if !slices.Equal(ended, []int{1}) || string(r.all[1].output) != "PASS\n" || !r.all[0].started || r.all[2].started {
		t.Errorf("ended %v, results %+v", ended, r.all)
	}
}

func writeTar(t *testing.T, members []string) *bytes.Buffer {
	t.Helper()
	b := new(bytes.Buffer)
	w := tar.NewWriter(b)
	for i := 0; i < len(members); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: members[i], Mode: 0o644, Size: int64(len(members[i+1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(members[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestKernelPayload(t *testing.T) {
	image := make([]byte, 4096)
	copy(image[0x202:], "HdrS")
	image[setupSectors] = 3
	image[payloadOffset], image[payloadOffset+1] = 0x34, 0x02
	image[payloadLength], image[payloadLength+1] = 0x12, 0x01
	payload, err := kernelPayload(image)
	if err != nil || len(payload) != 0x112 || &payload[0] != &image[4*sectorSize+0x234] {
		t.Errorf("%d bytes, %v", len(payload), err)
	}
	image[payloadLength+2] = 1 // past the end
	if _, err := kernelPayload(image); err == nil {
		t.Error("a payload outside the file was taken")
	}
	if _, err := kernelPayload(image[:100]); err == nil {
		t.Error("a file without a header was taken")
	}
}

func TestLookupKernel(t *testing.T) {
	for _, name := range KernelNames() {
		if k, err := LookupKernel(name); err != nil || k.Name != name {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
	if _, err := LookupKernel("5.10"); err == nil || !strings.Contains(err.Error(), "6.12") {
		t.Errorf("error %v, want one that names the kernels", err)
	}
}

func TestLibraries(t *testing.T) {
	prog, err := readProgram("/bin/sh")
	if err != nil || prog.interpreter == "" {
		t.Skipf("/bin/sh is not a dynamic amd64 program: %v", err)
	}
	found, err := libraries("/", "/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	if found[filepath.Base(prog.interpreter)] == "" {
		t.Errorf("%v lacks the interpreter %s", found, prog.interpreter)
	}
	if libc := found["libc.so.6"]; libc != "" {
		if v, err := libCVersion(libc); err != nil || v < 17 { // 2.17 is from 2012
			t.Errorf("%s offers GLIBC_2.%d, %v", libc, v, err)
		}
	}
}
