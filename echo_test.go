package iplink

import (
	"testing"

	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// TestListener hands a job what the kernel might echo in answer to its request,
// such as the other end of a pair. Only the link itself is taken.
func TestListener(t *testing.T) {
	for _, heard := range []struct {
		typ   uint16
		name  string
		index int32
		taken bool
	}{
		{uapi.RTM_NEWLINK, "t0", 0x1234, true},
		{uapi.RTM_NEWLINK, "t1", 0x1234, false},
		{uapi.RTM_NEWLINK, "t0", 0x1235, false},
		{uapi.RTM_DELLINK, "t0", 0x1234, false},
	} {
		j := &job{spec: &spec{Settings: own.Settings{Name: "t0"}}, index: 0x1234}
		data := wire.AppendString(wire.AppendLink(nil, wire.Link{Index: heard.index}), uapi.IFLA_IFNAME, heard.name)
		new(transaction).echoReply(j)(wire.Message{Header: wire.Header{Type: heard.typ}, Data: data})
		if taken := j.link != nil; taken != heard.taken {
			t.Errorf("%+v: %v", heard, taken)
		}
	}
}
