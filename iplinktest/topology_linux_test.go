package iplinktest_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/iplinktest"
	"github.com/iplink-go/iplink/veth"
)

// fake is a test whose end another test looks at.
type fake struct {
	testing.TB
	outcome  string
	cleanups []func()
}

// play runs a test, and its cleanups, and returns how it ended.
func play(t *testing.T, test func(testing.TB)) string {
	f := &fake{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(f)
	}()
	<-done
	for i := range f.cleanups {
		f.cleanups[len(f.cleanups)-1-i]()
	}
	return f.outcome
}

func (f *fake) Helper()                           {}
func (f *fake) Cleanup(fn func())                 { f.cleanups = append(f.cleanups, fn) }
func (f *fake) Errorf(format string, args ...any) { f.outcome += fmt.Sprintf(format, args...) + "\n" }
func (f *fake) Fatalf(format string, args ...any) { f.end("fatal: " + fmt.Sprintf(format, args...)) }
func (f *fake) Fatal(args ...any)                 { f.end("fatal: " + fmt.Sprint(args...)) }
func (f *fake) Skipf(format string, args ...any)  { f.end("skipped: " + fmt.Sprintf(format, args...)) }
func (f *fake) Skip(args ...any)                  { f.end("skipped: " + fmt.Sprint(args...)) }

func (f *fake) end(outcome string) {
	f.outcome += outcome
	runtime.Goexit()
}

func TestNeed(t *testing.T) {
	testutil.NetNS(t) // skips without privileges
	for kind, want := range map[string]string{"veth": "", "bridge": "", "nosuch": "skipped: this kernel has no nosuch driver"} {
		if got := play(t, func(t testing.TB) { iplinktest.Need(t, kind) }); got != want {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
}

// TestHosts sends a datagram from the first host to the third.
func TestHosts(t *testing.T) {
	hosts := iplinktest.Hosts(t, 3)
	var server, client net.Conn
	for i, open := range map[int]func() error{
		2: func() error {
			conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(192, 0, 2, 3), Port: 0x1234})
			server = conn
			return err
		},
		0: func() (err error) {
			client, err = net.Dial("udp4", "192.0.2.3:4660")
			return err
		},
	} {
		if err := hosts[i].Do(open); err != nil {
			t.Fatal(err)
		}
	}
	defer server.Close()
	defer client.Close()
	server.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := client.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 16)
	if n, err := server.Read(buf); err != nil || string(buf[:n]) != "hello" {
		t.Errorf("received %q, %v", buf[:n], err)
	}
	if got := play(t, func(t testing.TB) { iplinktest.Hosts(t, 255) }); !strings.HasPrefix(got, "fatal: 255 hosts") {
		t.Error(got)
	}
}

func TestCreateFails(t *testing.T) {
	ns := iplinktest.NetNS(t)
	got := play(t, func(t testing.TB) { iplinktest.Create(t, ns, bridge.New("br7"), veth.New("lo")) })
	if !strings.HasPrefix(got, "fatal: create veth lo: file exists") {
		t.Error(got)
	}
}

func TestGolden(t *testing.T) {
	a, b := iplinktest.NetNS(t), iplinktest.NetNS(t)
	iplinktest.Create(t, a, bridge.New("br0").Up(), veth.New("to-b").Master("br0").Up().Peer(veth.New("eth0").NetNS(b)))
	iplinktest.Golden(t, "testdata/two.golden", a, b)
	t.Setenv("IPLINKTEST_UPDATE", "")
	compare := func(t testing.TB) { iplinktest.Golden(t, "testdata/two.golden", a, b) }
	if _, err := iplinktest.Dial(t, b).Update(t.Context(), iplink.Device("eth0").Up()); err != nil {
		t.Fatal(err)
	}
	if got := play(t, compare); !strings.Contains(got, "eth0: veth, to to-b in netns 1") || !strings.Contains(got, "eth0: veth (down), to to-b in netns 1") {
		t.Errorf("after a change: %q", got)
	}
	path := filepath.Join(t.TempDir(), "new", "two.golden")
	anew := func(t testing.TB) { iplinktest.Golden(t, path, a, b) }
	if got := play(t, anew); !strings.HasPrefix(got, "fatal: ") || !strings.HasSuffix(got, "IPLINKTEST_UPDATE=1 writes it") {
		t.Errorf("without the file: %q", got)
	}
	t.Setenv("IPLINKTEST_UPDATE", "1")
	if got := play(t, anew); got != "" {
		t.Errorf("writing it: %q", got)
	}
	t.Setenv("IPLINKTEST_UPDATE", "")
	if got := play(t, anew); got != "" {
		t.Errorf("with the file: %q", got)
	}
}

func TestNoLeaks(t *testing.T) {
	ns := testutil.NetNS(t)
	if got := play(t, func(t testing.TB) { iplinktest.NoLeaks(t) }); got != "" {
		t.Errorf("a test that does nothing: %q", got)
	}
	var file *os.File
	release := make(chan struct{})
	got := play(t, func(t testing.TB) {
		iplinktest.NoLeaks(t)
		var err error
		if file, err = os.Open(os.DevNull); err != nil {
			t.Fatal(err)
		}
		entered := make(chan bool)
		go testutil.In(t, ns, func() {
			close(entered)
			<-release
		})
		<-entered
	})
	file.Close()
	close(release)
	for _, want := range []string{"file descriptor of /dev/null", "thread in net:[", "goroutine "} {
		if !strings.Contains(got, "left behind: "+want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
}
