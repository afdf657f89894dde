package tun_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/iplink-go/iplink/tun"
)

// A network card for a virtual machine whose monitor runs as the user 1000.
func ExampleNewTap() {
	fmt.Println(tun.NewTap("tap0").Owner(1000).MultiQueue().VNetHdr().Master("br0").Up())
	// Output:
	// ip tuntap add dev tap0 mode tap user 1000 vnet_hdr multi_queue && ip link set dev tap0 master br0 up
}

// A link for a program that carries IP packets elsewhere.
func ExampleNew() {
	fmt.Println(tun.New("tun0").MTU(1400).Up())
	// Output:
	// ip tuntap add dev tun0 mode tun && ip link set dev tun0 mtu 1400 up
}

// What the kernel sends through a link.
func ExampleOpen() {
	files, err := tun.Open(context.Background(), "tun0")
	if err != nil {
		log.Fatal(err)
	}
	defer files[0].Close()
	packet := make([]byte, 1<<16)
	n, err := files[0].Read(packet)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%x\n", packet[:n])
}

// A virtual machine monitor takes two queues, with headers for large frames.
func ExampleOffloads() {
	files, err := tun.Open(context.Background(), "tap0", tun.Queues(2), tun.VNetHeader(12),
		tun.Offloads(tun.Csum|tun.TSO4|tun.TSO6))
	if err != nil {
		log.Fatal(err)
	}
	defer closeAll(files)
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
