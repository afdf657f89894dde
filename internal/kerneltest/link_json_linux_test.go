package kerneltest_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

// jsonOf returns a link in JSON, which is decoded.
func jsonOf(t *testing.T, l any) (all map[string]any) {
	t.Helper()
	text, err := json.Marshal(l)
	testutil.Must(t, err)
	testutil.Must(t, json.Unmarshal(text, &all))
	return all
}

// TestLinkJSON compares the JSON of links with the JSON of `ip`.
func TestLinkJSON(t *testing.T) {
	l := testutil.NewLab(t)
	conn := testutil.Opened(l, iplink.Dial)
	links, err := conn.Create(t.Context(),
		bridge.New("t0").ForwardDelay(12340*time.Millisecond).Group(0x123).MTU(1400).Priority(0x1234),
		veth.New("t1").Index(0x77).Peer(veth.New("t2")).Master("t0").Alias("two \"words\"").AltName("first").
			PortSettings(bridge.Port().Cost(0x123).Isolated(true)).Up())
	testutil.Must(t, err)
	for i, of := range []struct {
		same       map[string]string // members with the same values as the ones of `ip`
		info, port map[string]any
	}{
		{map[string]string{"name": "ifname", "mtu": "mtu", "qdisc": "qdisc", "address": "address", "broadcast": "broadcast", "numtxqueues": "num_tx_queues",
			"minmtu": "min_mtu", "maxmtu": "max_mtu", "gso_max_size": "gso_max_size", "promiscuity": "promiscuity"},
			map[string]any{"forward_delay": 1234.0, "priority": 4660.0, "stp_state": false, "vlan_filtering": nil, "mcast_router": "auto"}, nil},
		{map[string]string{"name": "ifname", "alias": "ifalias", "altnames": "altnames", "txqueuelen": "txqlen"}, nil,
			map[string]any{"kind": "bridge", "cost": 291.0, "isolated": true, "state": "disabled"}},
	} {
		have, err := conn.Get(t.Context(), links[i].Name)
		testutil.Must(t, err)
		got, want := jsonOf(t, *have), testutil.LinkJSON(t, l.File, have.Name)
		for key, word := range of.same {
			if g, w := fmt.Sprint(got[key]), fmt.Sprint(want[word]); g != w || g == "<nil>" {
				t.Errorf("%s is %s, ip has %s", key, g, w)
			}
		}
		for part, wanted := range map[string]map[string]any{"info": of.info, "port": of.port} {
			in, _ := got[part].(map[string]any)
			for key, value := range wanted {
				if value != nil && in[key] != value {
					t.Errorf("%s.%s is %v, not %v, in\n%v", part, key, in[key], value, got)
				}
			}
		}
	}
	if peer, _ := jsonOf(t, links[1])["peer"].(map[string]any); peer["name"] != "t2" {
		t.Errorf("the peer is %v", peer)
	}
}
