package bond_test

import (
	"context"
	"fmt"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/veth"
)

// Two cables as one link, of which one is in use.
func ExampleOpen() {
	err := inScratch(func(ctx context.Context) error {
		if _, err := bond.New("bond0").Mode(bond.ActiveBackup).MIIMon(50 * time.Millisecond).Up().Create(ctx); err != nil {
			return err
		}
		bond0, err := bond.Open(ctx, "bond0")
		if err != nil {
			return err
		}
		defer bond0.Close()
		for _, name := range []string{"eth1", "eth2"} {
			if _, err := veth.New(name).Up().Peer(veth.New("far-" + name).Up()).Create(ctx); err != nil {
				return err
			}
			if err := bond0.AddPort(ctx, name); err != nil {
				return err
			}
		}
		if err := bond0.SetActive(ctx, "eth2"); err != nil {
			return err
		}
		ports, err := bond0.Ports(ctx)
		for _, port := range ports {
			fmt.Println(port.Link.Name, port.State, port.MIIStatus)
		}
		return err
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// eth1 BACKUP UP
	// eth2 ACTIVE UP
}

// inScratch runs fn in a namespace of its own.
func inScratch(fn func(ctx context.Context) error) error {
	ns, err := iplink.NewNetNS()
	if err != nil {
		return err
	}
	defer ns.Close()
	return ns.Do(func() error { return fn(context.Background()) })
}
