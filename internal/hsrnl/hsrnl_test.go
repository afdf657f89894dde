package hsrnl

import (
	"fmt"
	"net"
	"reflect"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

// A message about a node, written by hand from the kernel's header.
const status = "08000200 34120000 0a000100 021234567890 0000 0a000500 02a987654321 0000 08000a00 78560000 " +
	"08000300 21430000 06000600 34120000 08000800 4d000000 08000400 ffffff7f 06000700 78560000 08000900 4e000000"

func TestParse(t *testing.T) {
	want := Node{Addr: net.HardwareAddr{2, 0x12, 0x34, 0x56, 0x78, 0x90}, AddrB: net.HardwareAddr{2, 0xa9, 0x87, 0x65, 0x43, 0x21}, AddrBIfIndex: 0x5678,
		If1: Port{77, 0x4321, 0x1234}, If2: Port{78, 1<<31 - 1, 0x5678}}
	if got := Parse(testutil.LittleEndian(t, status)); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if n := Parse(testutil.LittleEndian(t, "06000100 02120000")); n.Err == nil || !strings.Contains(n.Err.Error(), "node_addr: 2 bytes where 6 are due") {
		t.Errorf("error %v of a short address", n.Err)
	}
}

func TestAppendAddrs(t *testing.T) {
	b := testutil.LittleEndian(t, "08000200 34120000 0a000100 021234567890 0000 0a000100 02a987654321 0000 0a000100 02")
	if got := fmt.Sprint(AppendAddrs(nil, b)); got != "[02:12:34:56:78:90 02:a9:87:65:43:21]" {
		t.Error(got)
	}
}

// FuzzParse reads any bytes.
func FuzzParse(f *testing.F) {
	f.Add([]byte{6, 0, 1, 0, 2, 0x12, 0, 0})
	f.Fuzz(func(_ *testing.T, b []byte) {
		Parse(b)
		AppendAddrs(nil, b)
	})
}
