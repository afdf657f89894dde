package iplink_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// tracedVariable names what the test binary is to create when it runs under
// strace.
const tracedVariable = "IPLINK_TEST_TRACED"

// tracedCreation is what is created under strace, how many datagrams the kernel
// answers with, one for each request and one for each echo, and how many links are
// read: those that change after their echo.
type tracedCreation struct {
	specs   func() []iplink.Spec
	answers int
	reads   int
}

var tracedCreations = map[string]tracedCreation{
	"plain":    {func() []iplink.Spec { return []iplink.Spec{bridge.New("t0").STP(true).Group(1281)} }, 2, 0},
	"up":       {func() []iplink.Spec { return []iplink.Spec{bridge.New("t0").STP(true).Group(1281).Up()} }, 2, 1},
	"with MTU": {func() []iplink.Spec { return []iplink.Spec{bridge.New("t0").STP(true).MTU(1281).Up()} }, 3, 1}, // see bridgeKind
	"with alias and altname": {func() []iplink.Spec {
		return []iplink.Spec{bridge.New("t0").STP(true).MTU(1281).Alias("one").AltName("two").Up()}
	}, 4, 1},
	"pair":    {func() []iplink.Spec { return []iplink.Spec{veth.New("t0").Peer(veth.New("t1"))} }, 2, 0},
	"pair up": {func() []iplink.Spec { return []iplink.Spec{veth.New("t0").Up().Peer(veth.New("t1").Up())} }, 4, 2},
	"peer up": {func() []iplink.Spec { return []iplink.Spec{veth.New("t0").Peer(veth.New("t1").Up())} }, 4, 2},
	"VXLAN":   {func() []iplink.Spec { return []iplink.Spec{vxlan.New("t0").VNI(0x1234)} }, 2, 1}, // see hasEcho
	"three": {func() []iplink.Spec {
		return []iplink.Spec{bridge.New("t0").Up(), veth.New("t1").Master("t0").Up(), bridge.New("t2")}
	}, 6, 2},
	"two and a parent": {func() []iplink.Spec {
		return []iplink.Spec{bridge.New("t0"), veth.New("t1"), macvlan.New("t2").Parent("t1"), bridge.New("t3")}
	}, 8, 2},
	"indexes": {func() []iplink.Spec { return []iplink.Spec{bridge.New("t0"), bridge.New("t1").Index(0x1234)} }, 4, 2},
}

// TestTracedCreate is what strace looks at.
func TestTracedCreate(t *testing.T) {
	creation, ok := tracedCreations[os.Getenv(tracedVariable)]
	if !ok {
		testutil.Skipf(t, "TestSystemCalls runs this under strace")
	}
	_, err := inNetNS(t, testutil.NetNS(t), func(c *iplink.Conn) (any, error) {
		mark()
		defer mark()
		return c.Create(t.Context(), creation.specs()...)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// mark shows in strace where Create begins and ends: it looks for a file that
// is not there.
func mark() { _, _ = os.Stat("/iplink-test-mark") }

// TestSystemCalls counts what Create sends and receives: one send, however many
// links it makes, and a receive for each answer. What of it reads, strace tells.
func TestSystemCalls(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		testutil.Skipf(t, "this system has no strace")
	}
	testutil.NeedKernel(t, 6, 2)
	testutil.NetNS(t)
	for name, creation := range tracedCreations {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "strace")
			cmd := exec.CommandContext(t.Context(), strace, "-f", "-qq", "-o", file,
				"-e", "trace=newfstatat,sendmsg,sendto,sendmmsg,write,recvmsg,recvfrom,recvmmsg", os.Args[0], "-test.run=^TestTracedCreate$")
			cmd.Env = append(os.Environ(), tracedVariable+"="+name)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			trace, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sends, receives, reads := countCalls(string(trace))
			if sends != 1 || receives != creation.answers || reads != creation.reads {
				t.Errorf("%d sends, want 1; %d receives, want %d; %d links read, want %d", sends, receives, creation.answers, reads, creation.reads)
			}
		})
	}
}

// readRequest is how strace shows the request that reads a link, also of a socket
// whose protocol it cannot find out because it is in another namespace.
var readRequest = regexp.MustCompile(`nlmsg_type=(RTM_GETLINK|0x12 )`)

// countCalls counts between the marks. Calls that would have blocked are none:
// the runtime tries before it waits.
func countCalls(trace string) (sends, receives, reads int) {
	between := strings.SplitN(trace, "/iplink-test-mark", 3)
	if len(between) < 3 {
		return 0, 0, 0
	}
	for line := range strings.Lines(between[1]) {
		switch {
		case strings.Contains(line, "EAGAIN"), !strings.Contains(line, "AF_NETLINK") && !strings.Contains(line, "nlmsg"):
		case strings.Contains(line, " send"):
			sends++
			reads += len(readRequest.FindAllString(line, -1))
		case strings.Contains(line, " recv"), strings.Contains(line, "<... recv"):
			receives++
		}
	}
	return sends, receives, reads
}
