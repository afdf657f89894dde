package kerneltest_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/amt"
	"github.com/iplink-go/iplink/bareudp"
	"github.com/iplink-go/iplink/batadv"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/erspan"
	"github.com/iplink-go/iplink/geneve"
	"github.com/iplink-go/iplink/gre"
	"github.com/iplink-go/iplink/gretap"
	"github.com/iplink-go/iplink/gtp"
	"github.com/iplink-go/iplink/hsr"
	"github.com/iplink-go/iplink/ifb"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/ip6erspan"
	"github.com/iplink-go/iplink/ip6gre"
	"github.com/iplink-go/iplink/ip6gretap"
	"github.com/iplink-go/iplink/ip6tnl"
	"github.com/iplink-go/iplink/ipip"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/ipvtap"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/netkit"
	"github.com/iplink-go/iplink/nlmon"
	"github.com/iplink-go/iplink/pfcp"
	"github.com/iplink-go/iplink/rmnet"
	"github.com/iplink-go/iplink/sit"
	"github.com/iplink-go/iplink/team"
	"github.com/iplink-go/iplink/tun"
	"github.com/iplink-go/iplink/vcan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vrf"
	"github.com/iplink-go/iplink/vsockmon"
	"github.com/iplink-go/iplink/vti"
	"github.com/iplink-go/iplink/vti6"
	"github.com/iplink-go/iplink/vxcan"
	"github.com/iplink-go/iplink/vxlan"
	"github.com/iplink-go/iplink/wireguard"
	"github.com/iplink-go/iplink/xfrm"
)

// leastOf are links with their required settings alone, by kind. more are the words of a
// command for what the kernel chooses in other ways than by a default: the queues of a veth,
// which are as many as there are processors.
var leastOf = map[string]struct {
	spec iplink.Spec
	more string
}{
	"amt":       {amt.New("t0").Mode(amt.Relay).Dev("under").Local(lab.Addr("192.0.2.1")), ""},
	"bareudp":   {bareudp.New("t0").Port(0x1111).EtherType(bareudp.IPv4), ""},
	"batadv":    {batadv.New("t0"), ""},
	"bond":      {bond.New("t0"), ""},
	"bridge":    {bridge.New("t0"), ""},
	"dummy":     {dummy.New("t0"), ""},
	"erspan":    {erspan.New("t0").Local(lab.Addr("192.0.2.1")).Remote(lab.Addr("192.0.2.2")).Key(7), ""},
	"geneve":    {geneve.New("t0").VNI(7), ""},
	"gre":       {gre.New("t0").Local(lab.Addr("192.0.2.1")).Remote(lab.Addr("192.0.2.2")), ""},
	"gretap":    {gretap.New("t0").Local(lab.Addr("192.0.2.1")).Remote(lab.Addr("192.0.2.2")), ""},
	"gtp":       {gtp.New("t0").Sockets(), ""},
	"hsr":       {hsr.New("t0").Slave1("under").Slave2("other"), ""},
	"ifb":       {ifb.New("t0"), ""},
	"ip6erspan": {ip6erspan.New("t0").Local(lab.Addr("2001:db8::1")).Remote(lab.Addr("2001:db8::2")).Key(7), ""},
	"ip6gre":    {ip6gre.New("t0").Local(lab.Addr("2001:db8::1")).Remote(lab.Addr("2001:db8::2")), ""},
	"ip6gretap": {ip6gretap.New("t0").Local(lab.Addr("2001:db8::1")).Remote(lab.Addr("2001:db8::2")), ""},
	"ip6tnl":    {ip6tnl.New("t0").Local(lab.Addr("2001:db8::1")).Remote(lab.Addr("2001:db8::2")), ""},
	"ipip":      {ipip.New("t0").Local(lab.Addr("192.0.2.1")).Remote(lab.Addr("192.0.2.2")), ""},
	"ipvlan":    {ipvlan.New("t0").Parent("under"), ""},
	"ipvtap":    {ipvtap.New("t0").Parent("under"), ""},
	"macsec":    {macsec.New("t0").Parent("under"), ""},
	"macvlan":   {macvlan.New("t0").Parent("under"), ""},
	"macvtap":   {macvtap.New("t0").Parent("under"), ""},
	"netkit":    {netkit.New("t0"), ""},
	"nlmon":     {nlmon.New("t0"), ""},
	"pfcp":      {pfcp.New("t0"), ""},
	"rmnet":     {rmnet.New("t0").Parent("under").MuxID(7), ""},
	"sit":       {sit.New("t0").Local(lab.Addr("192.0.2.1")).Remote(lab.Addr("192.0.2.2")), ""},
	"team":      {team.New("t0"), ""},
	"tun":       {tun.New("t0"), ""},
	"vcan":      {vcan.New("t0"), ""},
	"veth":      {veth.New("t0"), `num[tr]xqueues \d+`},
	"vlan":      {vlan.New("t0").Parent("under").ID(7), ""},
	"vrf":       {vrf.New("t0").Table(7), ""},
	"vsockmon":  {vsockmon.New("t0"), ""},
	"vti":       {vti.New("t0").Local(lab.Addr("192.0.2.1")).Remote(lab.Addr("192.0.2.2")), ""},
	"vti6":      {vti6.New("t0").Local(lab.Addr("2001:db8::1")).Remote(lab.Addr("2001:db8::2")), ""},
	"vxcan":     {vxcan.New("t0"), ""},
	"vxlan":     {vxlan.New("t0").VNI(7).Port(4789), ""},
	"wireguard": {wireguard.New("t0"), ""},
	"xfrm":      {xfrm.New("t0").IfID(7), ""},
}

