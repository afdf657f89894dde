//go:build !linux

package iplink

// A linkFiles knows nothing about links: this system has none.
type linkFiles struct{}

func openLinkFiles() (files linkFiles, end func()) { return linkFiles{}, func() {} }

func (linkFiles) givesAddress(*Link) bool { return false }
