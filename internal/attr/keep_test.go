package attr_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/iplink-go/iplink/internal/attr"
)

// TestKeep overwrites a message after it was decoded: what fields hold is not of
// it, unless it was to stay in place.
func TestKeep(t *testing.T) {
	for _, r := range every {
		var c attr.Codec
		c.Keep(slices.Clone[[]byte])
		var walked, laid values
		b := bytesOf(t, r.little, r.big)
		_, err := c.Decode(b, table(r.row, &walked), nil)
		_, laidErr := layoutOf(r.row).Decode(&c, b, &laid, nil)
		if err != nil || laidErr != nil {
			t.Errorf("%s: %v, by its layout %v", r.name, err, laidErr)
		}
		for i := range b {
			b[i] ^= 0x9a
		}
		want := r.v
		if r.name == "in place" {
			want.raw = []byte{0xa1 ^ 0x9a, 0xa2 ^ 0x9a, 0xa3 ^ 0x9a}
		}
		if !reflect.DeepEqual(walked, want) || !reflect.DeepEqual(laid, want) {
			t.Errorf("%s: %+v, by its layout %+v, want %+v", r.name, walked, laid, want)
		}
	}
}
