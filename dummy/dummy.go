// Package dummy makes dummy links. They drop all outgoing packets, and serve for
// addresses that must always exist, and for tests.
package dummy
