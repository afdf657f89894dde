package batadv_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/iplink-go/iplink/batadv"
	"github.com/iplink-go/iplink/dummy"
)

func ExampleNew() {
	fmt.Println(batadv.New("bat0").Algorithm(batadv.V).Up())
	fmt.Println(dummy.New("to-mesh").MTU(1532).Master("bat0").Up())
	// Output:
	// ip link add bat0 up type batadv ra BATMAN_V
	// ip link add name to-mesh mtu 1532 master bat0 up type dummy
}

// The settings of a mesh are in the words of batctl.
func ExampleBuilder_OrigInterval() {
	fmt.Println(batadv.New("bat0").OrigInterval(5*time.Second).HopPenalty(15).IsolationMark(0x10, 0xf0))
	fmt.Println(batadv.New("bat0").GWMode(batadv.GWServer).GWBandwidth(500, 100))
	fmt.Println(batadv.New("bat0").GWMode(batadv.GWClient).GWSelClass(20))
	// Output:
	// ip link add bat0 type batadv && batctl meshif bat0 isolation_mark 0x10/0xf0 && batctl meshif bat0 hop_penalty 15 && batctl meshif bat0 orig_interval 5000
	// ip link add bat0 type batadv && batctl meshif bat0 gw_mode server 50000kbit/10000kbit
	// ip link add bat0 type batadv && batctl meshif bat0 gw_mode client # ip has no word for: gw_sel_class
}

func ExampleDevice_Set() {
	ctx := context.Background()
	d, err := batadv.Open(ctx, "bat0")
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()
	err = d.Set(ctx, func(m *batadv.Mesh) {
		m.OrigInterval = 5 * time.Second
		m.DistributedARPTable = false
	})
	if err != nil {
		log.Fatal(err)
	}
}

func ExampleDevice_Originators() {
	ctx := context.Background()
	d, err := batadv.Open(ctx, "bat0")
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()
	nodes, err := d.Originators(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, n := range nodes {
		if n.Best {
			fmt.Println(n.Address, "by", n.Neighbour, "over", n.Port)
		}
	}
}
