package team

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/internal/teamnl"
)

// fakePorts changes the ports of a fakeKernel, which has the links eth1 to eth3.
type fakePorts struct{ *fakeKernel }

func (f fakePorts) exists(_ context.Context, name string) error {
	if name == "eth1" || name == "eth2" || name == "eth3" {
		return nil
	}
	return syscall.ENODEV
}

func (f fakePorts) AddPort(ctx context.Context, name string, _ ...AddFlag) error {
	if err := f.exists(ctx, name); err != nil {
		return err
	}
	return f.note("add %s", name)
}

func (f fakePorts) RemovePort(_ context.Context, name string) error {
	if name == "eth3" {
		return syscall.ENOENT
	}
	return f.note("remove %s", name)
}

// A controlled is a runner of a fakeKernel, with the ports eth1 and eth2, that answers
// at a socket.
type controlled struct {
	testing.TB
	*fakeKernel
	server *controlServer
	end    func()
}

func beginControlled(t testing.TB, config Runner) *controlled {
	t.Helper()
	c := &controlled{TB: t, fakeKernel: newFakeKernel()}
	for n := 1; n <= 2; n++ {
		c.at[n] = linkState{index: n, name: fmt.Sprint("eth", n), address: mac(byte(n)), master: teamIndex}
		c.ports = append(c.ports, teamnl.Port{Index: n, LinkUp: true, Speed: 1000, Duplex: 1})
	}
	c.options[optionKey{"mode", 0, -1}] = string(config.withDefaults().kernelMode())
	var err error
	if c.server, err = newControlServer(filepath.Join(t.TempDir(), "team0.sock")); err != nil {
		t.Fatal(err)
	}
	c.server.config = config.configDocument("team0")
	ctx, cancel := context.WithCancel(context.Background())
	r := newRunner(ctx, c, teamIndex, config.withDefaults())
	r.control = c.server.attach(fakePorts{c.fakeKernel}, r)
	if err := r.begin(); err != nil {
		t.Fatal(err)
	}
	c.server.serve(ctx)
	done := make(chan error)
	go func() { done <- r.loop(c.notices) }()
	c.end = sync.OnceFunc(func() {
		cancel()
		<-done
		r.close()
		c.server.close()
	})
	t.Cleanup(c.end)
	return c
}

func (c *controlled) dial() net.Conn {
	c.Helper()
	conn, err := net.Dial("unixpacket", c.server.path)
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { conn.Close() })
	return conn
}

// ask sends a message and returns the reply.
func (c *controlled) ask(conn net.Conn, message string) string {
	c.Helper()
	b := make([]byte, 1<<18)
	n, err := 0, conn.SetDeadline(time.Now().Add(10*time.Second))
	if err == nil {
		if _, err = conn.Write([]byte(message)); err == nil {
			n, err = conn.Read(b)
		}
	}
	if err != nil {
		c.Fatalf("%.80q: %v", message, err)
	}
	return string(b[:n])
}

