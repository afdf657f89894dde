package can_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/can"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

// A serial is a controller of the kind that speaks over a serial line, slcan,
// with the test at the other end of the line.
type serial struct {
	line *os.File
	name string

	mu   sync.Mutex
	told []byte // what the driver has told the controller
}

// Write keeps what the driver says. It waits until somebody has read it.
func (s *serial) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, b...)
	return len(b), nil
}

func (s *serial) commands() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.told)
}

// awaits waits until the line, which is read by another goroutine, has the commands at
// its end.
func (s *serial) awaits(t *testing.T, commands string) {
	t.Helper()
	for range 200 {
		if strings.HasSuffix(s.commands(), commands) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("the controller was told %q, want %q at the end", s.commands(), commands)
}

// newSerial makes one in the process's namespace, where its driver puts it.
func newSerial(t *testing.T) *serial {
	t.Helper()
	if !testutil.Matrix() {
		testutil.Skipf(t, "needs a virtual machine: a CAN controller on a serial line goes into the first namespace")
	}
	if out, err := exec.Command("modprobe", "slcan").CombinedOutput(); err != nil {
		t.Fatalf("modprobe slcan: %v\n%s", err, out)
	}
	master, line := openTerminal(t, "/dev/ptmx")
	testutil.Must(t, unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	testutil.Must(t, err)
	slave, _ := openTerminal(t, fmt.Sprint("/dev/pts/", n))
	const slcan = 17 // N_SLCAN
	testutil.Must(t, unix.IoctlSetPointerInt(slave, unix.TIOCSETD, slcan))
	req, err := unix.NewIfreq("")
	testutil.Must(t, err)
	testutil.Must(t, unix.IoctlIfreq(slave, unix.SIOCGIFNAME, req))
	s := &serial{line: line, name: req.Name()}
	go io.Copy(s, line)
	return s
}

func openTerminal(t *testing.T, path string) (int, *os.File) {
	t.Helper()
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	testutil.Must(t, err)
	file := os.NewFile(uintptr(fd), path)
	t.Cleanup(func() { file.Close() })
	return fd, file
}

// says has the controller report a state, and how often it erred.
func (s *serial) says(t *testing.T, state byte, txErrors, rxErrors int) {
	t.Helper()
	_, err := fmt.Fprintf(s.line, "s%c%03d%03d\r", state, rxErrors, txErrors)
	testutil.Must(t, err)
}

// ip is what `ip` says of a controller.
type ip struct {
	Data  struct{ State string } `json:"info_data"`
	Stats map[string]uint32      `json:"info_xstats"`
}

func readIP(t *testing.T, name string) ip {
	t.Helper()
	out, err := exec.Command("ip", "-d", "-s", "-j", "link", "show", "dev", name).Output()
	testutil.Must(t, err)
	var links []struct{ Linkinfo ip }
	testutil.Must(t, json.Unmarshal(out, &links))
	return links[0].Linkinfo
}

// TestGet follows a controller through its states to bus-off, where it can be
// restarted if its driver has a way.
func TestGet(t *testing.T) {
	s := newSerial(t)
	_, err := can.New(s.name).Bitrate(125_000).Up().Update(t.Context())
	testutil.Must(t, err)
	s.awaits(t, "S4\rO\r") // 125 kbit/s, open
	for _, step := range []struct {
		says  byte
		state iplink.CANState
		want  can.Stats
	}{
		{'w', can.ErrorWarning, can.Stats{ErrorWarning: 1}},
		{'p', can.ErrorPassive, can.Stats{ErrorWarning: 1, ErrorPassive: 1}},
		{'b', can.BusOff, can.Stats{ErrorWarning: 1, ErrorPassive: 1, BusOff: 1}},
	} {
		s.says(t, step.says, 130, 97)
		var got *iplink.CANInfo
		for range 200 {
			if got, err = can.Get(t.Context(), s.name); err != nil || got.State == step.state {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		testutil.Must(t, err)
		if got.State != step.state || got.Stats != step.want || got.BitTiming.Bitrate != 125_000 {
			t.Errorf("%v, %+v, want %v, %+v", got.State, got.Stats, step.state, step.want)
		}
		other := readIP(t, s.name)
		if strings.ToLower(other.Data.State) != got.State.String() || other.Stats["error_warning"] != got.Stats.ErrorWarning ||
			other.Stats["error_passive"] != got.Stats.ErrorPassive || other.Stats["bus_off"] != got.Stats.BusOff {
			t.Errorf("%+v, ip says %+v", got, other)
		}
	}
	err = can.Restart(t.Context(), s.name)
	if want := "update can " + s.name + ": operation not supported (Device doesn't support restart from Bus Off)"; err == nil || err.Error() != want || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestWatchBusOff follows a controller that goes bus-off, and is then switched off and on. The
// kernel does not announce the states on the way to bus-off.
func TestWatchBusOff(t *testing.T) {
	s := newSerial(t)
	_, err := can.New(s.name).Bitrate(125_000).Up().Update(t.Context())
	testutil.Must(t, err)
	s.awaits(t, "S4\rO\r")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	steps := []func(){
		func() { s.says(t, 'w', 97, 13); s.says(t, 'b', 130, 97) },
		func() { _, err = can.New(s.name).Down().Update(ctx) },
		func() { _, err = can.New(s.name).Up().Update(ctx) },
		cancel,
	}
	var states []string
	for e, watchErr := range iplink.Watch(ctx, iplink.Named(s.name)) {
		if errors.Is(watchErr, context.Canceled) {
			break
		}
		testutil.Must(t, errors.Join(err, watchErr))
		if e.Kind == iplink.Changed && slices.Contains(e.Changes, "info.state") {
			was, _ := can.Info(e.Old)
			now, _ := can.Info(e.New)
			states = append(states, fmt.Sprintf("%v to %v", was.State, now.State))
			if now.State == can.BusOff && e.New.Flags&iplink.FlagRunning != 0 {
				t.Errorf("bus-off, with the flags %v", e.New.Flags)
			}
		} else if e.Kind != iplink.Current {
			continue
		}
		steps[0]()
		steps = steps[1:]
	}
	want := []string{"error-active to bus-off", "bus-off to stopped", "stopped to error-active"}
	if !slices.Equal(states, want) {
		t.Errorf("states %q, want %q", states, want)
	}
}

// TestRestartRefused restarts controllers that are not in bus-off.
func TestRestartRefused(t *testing.T) {
	s := newSerial(t)
	refused := func(why string) {
		t.Helper()
		err := can.Restart(t.Context(), s.name)
		link, lookUp := iplink.Get(t.Context(), s.name)
		testutil.Must(t, lookUp)
		byIndex := can.Restart(t.Context(), "", iplink.Index(link.Index))
		want := fmt.Sprintf("update can %s: restart: invalid argument (%s)", s.name, why)
		for _, err := range []error{err, byIndex} {
			if err == nil || err.Error() != want || !errors.Is(err, fs.ErrInvalid) {
				t.Errorf("error %v, want %s", err, want)
			}
		}
	}
	refused("needs the link up")
	_, err := can.New(s.name).Bitrate(125_000).Up().Update(t.Context())
	testutil.Must(t, err)
	refused("the controller is error-active, not bus-off")
}

// TestKind asks for links that are no controllers, or not there.
func TestKind(t *testing.T) {
	testutil.Need(t, iplink.KindVeth)
	ns := testutil.NetNS(t)
	testutil.In(t, ns, func() {
		_, err := veth.New("v0").Create(t.Context())
		testutil.Must(t, err)
		for name, want := range map[string]string{
			"v0": "get can v0: the link is of another kind (it is a veth link)",
			"lo": "get can lo: the link is of another kind (it is hardware for something else)",
		} {
			if _, err := can.Get(t.Context(), name); err == nil || err.Error() != want || !errors.Is(err, iplink.ErrKind) {
				t.Errorf("error %v, want %s", err, want)
			}
			if err := can.Restart(t.Context(), name); !errors.Is(err, iplink.ErrKind) {
				t.Errorf("%s: error %v, want one of another kind", name, err)
			}
		}
		if _, err := can.Get(t.Context(), "none"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v, want one of a link that is missing", err)
		}
	})
	there, err := iplink.NetNSFromFD(int(ns.Fd()))
	testutil.Must(t, err)
	defer there.Close()
	conn, err := there.Dial()
	testutil.Must(t, err)
	defer conn.Close()
	link, err := conn.Get(t.Context(), "v0")
	testutil.Must(t, err)
	for _, options := range [][]iplink.OpenOption{{iplink.In(there)}, {iplink.On(conn)}, {iplink.In(there), iplink.Index(link.Index)}} {
		if err := can.Restart(t.Context(), "v0", options...); !errors.Is(err, iplink.ErrKind) {
			t.Errorf("%d options: error %v, want one of another kind", len(options), err)
		}
		if err := can.Restart(t.Context(), "none", options...); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%d options: error %v, want one of a link that is missing", len(options), err)
		}
	}
}
