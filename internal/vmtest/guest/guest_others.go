//go:build !linux

package guest

// Init is process 1 of a Linux guest, and fails elsewhere.
func Init() int { return 1 }

// Supervise runs the test in a Linux guest, and fails elsewhere.
func Supervise() int { return 1 }

// Modprobe loads modules in a Linux guest, and fails elsewhere.
func Modprobe([]string) int { return 1 }
