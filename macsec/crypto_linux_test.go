package macsec

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/testutil"
)

// TestWithoutModule takes the cipher away from the kernel.
func TestWithoutModule(t *testing.T) {
	if !testutil.Matrix() {
		testutil.Skipf(t, "unloads modules of the kernel, which only one of the matrix is good for")
	}
	l := newLab(t)
	sa := SA{AN: 1, PN: 1, Key: key(ourKey)}
	l.make(New("macsec0").Parent("eth1").TxSA(sa)) // for which the module is loaded
	m := l.open("macsec0")
	testutil.Must(t, m.DeleteTxSA(t.Context(), 1))
	noModules(t)
	testutil.Eventually(t, "nothing uses gcm any more", func() bool {
		err := unix.DeleteModule("gcm", unix.O_NONBLOCK)
		if errors.Is(err, unix.ENOENT) {
			testutil.Skipf(t, "gcm(aes) is not a module of this kernel")
		}
		return err == nil
	})

	const lacks = "operation not supported (this kernel has no gcm(aes) (CONFIG_CRYPTO_GCM, CONFIG_CRYPTO_AES))"
	wantError(t, m.AddTxSA(t.Context(), sa), errors.ErrUnsupported, "add macsec macsec0: tx sa 1: "+lacks)
	wantError(t, m.AddRxSC(t.Context(), theirSCI, sa), errors.ErrUnsupported, "add macsec macsec0: rx 02000000340b0001 sa 1: "+lacks)
	_, err := l.try(New("macsec1").Parent("eth1").Port(2).TxSA(sa))
	wantError(t, err, errors.ErrUnsupported, "create macsec macsec1: tx sa 1: "+lacks)
	_, err = l.try(New("macsec1").Parent("eth1").Port(2).ICVLen(12))
	wantError(t, err, unix.ENOENT, "create macsec macsec1: no such file or directory (this kernel has no gcm(aes) (CONFIG_CRYPTO_GCM, CONFIG_CRYPTO_AES))")
	l.wantSAs()
	if len(l.ipList()) != 1 {
		t.Error("macsec1 is left")
	}
}

// noModules keeps the kernel from loading modules until the test ends.
func noModules(t *testing.T) {
	t.Helper()
	const loader = "/proc/sys/kernel/modprobe"
	path, err := os.ReadFile(loader)
	testutil.Must(t, err)
	t.Cleanup(func() { testutil.Must(t, os.WriteFile(loader, path, 0)) })
	testutil.Must(t, os.WriteFile(loader, []byte("/nonexistent"), 0))
}
