package migrating_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/jsimonetti/rtnetlink/v2"

	"github.com/iplink-go/iplink/internal/testutil"
)

// TestBlocks demands a test for each block of statements of docs/migrating.md.
func TestBlocks(t *testing.T) {
	if len(blocks) != 2 {
		t.Errorf("%d blocks of statements, and tests of 2", len(blocks))
	}
}

// TestWatchBlock reads what the loop over Watch prints.
func TestWatchBlock(t *testing.T) {
	ns := testutil.NewLab(t)
	read, write, err := os.Pipe()
	testutil.Must(t, err)
	defer read.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	stdout := os.Stdout
	os.Stdout = write
	go func() {
		defer write.Close()
		ns.In(func() { ended <- blocks[0](&vars{ctx: ctx}) })
	}()
	var lines []string
	for in := bufio.NewScanner(read); in.Scan(); {
		lines = append(lines, in.Text())
		if in.Text() == "current" {
			ns.IP("link add br0 type bridge")
		}
		if strings.Contains(in.Text(), "br0") {
			break
		}
	}
	cancel()
	err = <-ended
	os.Stdout = stdout
	if text := strings.Join(lines, "\n"); !strings.Contains(text, " lo") || !strings.Contains(text, "current\n") || !strings.Contains(text, "br0") {
		t.Errorf("%s", text)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestDriverBlock looks at the links of two drivers.
func TestDriverBlock(t *testing.T) {
	ns := testutil.NewLab(t, "vxlan", "ifb")
	ns.IP("link add eth0 index 7 type veth peer name peer0")
	ns.In(func() {
		conn, err := rtnetlink.Dial(nil)
		testutil.Must(t, err)
		defer conn.Close()
		testutil.Must(t, blocks[1](&vars{ctx: t.Context(), service: conn.Link}))
	})
	if info := ns.InfoData("vx0"); info["id"] != 100. || info["link"] != "eth0" {
		t.Errorf("vx0: %v", info)
	}
	if !ns.Up("ifb0") {
		t.Errorf("%v", ns.Link("ifb0"))
	}
}
