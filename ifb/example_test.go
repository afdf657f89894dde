package ifb_test

import (
	"fmt"

	"github.com/iplink-go/iplink/ifb"
)

// Four queues, for packets that links with as many queues receive.
func ExampleNew() {
	fmt.Println(ifb.New("ifb0").Queues(4, 4).TxQueueLen(0x123).Up())
	// Output:
	// ip link add ifb0 txqueuelen 291 numtxqueues 4 numrxqueues 4 up type ifb
}
