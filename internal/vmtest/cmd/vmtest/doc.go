// Vmtest runs Go test binaries, or a command of the guest, on a Debian kernel in QEMU.
//
//	go build -o bin/ ./internal/vmtest/cmd/vmtest
//	go test -exec "$PWD/bin/vmtest -kernel 6.12" ./...
//	bin/vmtest -kernel 6.1 ip -d link
//	go test -count 1 -v -exec "$PWD/bin/vmtest -collect $PWD/bin/jobs" ./...
//	bin/vmtest -kernel 6.12 -collected bin/jobs
//	bin/vmtest fetch
//	bin/vmtest doctor
//
// It must be built without cgo (CGO_ENABLED=0), because the same file is process 1
// and modprobe of the guest. See package vmtest for details.
package main
