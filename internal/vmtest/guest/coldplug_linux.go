package guest

import (
	"os"
	"path/filepath"
	"strings"
)

// coldplug loads the drivers of the devices that existed at boot, as udev would: the
// kernel does not call modprobe for those. A driver can add a bus with further
// devices (virtio), so coldplug repeats until no driver is left. It takes half a
// second and creates links, so few runs use it.
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

// wanted returns the modules for devices that are not done yet. Most devices have no
// module in this guest, because they are part of the machine.
func wanted(index *Index, done map[string]bool) []Module {
	paths, _ := filepath.Glob("/sys/bus/*/devices/*/modalias") // the pattern is valid
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
