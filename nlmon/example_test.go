package nlmon_test

import (
	"fmt"

	"github.com/iplink-go/iplink/nlmon"
)

func ExampleNew() {
	fmt.Println(nlmon.New("nlmon0").Up())
	// Output:
	// ip link add nlmon0 up type nlmon
}
