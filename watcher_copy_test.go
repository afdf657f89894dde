package iplink

import (
	"reflect"
	"slices"
	"testing"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/wire"
)

// TestWatcherCopy compares the links of a watch with those of whole messages:
// they lack what the documentation of Watch says, and half of the bytes. The
// message is overwritten before, as that of the next announcement does.
func TestWatcherCopy(t *testing.T) {
	for _, name := range []string{"bridge", "bridge-port", "macvlan", "veth", "vxlan"} {
		b := captured(t, name)
		w := newMirror(filter{})
		datagram := slices.Clone(b)
		whole, watched := parseLink(new(attr.Codec), b), w.parse(wire.Message{Data: datagram})
		clear(datagram)
		clear(w.watched[:cap(w.watched)])
		if len(whole.INET6.Conf()) == 0 || len(watched.INET6.Conf()) != 0 || len(watched.INET.Conf()) != 0 ||
			len(watched.INET6.Stats()) != 0 || len(watched.INET6.ICMP6Stats()) != 0 {
			t.Errorf("%s: a watched link has settings of sysctl, or the other has none", name)
		}
		if n := len(watched.raw.image.model); n > len(b)*6/10 {
			t.Errorf("%s: %d of %d bytes are kept", name, n, len(b))
		}
		watched.INET, watched.INET6.conf, watched.INET6.stats, watched.INET6.icmp6 = whole.INET, whole.INET6.conf, whole.INET6.stats, whole.INET6.icmp6
		watched.raw = whole.raw
		if !reflect.DeepEqual(whole, watched) {
			t.Errorf("%s: the link is %+v, watched %+v", name, whole, watched)
		}
	}
}

// TestWatcherCopyBroken cuts a message anywhere: what is wrong with it is told
// just as of any other link.
func TestWatcherCopyBroken(t *testing.T) {
	b := captured(t, "vxlan")
	told := 0
	for n := range b {
		whole, watched := parseLink(new(attr.Codec), b[:n:n]), newMirror(filter{}).parse(wire.Message{Data: b[:n:n]})
		if (whole.Err == nil) != (watched.Err == nil) {
			t.Fatalf("%d bytes: error %v, watched %v", n, whole.Err, watched.Err)
		}
		if watched.Err != nil {
			told++
		}
	}
	if told < len(b)/2 {
		t.Errorf("only %d of %d cut messages are in error", told, len(b))
	}
}
