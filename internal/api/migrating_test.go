package api_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// header is what the code in docs/migrating.md may use.
const header = `package snippet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/jsimonetti/rtnetlink/v2"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bareudp"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/can"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/fou"
	"github.com/iplink-go/iplink/geneve"
	"github.com/iplink-go/iplink/gre"
	"github.com/iplink-go/iplink/gretap"
	"github.com/iplink-go/iplink/gtp"
	"github.com/iplink-go/iplink/ifb"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/ip6tnl"
	"github.com/iplink-go/iplink/ipip"
	"github.com/iplink-go/iplink/ipoib"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/netkit"
	"github.com/iplink-go/iplink/nlmon"
	"github.com/iplink-go/iplink/rtnldriver"
	"github.com/iplink-go/iplink/sit"
	"github.com/iplink-go/iplink/tun"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vrf"
	"github.com/iplink-go/iplink/vti"
	"github.com/iplink-go/iplink/vxlan"
	"github.com/iplink-go/iplink/wireguard"
	"github.com/iplink-go/iplink/xfrm"
)

var (
	ctx           context.Context
	wg            *wireguard.Device
	private       wireguard.PrivateKey
	public        wireguard.Key
	prefix        netip.Prefix
	conn          *iplink.Conn
	ns            *iplink.NetNS
	link          *iplink.Link
	br            *bridge.Bridge
	mac           net.HardwareAddr
	local, remote netip.Addr
	local6        netip.Addr
	remote6       netip.Addr
	ports         *fou.Conn
	mobiles       *gtp.Device
	v0, v1        *os.File
	pid, fd       int
	text          string
	service       *rtnetlink.LinkService
	err           error
)

func use(...any) {}

var _ = []any{errors.Is, fmt.Sprint, fs.ErrExist, time.Second, rtnetlink.Dial, bond.New, bareudp.New, can.New, dummy.New, fdb.Permanent, fou.Open, geneve.New, gre.New, gretap.New, gtp.New, ifb.New, inet.Forever, ip6tnl.New, ipip.New, ipoib.New,
	ipvlan.New, macvlan.New, macvtap.New, nlmon.New, rtnldriver.Driver, sit.New, tun.New, veth.New, vlan.New, vrf.New, vti.New, vxlan.New}
`

var (
	codeSpan = regexp.MustCompile("`([^`]+)`")
	fence    = regexp.MustCompile("(?s)```go\n(.*?)```")
	ours     = regexp.MustCompile(`^(iplink|bareudp|bridge|bond|can|dummy|fdb|inet|ipoib|ipvlan|macvlan|macvtap|nlmon|rtnldriver|veth|vlan|vxlan|wireguard|wg|conn|ns|link|br|errors)\.`)
)

// A snippet is a piece of code of docs/migrating.md.
type snippet struct {
	row  string // the first column of the row, or the line outside a table
	code string
}

// TestMigrating compiles the code of docs/migrating.md.
func TestMigrating(t *testing.T) {
	var code []string
	for _, e := range expressions(migrating(t)) {
		code = append(code, fmt.Sprintf("func _() { use(%s) }", e.code))
	}
	for _, body := range statements(migrating(t)) {
		code = append(code, "func _() error {\n"+body+"}")
	}
	if len(code) < 150 {
		t.Fatalf("only %d pieces of code", len(code))
	}
	s := load(t)
	if err := s.Check("migrating.md", header+strings.Join(code, "\n")); err == nil {
		return
	}
	for _, c := range code { // which is it?
		if err := s.Check("migrating.md", header+c); err != nil {
			t.Errorf("%v\n%s", err, c)
		}
	}
}

// migrating returns docs/migrating.md.
func migrating(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/migrating.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// expressions returns the code within the text: all in the second column of a
// table, and elsewhere, but for the first column, what looks like ours.
func expressions(text string) (all []snippet) {
	for line := range strings.Lines(text) {
		columns := strings.Split(line, " | ")
		name, row := strings.TrimSpace(line), strings.HasPrefix(line, "| ") && len(columns) == 3
		if row {
			name, columns = strings.TrimPrefix(columns[0], "| "), columns[1:]
		}
		for i, column := range columns {
			for _, span := range codeSpan.FindAllStringSubmatch(column, -1) {
				if row && i == 0 || ours.MatchString(span[1]) {
					all = append(all, snippet{name, span[1]})
				}
			}
		}
	}
	return all
}

// statements returns the bodies of functions that return an error: the blocks of code.
func statements(text string) (bodies []string) {
	for _, block := range fence.FindAllStringSubmatch(text, -1) {
		body := block[1]
		if !strings.HasSuffix(body, "return err\n") {
			body += "return nil\n"
		}
		bodies = append(bodies, body)
	}
	return bodies
}