func TestControlMessages(t *testing.T) {
	c := beginControlled(t, Runner{Mode: ActiveBackup, Ports: map[string]PortConfig{"eth1": {Priority: 7}, "eth9": {}}})
	conn := c.dial()
	for _, m := range [][2]string{
		{"x", "REPLY_ERROR\nInvalidMessage\nThe message is not a request.\n"},
		{"REQUEST\n", "REPLY_ERROR\nInvalidMessage\nThe message is not a request.\n"},
		{"\x00REQUEST\nStateDump\n", "REPLY_ERROR\nInvalidMessage\nThe message is not a request.\n"},
		{"REPLY_SUCCESS\nStateDump\n", "REPLY_ERROR\nInvalidMessage\nThe message is not a request.\n"},
		{"REQUEST\nNope\n", "REPLY_ERROR\nNoSuchMethod\nThere is no such method.\n"},
		{"REQUEST\nStateItemValueGet\n", "REPLY_ERROR\nInvalidArgs\nDid not receive correct message arguments.\n"},
		{"REQUEST\nPortAdd\na\nb\n", "REPLY_ERROR\nInvalidArgs\nDid not receive correct message arguments.\n"},
		{"REQUEST\nPortAdd\na\\x\n", "REPLY_ERROR\nInvalidArgs\nDid not receive correct message arguments.\n"},
		{"REQUEST\nPortAdd\na\\\n", "REPLY_ERROR\nInvalidArgs\nDid not receive correct message arguments.\n"},
		{"REQUEST\nPortAdd\n" + strings.Repeat("a", mostMessage), "REPLY_ERROR\nTooLong\nThe message is too long.\n"},
		{"\nREQUEST\n\nStateItemValueGet\n\nsetup.runner_name", "REPLY_SUCCESS\nactivebackup"},
		{"REQUEST\nStateItemValueGet\nports.eth1.link.speed\n", "REPLY_SUCCESS\n1000"},
		{"REQUEST\nStateItemValueGet\nports.\"eth1\".link.duplex\n", "REPLY_SUCCESS\nfull"},
		{"REQUEST\nStateItemValueGet\nports.eth1.link_watches.list.link_watch_0.up\n", "REPLY_SUCCESS\ntrue"},
		{"REQUEST\nStateItemValueGet\nports.eth1.link\n", "REPLY_ERROR\nPathDoesNotExist\nItem path does not exist.\n"},
		{"REQUEST\nStateItemValueGet\nports.eth3.link.up\n", "REPLY_ERROR\nPathDoesNotExist\nItem path does not exist.\n"},
		{"REQUEST\nStateItemValueGet\nports.eth1\n", "REPLY_ERROR\nItemValueGetFail\nFailed to get item value.\n"},
		{"REQUEST\nStateItemValueGet\n...\n", "REPLY_ERROR\nPathDoesNotExist\nItem path does not exist.\n"},
		{"REQUEST\nStateItemValueGet\nrunner.active_port\n", "REPLY_SUCCESS\neth1"},
		{"REQUEST\nStateItemValueSet\nrunner.active_port\neth2\n", "REPLY_SUCCESS\n"},
		{"REQUEST\nStateItemValueGet\nrunner.active_port\n", "REPLY_SUCCESS\neth2"},
		{"REQUEST\nStateItemValueSet\nrunner.active_port\neth3\n", "REPLY_ERROR\nItemValueSetFail\nFailed to set item value.\n"},
		{"REQUEST\nStateItemValueSet\nsetup.debug_level\n4660\n", "REPLY_SUCCESS\n"},
		{"REQUEST\nStateItemValueGet\nsetup.debug_level\n", "REPLY_SUCCESS\n4660"},
		{"REQUEST\nStateItemValueSet\nsetup.debug_level\n-1\n", "REPLY_ERROR\nItemValueSetFail\nFailed to set item value.\n"},
		{"REQUEST\nStateItemValueSet\nsetup.pid\n1\n", "REPLY_ERROR\nOpNotSupp\nOperation not supported.\n"},
		{"REQUEST\nStateItemValueSet\nports.eth1.runner.aggregator.selected\ntrue\n", "REPLY_ERROR\nPathDoesNotExist\nItem path does not exist.\n"},
		{"REQUEST\nPortAdd\neth3\n", "REPLY_SUCCESS\n"},
		{"REQUEST\nPortAdd\neth4\n", "REPLY_ERROR\nNoSuchDev\nNo such device.\n"},
		{"REQUEST\nPortRemove\neth2\n", "REPLY_SUCCESS\n"},
		{"REQUEST\nPortRemove\neth3\n", "REPLY_ERROR\nNoSuchDev\nNo such device.\n"},
		{"REQUEST\nPortConfigDump\neth3\n", "REPLY_ERROR\nConfigDumpFail\nFailed to dump config.\n"},
		{"REQUEST\nPortConfigDump\neth4\n", "REPLY_ERROR\nNoSuchDev\nNo such device.\n"},
		{"REQUEST\nPortConfigUpdate\neth4\n{}\n", "REPLY_ERROR\nNoSuchDev\nNo such device.\n"},
		{"REQUEST\nPortConfigUpdate\neth1\n{\\n\"prio\":0}\n", "REPLY_SUCCESS\n"},
		{"REQUEST\nPortConfigUpdate\neth1\n{}\n", "REPLY_ERROR\nConfigUpdateFail\nprio is missing\n"},
		{"REQUEST\nPortConfigUpdate\neth2\n{\"prio\":true}\n", "REPLY_ERROR\nConfigUpdateFail\nparse team: prio: invalid argument (is true or false, not a number)\n"},
		{"REQUEST\nPortConfigUpdate\neth2\n[\n", "REPLY_ERROR\nConfigUpdateFail\nparse team: invalid argument (at byte 1: unexpected EOF)\n"},
		{"REQUEST\nPortConfigUpdate\neth3\n{\"sticky\":true}\n", "REPLY_SUCCESS\n"},
		{"REQUEST\nPortConfigDump\neth1\n", "REPLY_SUCCESS\n{\n    \"prio\": 0\n}"},
		{"REQUEST\nPortConfigDump\neth2\n", "REPLY_SUCCESS\n{\n    \"link_watch\": {\n        \"name\": \"ethtool\"\n    }\n}"},
	} {
		if got := c.ask(conn, m[0]); got != m[1] {
			t.Errorf("%.80q\n gives %q\n want  %q", m[0], got, m[1])
		}
	}
	c.same("ConfigDump", `{"device":"team0","mcast_rejoin":{"count":1},"notify_peers":{"count":1},"runner":{"name":"activebackup"},
		"ports":{"eth1":{"prio":0},"eth2":{"link_watch":{"name":"ethtool"}},"eth3":{"sticky":true},"eth9":{}}}`)
	c.same("ConfigDumpActual", `{"device":"team0","mcast_rejoin":{"count":1},"notify_peers":{"count":1},"runner":{"name":"activebackup"},
		"ports":{"eth1":{"prio":0},"eth2":{"link_watch":{"name":"ethtool"}}}}`)
	if did := c.took(); !strings.HasSuffix(did, "enabled eth1=false; enabled eth2=true; activeport=2; add eth3; remove eth2; priority eth1=0") {
		t.Errorf("the runner did %s", did)
	}
}

