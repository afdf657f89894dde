package iplink_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// A bridge in a namespace, with one cable to another namespace.
func Example() {
	ctx := context.Background()
	host, err := iplink.NewNetNS()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer host.Close()
	container, err := iplink.NewNetNS()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer container.Close()

	br0, err := bridge.New("br0").NetNS(host).Up().Create(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	cable := veth.New("cable").NetNS(host).Master("br0").Up().
		Peer(veth.New("eth0").NetNS(container).Addr(netip.MustParsePrefix("192.0.2.7/24")).Up())
	port, err := cable.Create(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(port.Name, "is a", port.Kind, "and a port of", br0.Name, port.Master == br0.Index)
	// Output:
	// cable is a veth and a port of br0 true
}

// inScratch runs fn in a namespace of its own.
func inScratch(fn func(ctx context.Context) error) {
	ns, err := iplink.NewNetNS()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ns.Close()
	if err := ns.Do(func() error { return fn(context.Background()) }); err != nil {
		fmt.Println(err)
	}
}

// Many links are made at once, all or none; later ones may name earlier ones.
func ExampleConn_Create() {
	inScratch(func(ctx context.Context) error {
		conn, err := iplink.Dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		links, err := conn.Create(ctx,
			bridge.New("br0").Up(),
			veth.New("port1").Master("br0").Peer(veth.New("end1")),
			veth.New("port2").Master("br0").Peer(veth.New("end2")))
		for _, link := range links {
			fmt.Println(link.Name, link.Kind)
		}
		return err
	})
	// Output:
	// br0 bridge
	// port1 veth
	// port2 veth
}

// When one link cannot be made, none is.
func ExampleConn_Create_allOrNothing() {
	inScratch(func(ctx context.Context) error {
		conn, err := iplink.Dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		_, err = conn.Create(ctx, bridge.New("br0"), bridge.New("lo"))
		fmt.Println(err)
		_, err = conn.Get(ctx, "br0")
		fmt.Println(errors.Is(err, fs.ErrNotExist))
		return nil
	})
	// Output:
	// create bridge lo: file exists (a link of this name or index exists already)
	// true
}

// Update leaves alone what is not set.
func ExampleConn_Update() {
	inScratch(func(ctx context.Context) error {
		conn, err := iplink.Dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		before, err := conn.Create(ctx, bridge.New("br0").MTU(1400))
		if err != nil {
			return err
		}
		after, err := conn.Update(ctx, bridge.New("br0").Priority(0x1234).Up())
		if err != nil {
			return err
		}
		for _, link := range []*iplink.Link{before[0], after[0]} {
			fmt.Printf("MTU %d, up %t, priority %#x\n", link.MTU, link.Up(), link.Info.(*iplink.BridgeInfo).Priority)
		}
		return nil
	})
	// Output:
	// MTU 1400, up false, priority 0x8000
	// MTU 1400, up true, priority 0x1234
}

func ExampleConn_Delete() {
	inScratch(func(ctx context.Context) error {
		conn, err := iplink.Dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := conn.Create(ctx, bridge.New("br0"), bridge.New("br1"), bridge.New("br2")); err != nil {
			return err
		}
		if err := conn.Delete(ctx, "br0", "br2"); err != nil {
			return err
		}
		left, err := conn.List(ctx, iplink.OfKind(iplink.KindBridge))
		for _, link := range left {
			fmt.Println(link.Name)
		}
		return err
	})
	// Output:
	// br1
}

// A link of a kind that this library knows has an Info with its settings.
func ExampleGet() {
	inScratch(func(ctx context.Context) error {
		if _, err := bridge.New("br0").Priority(0x1234).Create(ctx); err != nil {
			return err
		}
		link, err := iplink.Get(ctx, "br0")
		if err != nil {
			return err
		}
		fmt.Println(link.Name, link.Kind, link.Type, link.OperState)
		if br, ok := link.Info.(*iplink.BridgeInfo); ok {
			fmt.Printf("priority %#x\n", br.Priority)
		}
		return nil
	})
	// Output:
	// br0 bridge ether down
	// priority 0x1234
}

// A trace shows the requests of each call of a Conn, and the kernel's answers.
func ExampleWithTrace() {
	inScratch(func(ctx context.Context) error {
		conn, err := iplink.Dial(iplink.WithTrace(func(m iplink.Message) {
			if m.Sent || m.Err != nil {
				fmt.Println(m)
			}
		}))
		if err != nil {
			return err
		}
		defer conn.Close()
		_, err = conn.Create(ctx, vxlan.New("vx0").VNI(100).Port(4789))
		return err
	})
	// Output:
	// > RTM_NEWLINK create,excl seq 1: vx0 type vxlan id 100 dstport 4789
	// > RTM_GETLINK seq 2: vx0
}

// Filters are applied by the kernel.
func ExampleList() {
	inScratch(func(ctx context.Context) error {
		conn, err := iplink.Dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := conn.Create(ctx, bridge.New("br0"), veth.New("a").Master("br0").Up(), veth.New("b").Up()); err != nil {
			return err
		}
		ports, err := iplink.List(ctx, iplink.OfMaster("br0"), iplink.IsUp())
		for _, port := range ports {
			fmt.Println(port.Name, port.PortKind)
		}
		return err
	})
	// Output:
	// a bridge
}

// What is opened inside Do belongs to the namespace, and so do the package's
// own functions there.
func ExampleNetNS_Do() {
	ns, err := iplink.NewNetNS()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ns.Close()
	var conn net.PacketConn
	err = ns.Do(func() error {
		if _, err := iplink.Device("lo").Up().Update(context.Background()); err != nil {
			return err
		}
		conn, err = net.ListenPacket("udp", "127.0.0.1:4789")
		return err
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close() // it stays in the namespace, wherever it is used
	fmt.Println(conn.LocalAddr())
	// Output:
	// 127.0.0.1:4789
}

// Errors say which link and which setting they are about, and errors.Is knows
// their causes. This one is found before anything is sent.
func ExampleError() {
	_, err := vxlan.New("vx0").VNI(1 << 24).Create(context.Background())
	fmt.Println(err)
	if e, ok := errors.AsType[*iplink.Error](err); ok {
		fmt.Println(e.Attr, errors.Is(e, fs.ErrInvalid))
	}
	// Output:
	// create vxlan vx0: id: invalid argument (16777216 is not in 0…16777215)
	// id true
}

// An error of the kernel is an errno, and what that means.
func ExampleError_Is() {
	inScratch(func(ctx context.Context) error {
		_, err := iplink.Get(ctx, "eth7")
		fmt.Println(errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENODEV))
		_, err = bridge.New("lo").Create(ctx)
		fmt.Println(errors.Is(err, fs.ErrExist), errors.Is(err, syscall.EEXIST))
		_, err = bridge.New("lo").Update(ctx)
		fmt.Println(errors.Is(err, iplink.ErrKind))
		return nil
	})
	// Output:
	// true true
	// true true
	// true
}

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
	// current
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
