package iplink

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestKindDataKnowsSpec fails when a spec gets a new field: outsideKind must then
// refuse it, or KindData would lose it.
func TestKindDataKnowsSpec(t *testing.T) {
	ofTheKind := []string{"kind", "traits", "info", "set", "refs", "peer"}
	refused := []string{"link", "linkSet", "linkRefs", "flags", "change", "inet6Set", "index", "altNames", "netns", "linkNetNS", "port", "layer3"}
	ofVerbs := []string{"name", "downFirst", "newName", "recreate", "asked", "standing", "faults", "zero"} // not of a link that is made by another
	want := map[string]bool{}
	for _, list := range [][]string{ofTheKind, refused, ofVerbs} {
		for _, name := range list {
			want[name] = true
		}
	}
	got := map[string]bool{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[spec]()) {
		if len(f.Index) == 1 {
			got[f.Name] = true
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
