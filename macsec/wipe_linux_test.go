package macsec

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// A needle is a random key that is looked for in memory. What it holds itself is
// turned around, so as not to be found.
type needle []byte

// newNeedle returns a key, of which there is one copy, and its needle.
func newNeedle(size int) (Key, needle) {
	b := make([]byte, size)
	rand.Read(b)
	n := make(needle, size)
	for i := range b {
		n[i] = ^b[i]
	}
	k := NewKey(b)
	clear(b)
	return k, n
}

// in counts the places where the key is in the memory of this process.
func (n needle) in(t *testing.T) (found int) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	testutil.Must(t, err)
	memory, err := os.Open("/proc/self/mem")
	testutil.Must(t, err)
	defer memory.Close()
	pages, err := os.Open("/proc/self/pagemap")
	testutil.Must(t, err)
	defer pages.Close()
	for line := range strings.Lines(string(maps)) {
		var from, to uint64
		var mode string
		if k, _ := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); k == 3 && strings.HasPrefix(mode, "rw") {
			found += n.inRegion(memory, pages, from, to)
		}
	}
	return found
}

// inRegion looks at those pages of a part of the memory that are there. A key
// does not lie across two of them: memory is handed out in powers of two.
func (n needle) inRegion(memory, pages *os.File, from, to uint64) (found int) {
	size := uint64(os.Getpagesize())
	entries, page := make([]byte, (to-from)/size*8), make([]byte, size)
	_, _ = pages.ReadAt(entries, int64(from/size*8)) // nothing of the kernel's own parts
	for i := uint64(0); i < (to-from)/size; i++ {
		const present, swapped = 1 << 63, 1 << 62
		if binary.NativeEndian.Uint64(entries[8*i:])&(present|swapped) == 0 {
			continue
		}
		k, _ := memory.ReadAt(page, int64(from+i*size))
		found += n.count(page[:k])
		clear(page)
	}
	return found
}

func (n needle) count(b []byte) (found int) {
	for {
		i := bytes.IndexByte(b, ^n[0])
		if i < 0 || i+len(n) > len(b) {
			return found
		}
		k := 1
		for k < len(n) && b[i+k] == ^n[k] {
			k++
		}
		if k == len(n) {
			found++
		}
		b = b[i+1:]
	}
}

// TestWipe looks for keys in the memory of this process after they were used and
// wiped, also by requests that the kernel refused.
func TestWipe(t *testing.T) {
	l := newLab(t)
	k, n := newNeedle(16)
	if found := n.in(t); found < 1 {
		t.Fatal("a key that is there is not found")
	}
	l.make(New("macsec0").Parent("eth1").TxSA(SA{AN: 0, PN: 1, Key: k}).RxSC(theirSCI, SA{AN: 0, PN: 1, Key: k}))
	m := l.open("macsec0")
	testutil.Must(t, m.AddTxSA(t.Context(), SA{AN: 1, PN: 1, Key: k}))
	for range 3 {
		if err := m.AddTxSA(t.Context(), SA{AN: 1, PN: 1, Key: k}); err == nil {
			t.Error("an association is made twice")
		}
	}
	_, err := l.try(New("macsec1").Parent("eth1").Port(2).TxSA(SA{PN: 1, Key: k}).RxSC(theirSCI)) // is the other's
	if err == nil {
		t.Error("a channel is made twice")
	}
	testutil.Must(t, m.AddRxSC(t.Context(), ourSCI, SA{AN: 2, PN: 1, Key: k}))
	l.on(func(c *iplink.Conn) {
		_, err := c.Ensure(t.Context(), New("macsec0").TxSA(SA{AN: 3, PN: 1, Key: k}))
		testutil.Must(t, err)
	})
	if found := n.in(t); found != 1 {
		t.Errorf("the key is in memory %d times before it is wiped", found)
	}
	k.Wipe()
	if found := n.in(t); found != 0 {
		t.Errorf("the key is in memory %d times", found)
	}
}
