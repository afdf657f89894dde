package iplink_test

import (
	"context"
	"fmt"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/veth"
)

func ExampleConn_Watch() {
	ns, err := iplink.NewNetNS()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ns.Close()
	conn, err := ns.Dial()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()

	ctx := context.Background()
	if _, err := conn.Create(ctx, bridge.New("br0").MTU(1400)); err != nil {
		fmt.Println(err)
		return
	}
	for event, err := range conn.Watch(ctx, iplink.Named("br0")) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(event)
		switch event.Kind {
		case iplink.Added: // now that it is known, change it
			_, err = conn.Update(ctx, iplink.Device("br0").MTU(1450))
		case iplink.Changed:
			fmt.Println("from", event.Old.MTU, "to", event.New.MTU)
			err = conn.Delete(ctx, "br0")
		case iplink.Removed:
			return
		}
		if err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// added br0
	// changed br0: mtu
	// from 1400 to 1450
	// removed br0
}

func ExampleConn_Wait() {
	ns, err := iplink.NewNetNS()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ns.Close()
	conn, err := ns.Dial()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if _, err := conn.Create(ctx, veth.New("a0").Up().Peer(veth.New("b0").Up())); err != nil {
		fmt.Println(err)
		return
	}
	link, err := conn.Wait(ctx, "a0", iplink.UntilCarrier)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(link.Name, "is", link.OperState)
	// Output:
	// a0 is up
}
