// Package dummy makes dummy links: links that drop what is sent, for addresses
// that must always be there, and for tests.
package dummy
