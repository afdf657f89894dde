package kerneltest_test

import (
	"errors"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/veth"
)

// TestQueuesAlone sets one of the two numbers of queues. The other one is the default.
func TestQueuesAlone(t *testing.T) {
	conn, here := lab.Scratch(t)
	lab.MustCreate(t, conn, veth.New("tx0").NumTxQueues(5), veth.New("rx0").NumRxQueues(7), veth.New("none0"))
	have := func(name, what string) any { return here.Link(name)["num_"+what+"_queues"] }
	if have("tx0", "tx") != 5. || have("tx0", "rx") != have("none0", "rx") || have("rx0", "tx") != have("none0", "tx") {
		t.Errorf("%v, %v", here.Link("tx0"), here.Link("rx0"))
	}
	if rx := have("rx0", "rx"); rx != 7. && have("none0", "rx") != nil { // not every kernel reports it
		t.Errorf("rx %v", rx)
	}
	lab.Ensured(t, conn, veth.New("tx0").NumTxQueues(5), false)
	if _, err := conn.Ensure(t.Context(), veth.New("tx0").NumTxQueues(6)); !errors.Is(err, iplink.ErrImmutable) {
		t.Error(err)
	}
	if got := veth.New("a0").NumTxQueues(5).String() + ", " + veth.New("a0").NumRxQueues(7).String(); got != "ip link add a0 numtxqueues 5 type veth, ip link add a0 numrxqueues 7 type veth" {
		t.Error(got)
	}
}
