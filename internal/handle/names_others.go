//go:build !linux

package handle

import "github.com/iplink-go/iplink/internal/rtnl"

func nameOf(*rtnl.Conn, int) string { return "" }
