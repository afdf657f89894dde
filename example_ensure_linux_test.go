package iplink_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/veth"
)

// Ensure makes what is missing and changes what differs. If nothing does, it
// only looks. The order does not matter.
func ExampleConn_Ensure() {
	inScratch(func(ctx context.Context) error {
		conn, err := iplink.Dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := conn.Create(ctx, bridge.New("br0")); err != nil {
			return err
		}
		for range 2 {
			changes, err := conn.Ensure(ctx, veth.New("port").Master("br0"), bridge.New("br0").Priority(0x1234).Up())
			if err != nil {
				return err
			}
			for _, change := range changes {
				fmt.Println(change.Link.Name, change.Created, change.Differences)
			}
		}
		return nil
	})
	// Output:
	// port true []
	// br0 false [priority: have 32768, want 4660 state: have down, want up]
	// port false []
	// br0 false []
}

// What cannot change is an error, unless the builder has the link made anew.
func ExampleCommon_Recreate() {
	inScratch(func(ctx context.Context) error {
		if _, err := veth.New("br0").Peer(veth.New("end")).Create(ctx); err != nil {
			return err
		}
		br0 := bridge.New("br0")
		_, err := br0.Ensure(ctx)
		fmt.Println(err, errors.Is(err, iplink.ErrKind))
		change, err := br0.Recreate().Ensure(ctx)
		if err != nil {
			return err
		}
		fmt.Println(change.Recreated, change.Link.Kind)
		return nil
	})
	// Output:
	// ensure bridge br0: the link is of another kind (it is a veth link) true
	// true bridge
}

// Diff tells in what a link is not as described, and changes nothing.
func ExampleConn_Diff() {
	inScratch(func(ctx context.Context) error {
		conn, err := iplink.Dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := conn.Create(ctx, bridge.New("br0").MTU(1400)); err != nil {
			return err
		}
		differences, err := conn.Diff(ctx, bridge.New("br0").MTU(9000).MulticastSnooping(true))
		for _, d := range differences {
			fmt.Println(d)
		}
		return err
	})
	// Output:
	// mtu: have 1400, want 9000
}

// DeleteIfExists does not mind links that are gone.
func ExampleConn_DeleteIfExists() {
	inScratch(func(ctx context.Context) error {
		conn, err := iplink.Dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := conn.Create(ctx, bridge.New("br0")); err != nil {
			return err
		}
		fmt.Println(conn.DeleteIfExists(ctx, "br0", "br1"))
		fmt.Println(conn.Delete(ctx, "br1"))
		return nil
	})
	// Output:
	// <nil>
	// delete br1: no such device
}

// Update moves a Device to another namespace, where it is found from then on.
func ExampleNetNS_Dial() {
	inScratch(func(ctx context.Context) error {
		container, err := iplink.NewNetNS()
		if err != nil {
			return err
		}
		defer container.Close()
		if _, err := veth.New("eth0").Peer(veth.New("host")).Create(ctx); err != nil {
			return err
		}
		if _, err := iplink.Device("eth0").NetNS(container).Update(ctx); err != nil {
			return err
		}
		conn, err := container.Dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		links, err := conn.List(ctx)
		for _, link := range links {
			fmt.Println(link.Name)
		}
		return err
	})
	// Output:
	// lo
	// eth0
}
