package bridge_test

import (
	"context"
	"fmt"
	"net"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/veth"
)

// A host that is known to be behind one port, until all such are forgotten.
func ExampleOpen() {
	err := inScratch(func(ctx context.Context) error {
		if _, err := bridge.New("br0").Up().Create(ctx); err != nil {
			return err
		}
		if _, err := veth.New("to-guest").Master("br0").Up().Create(ctx); err != nil {
			return err
		}
		br0, err := bridge.Open(ctx, "br0")
		if err != nil {
			return err
		}
		defer br0.Close()
		guest := net.HardwareAddr{0x02, 0, 0, 0, 0, 0x07}
		if err := br0.AddFDB(ctx, fdb.Entry{MAC: guest, Port: "to-guest", State: fdb.Static, Flags: fdb.Sticky}); err != nil {
			return err
		}
		entry, err := br0.GetFDB(ctx, guest, 0)
		if err != nil {
			return err
		}
		fmt.Println(entry)
		return br0.FlushFDB(ctx, fdb.Filter{Port: "to-guest", States: []fdb.State{fdb.Static}})
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 02:00:00:00:00:07 dev to-guest master sticky static
}

// What cannot be is refused before anything is sent.
func ExampleBridge_AddVLANs() {
	err := inScratch(func(ctx context.Context) error {
		if _, err := bridge.New("br0").Create(ctx); err != nil {
			return err
		}
		br0, err := bridge.Open(ctx, "br0")
		if err != nil {
			return err
		}
		defer br0.Close()
		return br0.AddVLANs(ctx, "br0", append(bridge.VLANRange(100, 200), bridge.VLAN{ID: 4095})...)
	})
	fmt.Println(err)
	// Output:
	// vlan add bridge br0: vid: invalid argument (4095 is not in 1…4094)
}

// inScratch runs fn in a namespace of its own.
func inScratch(fn func(ctx context.Context) error) error {
	ns, err := iplink.NewNetNS()
	if err != nil {
		return err
	}
	defer ns.Close()
	return ns.Do(func() error { return fn(context.Background()) })
}
