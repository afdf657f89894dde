//go:build linux

package main

import (
	"context"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "overlay") }

func TestOverlay(t *testing.T) {
	three := func(ctx context.Context, l *lab.Lab) error { return run(ctx, l, 3) }
	labtest.Run(t, three, []string{iplink.KindVXLAN, iplink.KindBridge, iplink.KindVeth},
		`^host1: 02:00:00:00:00:03 permanent dst 192\.0\.2\.3$`,
		`^└─ vx0: vxlan 100, over eth0, 10\.0\.0\.3/24$`,
		`^each of 3 hosts reaches each other: 6 pings were answered$`)
}

func TestHosts(t *testing.T) {
	for _, n := range []int{1, 51} {
		if err := run(t.Context(), nil, n); err == nil {
			t.Errorf("%d hosts are no error", n)
		}
	}
}
