//go:build !linux

package iplink

import (
	"errors"
	"os/exec"

	"github.com/iplink-go/iplink/internal/rtnl"
)

const threadNetNSPath = ""

func pidNetNSPath(int) string { return "" }

func openNetNS(string) (*NetNS, error)   { return nil, errors.ErrUnsupported }
func netNSFromFD(int) (*NetNS, error)    { return nil, errors.ErrUnsupported }
func newNetNS() (*NetNS, error)          { return nil, errors.ErrUnsupported }
func createNetNS(string) (*NetNS, error) { return nil, errors.ErrUnsupported }
func deleteNetNS(string) error           { return errors.ErrUnsupported }
func listNetNS() ([]string, error)       { return nil, errors.ErrUnsupported }
func (ns *NetNS) enter(func()) error     { return errors.ErrUnsupported }
func (ns *NetNS) enterView(func()) error { return errors.ErrUnsupported }
func (ns *NetNS) stays(*exec.Cmd) error  { return nil }

func socketNetNS(*rtnl.Conn) (*NetNS, error) {
	return nil, errors.ErrUnsupported
}

func hasNetAdmin() bool {
	return true
}

func dupFD(int) (int, error) {
	return -1, errors.ErrUnsupported
}

func closeFD(int) {}

// A linkFiles knows nothing about links: this system has none.
type linkFiles struct{}

func openLinkFiles() (files linkFiles, end func()) { return linkFiles{}, func() {} }

func (linkFiles) givesAddress(*Link) bool { return false }
