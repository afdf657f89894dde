package nlmon_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"os/signal"

	"github.com/iplink-go/iplink/nlmon"
)

func ExampleNew() {
	fmt.Println(nlmon.New("nlmon0").Up())
	// Output:
	// ip link add nlmon0 up type nlmon
}

// A file for Wireshark, until Ctrl-C.
func ExampleCapture() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	file, err := os.OpenFile("netlink.pcapng", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // it may hold keys
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	stats, err := nlmon.Capture(ctx, "nlmon0", file)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d packets, %d dropped by the kernel\n", stats.Packets, stats.Dropped)
}

// Who asks for what, as it happens.
func ExamplePackets() {
	for packet, err := range nlmon.Packets(context.Background(), "nlmon0") {
		if err != nil {
			log.Fatal(err)
		}
		for message, err := range packet.Messages() {
			if err != nil {
				break // no message: an event of a device
			}
			fmt.Println(packet.Time, packet.Family, message.Type, message.PortID)
		}
	}
}

func ExamplePacket_Messages() {
	done := binary.NativeEndian.AppendUint32(nil, 16) // its length
	done = binary.NativeEndian.AppendUint16(done, 3)  // NLMSG_DONE
	done = binary.NativeEndian.AppendUint16(done, 2)  // NLM_F_MULTI
	done = binary.NativeEndian.AppendUint32(done, 7)
	done = binary.NativeEndian.AppendUint32(done, 4660)
	packet := nlmon.Packet{Family: nlmon.Generic, Data: append(done, "cut off"...)}
	for message, err := range packet.Messages() {
		if err != nil {
			fmt.Println(err)
			break
		}
		fmt.Println(packet.Family, message.Type, message.Flags, message.Seq, message.PortID)
	}
	// Output:
	// generic 3 2 7 4660
	// a packet of 23 bytes, family generic: truncated netlink data
}
