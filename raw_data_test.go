package iplink

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/internal/own"
)

// TestKindDataKnowsSpec fails when a spec gets a new field: outsideKind must then
// refuse it, or KindData would lose it.
func TestKindDataKnowsSpec(t *testing.T) {
	ofTheKind := []string{"Kind", "cachedKind", "Info", "Set", "Refs", "Peer"}
	refused := []string{"link", "linkSet", "linkRefs", "flags", "change", "inet6Set", "index", "altNames", "netns", "linkNetNS", "port", "layer3"}
	ofVerbs := []string{"Name", "downFirst", "newName", "recreate", "asked", "standing", "Faults", "made"} // not of a link that is made by another
	want := map[string]bool{}
	for _, list := range [][]string{ofTheKind, refused, ofVerbs} {
		for _, name := range list {
			want[name] = true
		}
	}
	got := map[string]bool{}
	for _, of := range []reflect.Type{reflect.TypeFor[spec](), reflect.TypeFor[own.Settings]()} {
		for i := range of.NumField() {
			got[of.Field(i).Name] = true
		}
	}
	delete(got, "Settings") // whose fields are there
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
