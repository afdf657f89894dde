package nlmon_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// TestKeysAreCaptured has `ip` give a MACsec link its keys while a capture is going
// on: the file holds them, as the documents say.
func TestKeysAreCaptured(t *testing.T) {
	testutil.Need(t, iplink.KindMACsec)
	const sent, received = "0123456789abcdef0fedcba987654321", "56781234abcd0123f00dfeedcafe1234"
	ns := monitored(t)
	testutil.IPBatch(t, ns, "link add eth1 type veth peer name eth2", "link add sec0 link eth1 type macsec port 7",
		"macsec add sec0 rx sci 0200000000770077")
	c := begin(t, ns, nil)
	testutil.IPBatch(t, ns, "macsec add sec0 tx sa 1 pn 9 on key 01 "+sent,
		"macsec add sec0 rx sci 0200000000770077 sa 2 pn 9 on key 02 "+received)
	c.end(t)
	for _, key := range []string{sent, received} {
		raw, err := hex.DecodeString(key)
		testutil.Must(t, err)
		if !bytes.Contains(c.bytes(), raw) {
			t.Errorf("the capture lacks the key %s", key)
		}
	}
}
