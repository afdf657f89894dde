package team_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"
	"os"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/team"
)

func ExampleNew() {
	fmt.Println(team.New("team0").Mode(team.ActiveBackup).Up())
	fmt.Println(iplink.Device("eth0").DownFirst().Master("team0"))
	// Output:
	// ip link add team0 up type team # ip has no word for: mode
	// ip link set dev eth0 master team0 down
}

// A team of two ports, of which the faster or the one with the better priority
// is in use as long as its link is up, and the way to the gateway is whole.
func ExampleTeam_Run() {
	ctx := context.Background()
	if _, err := team.New("team0").Mode(team.ActiveBackup).Up().Create(ctx); err != nil {
		log.Fatal(err)
	}
	t, err := team.Open(ctx, "team0")
	if err != nil {
		log.Fatal(err)
	}
	defer t.Close()
	for _, port := range []string{"eth0", "eth1"} {
		if err := t.AddPort(ctx, port, team.DownFirst); err != nil {
			log.Fatal(err)
		}
	}
	err = t.Run(ctx, team.Runner{
		Mode: team.ActiveBackup,
		LinkWatches: []team.LinkWatch{
			team.Ethtool{DelayUp: 2 * time.Second},
			team.ARPPing{Target: netip.MustParseAddr("192.0.2.1"), Interval: 200 * time.Millisecond},
		},
		LinkWatchPolicy: team.AllWatches,
		Ports:           map[string]team.PortConfig{"eth0": {Priority: 10}},
	})
	log.Fatal(err)
}

func ExampleParseTeamd() {
	c, err := team.ParseTeamd([]byte(`{
		"device": "team0",
		"runner": {"name": "activebackup"},
		"link_watch": {"name": "ethtool", "delay_up": 2500},
		"ports": {"eth1": {"prio": -10, "sticky": true}, "eth2": {"prio": 100}}
	}`))
	fmt.Println(c.Device, c.Runner.Mode, c.Runner.LinkWatches, err)
	for _, port := range c.Ports {
		fmt.Println(port, c.Runner.Ports[port].Priority)
	}
	_, err = team.ParseTeamd([]byte(`{"ports": {"eth1": {"link_watch": [{"name": "ethtool", "delay_up": -1}]}}}`))
	fmt.Println(err)
	// Output:
	// team0 activebackup [{2.5s 0s}] <nil>
	// eth1 -10
	// eth2 100
	// parse team: ports.eth1.link_watch[0].delay_up: invalid argument (-1 is not in 0…2147483647)
}

// A program in place of teamd, on which teamdctl works.
func ExampleControl() {
	ctx := context.Background()
	text, err := os.ReadFile("/etc/teamd/team0.conf")
	if err != nil {
		log.Fatal(err)
	}
	c, err := team.ParseTeamd(text)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := team.New(c.Device).Ensure(ctx); err != nil {
		log.Fatal(err)
	}
	t, err := team.Open(ctx, c.Device)
	if err != nil {
		log.Fatal(err)
	}
	defer t.Close()
	for _, port := range c.Ports {
		if err := t.AddPort(ctx, port, team.DownFirst); err != nil {
			log.Fatal(err)
		}
	}
	c.Runner.Control = &team.Control{Config: text}
	log.Fatal(t.Run(ctx, c.Runner))
}

func ExampleTxHash() {
	fmt.Println(len(team.TxHash(team.HashEth, team.HashIPv4, team.HashIPv6)), "instructions")
	// Output:
	// 163 instructions
}