// same compares the JSON reply of a method.
func (c *controlled) same(method, want string) {
	c.Helper()
	var one, other any
	text := strings.TrimPrefix(c.ask(c.dial(), "REQUEST\n"+method+"\n"), "REPLY_SUCCESS\n")
	if err := errors.Join(json.Unmarshal([]byte(want), &one), json.Unmarshal([]byte(text), &other)); err != nil {
		c.Fatalf("%v in %s", err, text)
	}
	if diff := cmp.Diff(one, other); diff != "" {
		c.Errorf("%s (-want +got):\n%s", method, diff)
	}
}

// TestControlConfig shows configurations as they were written, or as they would be.
func TestControlConfig(t *testing.T) {
	const text = `{"runner":{"name":"lacp","active":false,"sys_prio":4660,"min_ports":3,"agg_select_policy":"count","fast_rate":true,"tx_hash":["l4"],
		"tx_balancer":{"name":"basic","balancing_interval":7}},"hwaddr":"02:00:00:00:00:77","link_watch_policy":"all","notify_peers":{"count":4,"interval":30},
		"mcast_rejoin":{"count":2},"link_watch":[{"name":"ethtool","delay_up":2500,"delay_down":1000},{"name":"arp_ping","interval":100,"init_wait":50,
		"missed_max":30,"source_host":"192.168.23.2","target_host":"192.168.23.1","validate_active":true,"validate_inactive":true,"send_always":true,"vlanid":21}],
		"ports":{"eth1":{"prio":-10,"sticky":true,"queue_id":4,"lacp_prio":22136,"lacp_key":39612,
		"link_watch":{"name":"nsna_ping","interval":200,"target_host":"fe80::1"}}}}`
	c, err := ParseTeamd([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var one, other any
	if err := errors.Join(json.Unmarshal([]byte(text), &one), json.Unmarshal([]byte(c.Runner.document().String()), &other)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(one, other); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	again := `{"device":"team9","debug_level":3,"runner":{"name":"random"},"ports":{"eth1":{"prio":0},"eth2":{"link_watch":{"name":"ethtool"}}}}`
	if c, err = ParseTeamd([]byte(again)); err != nil {
		t.Fatal(err)
	}
	c.Runner.Control = &Control{Config: []byte(again)}
	c.Runner.inspect(func(field, format string, args ...any) { t.Errorf(field+": "+format, args...) })
	begun := beginControlled(t, c.Runner)
	begun.same("ConfigDump", `{"device":"team0","debug_level":3,"runner":{"name":"random"},
		"ports":{"eth1":{"prio":0,"link_watch":{"name":"ethtool"}},"eth2":{"link_watch":{"name":"ethtool"}}}}`)
}

// TestControlFaults has a Control that Run refuses.
func TestControlFaults(t *testing.T) {
	for want, c := range map[string]Control{
		`Control.Dir: "run" is not an absolute path`:                                   {Dir: "run"},
		"Control.Config: parse team: devise: invalid argument (teamd has no such key)": {Config: []byte(`{"devise":"a"}`)},
		"Control.Config: is not the configuration of this Runner":                      {Config: []byte(`{"runner":{"name":"random"}}`)},
	} {
		var got []string
		Runner{Control: &c}.inspect(func(field, format string, args ...any) { got = append(got, field+": "+fmt.Sprintf(format, args...)) })
		if len(got) != 1 || got[0] != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestControlSocket begins where there is another file already, and ends.
func TestControlSocket(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "teamd")
	path := filepath.Join(dir, "team0.sock")
	begin := func() *controlServer {
		t.Helper()
		s, err := newControlServer(path)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	refused := func(cause error, reason string) {
		t.Helper()
		s, err := newControlServer(path)
		if !errors.Is(err, cause) || !strings.Contains(fmt.Sprint(err), reason) {
			t.Errorf("error %v, want %v: %s", err, cause, reason)
		}
		if err == nil {
			s.close()
		}
	}
	gone := func(path string) {
		t.Helper()
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there: %v", path, err)
		}
	}
	s := begin()
	file, err := os.Lstat(path)
	if err != nil || file.Mode() != fs.ModeSocket|0o700 {
		t.Errorf("mode %v, error %v", file.Mode(), err)
	}
	refused(syscall.EADDRINUSE, "another program, such as teamd, is listening there")
	s.close()
	gone(dir)

	stale := begin()
	stale.listener.Close()
	time.Sleep(20 * time.Millisecond) // a file system may give the new one the number of the old one, but not its time
	s = begin()                       // replaces it
	stale.close()
	refused(syscall.EADDRINUSE, "") // still there
	s.close()
	gone(path)

	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", path) // not by packets
	if err != nil {
		t.Fatal(err)
	}
	refused(syscall.EADDRINUSE, "")
	l.Close()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(syscall.EEXIST, "there is a file that is not a socket")
	if _, err := os.Lstat(path); err != nil {
		t.Error(err)
	}
	if s, err := newControlServer(filepath.Join(dir, "none", "none", "team0.sock")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, error %v", s, err)
	}
	if s, err := newControlServer("/" + strings.Repeat("d", 107)); !errors.Is(err, syscall.ENAMETOOLONG) {
		t.Errorf("%v, error %v", s, err)
	}
}

// TestControlGreedy has clients that are silent, that do not read, and that ask
// without end. Others are answered meanwhile.
func TestControlGreedy(t *testing.T) {
	c := beginControlled(t, Runner{})
	var greedy sync.WaitGroup
	defer greedy.Wait()
	defer c.end()
	for range 3 * mostClients {
		c.dial()
	}
	for range 4 {
		deaf, flood := c.dial(), c.dial()
		greedy.Go(func() {
			for {
				if _, err := deaf.Write([]byte("REQUEST\nStateDump\n")); err != nil {
					return
				}
			}
		})
		greedy.Go(func() {
			b := make([]byte, 1<<16)
			for {
				if _, err := flood.Write([]byte("REQUEST\nConfigDump\n")); err != nil {
					return
				}
				if _, err := flood.Read(b); err != nil {
					return
				}
			}
		})
	}
	patient := c.dial()
	for range 20 {
		start := time.Now()
		if got := c.ask(patient, "REQUEST\nStateItemValueGet\nsetup.runner_name\n"); got != "REPLY_SUCCESS\nroundrobin" {
			t.Fatalf("reply %q", got)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("answered after %v", took)
		}
		if n := len(c.server.slots); n > mostClients {
			t.Fatalf("%d clients", n)
		}
	}
	c.end()
	if n := len(c.server.slots); n != 0 {
		t.Errorf("%d clients remain", n)
	}
}

// FuzzControl looks for messages that panic, get no reply, or make the state or the
// configuration grow.
func FuzzControl(f *testing.F) {
	for _, m := range []string{"StateDump\n", "ConfigDumpActual\n", "StateItemValueGet\nports.\"eth1\".link.up\n", "StateItemValueSet\nrunner.active_port\neth2\n",
		"PortConfigUpdate\neth1\n{\"prio\":3,\"link_watch\":[{\"name\":\"ethtool\"}]}\n", "PortAdd\n\\\\\\n\n"} {
		f.Add([]byte("REQUEST\n" + m))
	}
	c := beginControlled(f, Runner{Mode: ActiveBackup})
	f.Fuzz(func(t *testing.T, message []byte) {
		reply := string(c.server.answer(t.Context(), message))
		if !strings.HasPrefix(reply, "REPLY_SUCCESS\n") && !(strings.HasPrefix(reply, "REPLY_ERROR\n") && strings.Count(reply, "\n") == 3) {
			t.Errorf("reply %q", reply)
		}
		if len(c.server.control.config) > 6 || len(c.server.control.portConfig("eth1")) > 10 {
			t.Errorf("the configuration grows: %v", c.server.control.config)
		}
		c.took()
	})
}