// TestSpecOfNew makes a link of each kind with its required settings alone: SpecOf has no
// more of them, apart from the address and, where another link or a route decides it, the
// MTU; and Ensure finds the link as SpecOf describes it.
func TestSpecOfNew(t *testing.T) {
	l := testutil.NewLab(t)
	l.Batch("link add under type veth peer name under1", "link add other type veth peer name other1")
	c := testutil.Opened(l, iplink.Dial)
	for kind, k := range leastOf {
		t.Run(kind, func(t *testing.T) {
			testutil.NeedKind(t, kind)
			link, err := create(t, c, k.spec)
			if err != nil && !testutil.Matrix() && strings.Contains(err.Error(), "driver") {
				testutil.Skipf(t, "%v", err)
			}
			testutil.Must(t, err)
			defer func() { testutil.Must(t, c.Delete(context.Background(), link.Name)) }()
			if link, err = c.Get(t.Context(), link.Name); err != nil {
				t.Fatal(err)
			}
			spec := iplink.SpecOf(link)
			if more := moreThan(fmt.Sprint(spec), fmt.Sprint(k.spec), k.more); len(more) > 0 {
				t.Errorf("%v\n    has %q more than\n%v", spec, more, k.spec)
			}
			changes, err := c.Ensure(t.Context(), spec)
			testutil.Must(t, err)
			if changes[0].Changed() {
				t.Errorf("Ensure finds %v for\n%v", changes[0].Differences, spec)
			}
		})
	}
}

// create makes one link.
func create(t *testing.T, c *iplink.Conn, s iplink.Spec) (*iplink.Link, error) {
	all, err := c.Create(t.Context(), s)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// derived are words for another link or an address, which decide the MTU.
var derived = regexp.MustCompile(` (link|dev|remote|slave1) `)

// moreThan returns the words of a command that another one does not have, without the
// words of more and of the address. A name of the other one may be an index here.
func moreThan(text, than, more string) []string {
	leave := ` address \S+`
	if derived.MatchString(text) {
		leave += `| && ip link set dev t0 mtu \d+| mtu \d+`
	}
	if more != "" {
		leave += `| ` + more
	}
	text = regexp.MustCompile(leave+`| if\d+`).ReplaceAllString(text, "")
	had := strings.Fields(than)
	return slices.DeleteFunc(strings.Fields(text), func(word string) bool { return slices.Contains(had, word) })
}
