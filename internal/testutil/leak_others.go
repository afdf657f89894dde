//go:build !linux

package testutil

func resources() map[string]int { return nil }
