package iplink_test

import (
	_ "embed"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

//go:embed docs/schema.json
var schemaDocument string

const schemaFile = "docs/schema.json"

// TestSchemaDocument compares the schema with the tables. With -update it writes it. Without
// the sources there are no descriptions, and none are compared.
func TestSchemaDocument(t *testing.T) {
	want := makeSchema(t)
	if *recordGolden {
		if err := os.WriteFile(schemaFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have := schemaDocument
	if len(comments()) == 0 {
		have, want = undescribed(t, have), undescribed(t, want)
	}
	if diff := cmp.Diff(strings.Split(have, "\n"), strings.Split(want, "\n")); diff != "" {
		t.Errorf("go test -run TestSchemaDocument . -update writes %s; - as it is, + as the tables have it:\n%s", schemaFile, diff)
	}
}

// undescribed returns a schema without descriptions.
func undescribed(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	var strip func(any)
	strip = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if _, text := v["description"].(string); text {
				delete(v, "description")
			}
			for _, part := range v {
				strip(part)
			}
		case []any:
			for _, part := range v {
				strip(part)
			}
		}
	}
	strip(v)
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
