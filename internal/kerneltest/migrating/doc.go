// Package migrating holds tests that run the code of docs/migrating.md on the running
// kernel, and ask other programs whether the document is right.
package migrating
