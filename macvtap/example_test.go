package macvtap_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/iplink-go/iplink/macvtap"
)

// A network card for a virtual machine, next to eth0.
func ExampleNew() {
	fmt.Println(macvtap.New("macvtap0").Parent("eth0").Mode(macvtap.Bridge).Up())
	// Output:
	// ip link add macvtap0 link eth0 up type macvtap mode bridge
}

// What arrives for a link within a second.
func ExampleOpen() {
	files, err := macvtap.Open(context.Background(), "macvtap0")
	if err != nil {
		log.Fatal(err)
	}
	defer files[0].Close()
	if err := files[0].SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		log.Fatal(err)
	}
	for frame := make([]byte, 1<<16); ; {
		n, err := files[0].Read(frame)
		if err != nil {
			log.Fatal(err) // os.ErrDeadlineExceeded after that second
		}
		fmt.Printf("%x\n", frame[:n])
	}
}

// What a virtual machine monitor takes: two queues, with headers for large frames.
func ExampleOffloads() {
	files, err := macvtap.Open(context.Background(), "macvtap0", macvtap.Queues(2), macvtap.VNetHeader(12),
		macvtap.Offloads(macvtap.Csum|macvtap.TSO4|macvtap.TSO6))
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range files {
		defer f.Close()
	}
}

// Options that make no sense together are refused before anything is opened.
func ExampleOffloads_refused() {
	_, err := macvtap.Open(context.Background(), "macvtap0", macvtap.VNetHeader(12), macvtap.Offloads(macvtap.TSO4))
	fmt.Println(err)
	// Output:
	// open macvtap macvtap0: offloads: invalid argument (segmentation leaves the checksums to do: needs Csum)
}
