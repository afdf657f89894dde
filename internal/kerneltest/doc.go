// Package kerneltest holds tests of package iplink on the running kernel that use
// nothing but what the package exports. Tests that look inside are beside it.
package kerneltest
