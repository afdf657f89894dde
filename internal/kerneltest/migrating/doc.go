// Package migrating holds tests that run the code of docs/migrating.md on the running
// kernel, and ask other programs whether it does what the document says.
package migrating
