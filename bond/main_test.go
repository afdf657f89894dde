package bond_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/internal/testutil"
)

func TestMain(m *testing.M) {
	os.Exit(testutil.Main(tests{m}))
}

// tests are the package's, without the example that has no other way to skip
// itself where the kernel has no bonds.
type tests struct {
	*testing.M
}

func (m tests) Run() int {
	if errors.Is(tryBond(), errors.ErrUnsupported) && !testutil.Matrix() {
		fmt.Fprintln(os.Stderr, "skipped: ExampleOpen: this kernel has no bond driver")
		if err := flag.Set("test.skip", "^ExampleOpen"); err != nil {
			panic(err)
		}
	}
	return m.M.Run()
}

// tryBond makes a bond in a namespace that goes with it.
func tryBond() error {
	ns, err := iplink.NewNetNS()
	if err != nil {
		return err
	}
	defer ns.Close()
	conn, err := ns.Dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Create(context.Background(), bond.New("b0"))
	return err
}
