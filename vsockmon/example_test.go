package vsockmon_test

import (
	"fmt"

	"github.com/iplink-go/iplink/vsockmon"
)

// A link on which `tcpdump -i vsockmon0` sees the messages.
func ExampleNew() {
	fmt.Println(vsockmon.New("vsockmon0").Up())
	// Output:
	// ip link add vsockmon0 up type vsockmon
}
