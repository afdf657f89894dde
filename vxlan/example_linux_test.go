package vxlan_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/vxlan"
)

// Two other ends: what floods goes to both, one host's frames to the second.
func ExampleOpen() {
	err := inScratch(func(ctx context.Context) error {
		local := netip.MustParseAddr("192.0.2.1")
		if _, err := vxlan.New("vx0").VNI(100).Local(local).Port(4789).Learning(false).Create(ctx); err != nil {
			return err
		}
		vtep, err := vxlan.Open(ctx, "vx0")
		if err != nil {
			return err
		}
		defer vtep.Close()
		first, second := netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.3")
		for _, end := range []netip.Addr{first, second} {
			if err := vtep.AppendFDB(ctx, fdb.Entry{MAC: vxlan.AllOthers(), Dst: end}); err != nil {
				return err
			}
		}
		host := net.HardwareAddr{0x02, 0, 0, 0, 0, 0x07}
		if err := vtep.ReplaceFDB(ctx, fdb.Entry{MAC: host, Dst: second, State: fdb.Static}); err != nil {
			return err
		}
		entry, err := vtep.GetFDB(ctx, host, 0)
		if err != nil {
			return err
		}
		fmt.Println(entry)
		all, err := vtep.ListFDB(ctx, fdb.Filter{Dst: first})
		for _, entry := range all {
			fmt.Println(entry)
		}
		return err
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 02:00:00:00:00:07 dev vx0 self static dst 192.0.2.3
	// 00:00:00:00:00:00 dev vx0 self permanent dst 192.0.2.2
}

// One link that takes frames of some networks only.
func ExampleVXLAN_AddVNIs() {
	err := inScratch(func(ctx context.Context) error {
		if _, err := vxlan.New("vx0").External(true).VNIFilter(true).Learning(false).Port(4789).Create(ctx); err != nil {
			return err
		}
		vtep, err := vxlan.Open(ctx, "vx0")
		if err != nil {
			return err
		}
		defer vtep.Close()
		if err := vtep.AddVNIs(ctx, vxlan.VNIs{First: 100, Last: 101}, vxlan.VNIs{First: 200}); err != nil {
			return err
		}
		all, err := vtep.ListVNIs(ctx)
		for _, n := range all {
			fmt.Println(n, "received", n.Stats.RxPackets)
		}
		return err
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// vni 100 received 0
	// vni 101 received 0
	// vni 200 received 0
}

// A tunnel with the remotes of one host and of all others, and only these.
func ExampleBuilder_OnlyFDB() {
	err := inScratch(func(ctx context.Context) error {
		first, second := netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.3")
		host := net.HardwareAddr{0x02, 0, 0, 0, 0, 0x07}
		if _, err := vxlan.New("vx0").VNI(100).Port(4789).FDB(fdb.Entry{MAC: host, Dst: first}).Create(ctx); err != nil {
			return err
		}
		tunnel := vxlan.New("vx0").VNI(100).Port(4789).OnlyFDB(
			fdb.Entry{MAC: vxlan.AllOthers(), Dst: first}, fdb.Entry{MAC: vxlan.AllOthers(), Dst: second},
			fdb.Entry{MAC: host, Dst: second, State: fdb.Static})
		change, err := tunnel.Ensure(ctx)
		if err != nil {
			return err
		}
		for _, difference := range change.Differences {
			fmt.Println(difference)
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// fdb: have 02:00:00:00:00:07 self permanent dst 192.0.2.2, want 02:00:00:00:00:07 self static dst 192.0.2.3
	// fdb: have none, want 00:00:00:00:00:00 self permanent dst 192.0.2.2
	// fdb: have none, want 00:00:00:00:00:00 self permanent dst 192.0.2.3
}

// A link that accepts the frames of some networks, and exactly these.
func ExampleBuilder_OnlyVNIs() {
	err := inScratch(func(ctx context.Context) error {
		filter := func() *vxlan.Builder {
			return vxlan.New("vx0").External(true).VNIFilter(true).Learning(false).Port(4789)
		}
		if _, err := filter().VNIs(vxlan.VNIs{First: 100, Last: 200}).Create(ctx); err != nil {
			return err
		}
		change, err := filter().OnlyVNIs(vxlan.VNIs{First: 150, Last: 250}).Ensure(ctx)
		if err != nil {
			return err
		}
		for _, difference := range change.Differences {
			fmt.Println(difference)
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// vni: have 100-149, want none
	// vni: have none, want 201-250
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
