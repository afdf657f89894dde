package guest

import (
	"os"
	"path/filepath"
	"strings"
)

// coldplug loads the drivers of the devices that were there at boot, as udev
// would: nothing in the kernel asks modprobe for those. A driver can bring up
// a bus with further devices (virtio), hence the rounds. It takes half a
// second and makes links, so few runs want it.
func coldplug() error {
	dir, err := modulesDir()
	if err != nil {
		return err
	}
	index, err := openIndex(dir)
	if err != nil {
		return err
	}
	for done := map[string]bool{}; ; {
		order := wanted(index, done)
		if len(order) == 0 {
			return nil
		}
		if err := load(dir, order, "", ""); err != nil {
			return err
		}
	}
}

// wanted returns the modules for devices that are not done yet. That no
// module of this guest drives a device is usual: most are part of the machine.
func wanted(index *Index, done map[string]bool) []Module {
	paths, _ := filepath.Glob("/sys/bus/*/devices/*/modalias") // the pattern is a good one
	var order []Module
	for _, path := range paths {
		b, err := os.ReadFile(path)
		alias := strings.TrimSpace(string(b))
		if err != nil || alias == "" || done[alias] {
			continue
		}
		done[alias] = true
		modules, _ := index.Resolve(alias)
		order = append(order, modules...)
	}
	return order
}
