package can_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/iplink-go/iplink/can"
	"github.com/iplink-go/iplink/vcan"
	"github.com/iplink-go/iplink/vxcan"
)

func ExampleNew() {
	fmt.Println(can.New("can0").Bitrate(500_000).SamplePoint(875).RestartDelay(100 * time.Millisecond).Up())
	// Output:
	// ip link set dev can0 up type can bitrate 500000 sample-point 0.875 restart-ms 100
}

// CAN FD needs its mode and both bit timings in one Update.
func ExampleNew_fd() {
	fmt.Println(can.New("can0").DownFirst().FD(true).Bitrate(500_000).DataBitrate(2_000_000).Up())
	// Output:
	// ip link set dev can0 down && ip link set dev can0 up type can bitrate 500000 fd on dbitrate 2000000
}

func ExampleNew_segments() {
	fmt.Println(can.New("can0").BitTiming(can.BitTiming{
		TQ: 125 * time.Nanosecond, PropSeg: 6, PhaseSeg1: 7, PhaseSeg2: 2, SJW: 1,
	}))
	// Output:
	// ip link set dev can0 type can tq 125 prop-seg 6 phase-seg1 7 phase-seg2 2 sjw 1
}

// The MTU of a bus decides which frames it carries.
func Example_mtu() {
	fmt.Println(vcan.New("vcan0").MTU(can.FDMTU).Up())
	fmt.Println(vxcan.New("vxcan0").MTU(can.MTU).Peer(vxcan.New("vxcan1").MTU(can.MTU)))
	fmt.Println(vcan.New("vcan1").MTU(can.XLMTU))
	// Output:
	// ip link add vcan0 mtu 72 up type vcan
	// ip link add vxcan0 mtu 16 type vxcan peer vxcan1 mtu 16
	// ip link add vcan1 mtu 2060 type vcan
}

// A controller is there when the kernel finds it; nobody can make one.
func ExampleNew_create() {
	_, err := can.New("can0").Create(context.Background())
	fmt.Println(errors.Is(err, errors.ErrUnsupported))
	// Output:
	// true
}

// A controller that took itself off the bus is brought back by hand.
func ExampleRestart() {
	ctx := context.Background()
	info, err := can.Get(ctx, "can0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.State, "after", info.TxErrors, "errors sending,", info.RxErrors, "receiving;", info.Stats.BusOff, "times off the bus")
	if info.State == can.BusOff && info.RestartDelay == 0 {
		if err := can.Restart(ctx, "can0"); err != nil {
			log.Fatal(err)
		}
	}
}
