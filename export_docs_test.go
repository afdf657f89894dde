package iplink

import (
	"maps"
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
)

// KindNames returns the kinds that are known, sorted.
func KindNames() []string {
	return slices.Sorted(maps.Keys(kinds))
}

// KindConfig returns the option of the kernel that brings a kind's driver.
func KindConfig(name string) string {
	return kindOf(name).config
}

// HasRows reports whether links of a kind, or their ports, have settings of
// their own.
func HasRows(name string) (own, ports bool) {
	k := kindOf(name)
	return k.info != nil && len(KindRows(name)) > 0, k.port != nil
}

// LinkRows returns all rows of the table of what every link has.
func LinkRows() []attr.Row {
	return rows(new(Link).attrs)
}
