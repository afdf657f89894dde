//go:build linux

package main

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/labtest"
	"github.com/iplink-go/iplink/internal/testutil"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "macvtap") }

// TestMacvtap needs the system's root: the root of a user namespace makes no
// device nodes.
func TestMacvtap(t *testing.T) {
	asRoot := func(ctx context.Context, l *lab.Lab) error {
		err := run(ctx, l)
		if errors.Is(err, fs.ErrPermission) {
			testutil.Skipf(t, "%v", err)
		}
		return err
	}
	labtest.Run(t, asRoot, []string{iplink.KindMacvtap, iplink.KindVeth},
		`^   └─ macvtap0: macvtap bridge, on eth0$`,
		`^wrote: who has 10\.0\.0\.254\? tell [0-9a-f:]{17}$`,
		`^read: 10\.0\.0\.254 is at [0-9a-f:]{17}$`)
}
