package vmtest

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// kvmLimit is the time limit for a guest to boot with KVM. Beyond it emulation is
// preferred, which takes about 5 s; nested KVM can be slower.
const kvmLimit = 5 * time.Second

// accelerator resolves "auto" by booting a guest with KVM once per boot of the
// machine, because a guest may fail to run even if /dev/kvm can be opened.
func (c *Cache) accelerator(ctx context.Context, choice string, image *Image) (string, error) {
	if choice != "auto" {
		return choice, nil
	}
	if !accessible("/dev/kvm") {
		return "tcg", nil
	}
	name := filepath.Join(c.dir, "accel-"+bootID())
	unlock, err := lock(ctx, name+".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if known, err := os.ReadFile(name); err == nil {
		return string(known), nil
	}
	accel := "tcg"
	if err := probeKVM(ctx, image); err != nil {
		c.log("KVM does not work here, guests are emulated: %s", firstLine(err))
	} else {
		accel = "kvm"
	}
	return accel, writeFile(name, []byte(accel))
}

// probeKVM boots a guest that runs only a shell's "true".
func probeKVM(ctx context.Context, image *Image) error {
	dir, err := os.MkdirTemp("", "vmtest-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m := &machine{kernel: image.Boot, initrd: filepath.Join(dir, "initrd"), dir: dir, accel: "kvm", cpus: 1, memory: 512}
	homes, err := writeInitrd(m.initrd, image, Options{}, []Job{{Command: []string{"sh", "-c", "true"}, Dir: "/"}})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, kvmLimit, fmt.Errorf("no boot in %v", kvmLimit))
	defer cancel()
	if err := m.run(ctx, io.Discard, newReceiver(homes, nil)); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	return nil
}

// bootID identifies this boot of the machine. It is the same for all boots if the
// kernel does not report an id.
func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(b))
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
