# `make test` runs everything and installs what it needs, as root or not.
#   make unit        without other kernels: a minute or two
#   make test-kernel K=6.12 RUN=TestVXLAN     one kernel of the matrix
#   make test-ipoib  IPoIB on fake InfiniBand hardware
#   make test-tshark what a guest captures of netlink, read by Wireshark
#   make bench       this library beside its peers, a quarter of an hour on a quiet machine
#   make fuzz        each fuzz target for FUZZTIME
#   make golden      capture anew what `ip` sends
#   make docs        write the lists of the API, docs/kernels.md and docs/schema.json anew
GO       ?= go
K        ?= 6.12
RUN      ?= .
PKG      ?= ./...
FUZZTIME ?= 60s
KERNELS  := 6.1 6.12 7.3

TOOL      = $(GO) tool -modfile=internal/tools/go.mod
RUNNER    = $(CURDIR)/bin/vmtest
# What a kernel has a say in. The rest is the same on each.
GUESTS    = . ./amt ./bareudp ./batadv ./bond ./bridge ./can ./erspan ./failover ./fou ./geneve ./gre ./gretap ./gtp ./hsr ./ifb ./ip6erspan ./ip6gre ./ip6gretap ./ip6tnl ./ipip ./lowpan ./macsec ./netkit ./nlmon ./ovpn ./pfcp ./ppp ./rmnet ./rtnldriver ./sit ./team ./topology ./tun ./vrf ./vsockmon ./vti ./vxcan ./vxlan ./wireguard ./wwan ./xfrm ./iplinktest $(shell $(GO) list ./examples/... | sed "s,.*/examples/,./examples/,") \
	./internal/fdbmsg ./internal/kerneltest ./internal/kerneltest/foreign ./internal/kerneltest/migrating ./internal/netns ./internal/removal ./internal/rootless ./internal/rtnl ./internal/tap ./internal/testutil
# The root's tests that ask no kernel, which take minutes on an emulated processor.
PURE      = $(shell cat $(filter-out %_linux_test.go,$(wildcard *_test.go)) | sed -n 's/^func \(\(Test\|Fuzz\)[A-Za-z0-9_]*\).[tf] .*/\1/p' | paste -sd '|' -)
# The root's tests in one goroutine, which make fewer rounds with the race detector.
SERIAL    = ^Test(JSON|Parse)Random$$
# Half of the tests of internal/kerneltest, whose two halves run side by side.
FIRST    = ^Test[A-E]
ALONE    := ./can ./examples/ipoib ./internal/kerneltest/foreign ./lowpan

.PHONY: test unit agent bench bench-once deps check race plain cross bigendian matrix test-failover test-kernel test-ipoib test-tshark fuzz golden docs runner

# Whatever comes of it, what had to be tried twice is listed at the very end.
test: export RETRIES = $(CURDIR)/bin/retries
test:
	@mkdir -p bin && : >bin/retries
	@code=0; $(MAKE) --no-print-directory unit matrix test-failover || code=$$?; cat bin/retries; \
	[ $$code -ne 0 ] || echo "all tests passed"; exit $$code

# The race detector's tests wait much: the rest has the processors meanwhile, and is
# shown as soon as it has ended.
unit: deps
	@mkdir -p bin
	@{ code=0; nice $(MAKE) --no-print-directory check cross bigendian bench-once >bin/unit.log 2>&1 || code=$$?; \
	cat bin/unit.log; exit $$code; } & \
	code=0; $(MAKE) --no-print-directory race plain || code=$$?; wait $$! || code=$$?; exit $$code

deps:
	@sh internal/tools/deps.sh ip:iproute2 strace:strace gcc:gcc qemu-s390x:qemu-user tshark:tshark wg:wireguard-tools

check:
	@out=$$(gofmt -l .); test -z "$$out" || { echo "gofmt would change: $$out"; exit 1; }
	sh internal/tools/words.sh
	CGO_ENABLED=0 $(GO) vet ./...
	CGO_ENABLED=0 $(TOOL) staticcheck ./...
	$(GO) mod tidy -diff
	$(GO) -C internal/tools mod tidy -diff

# The race detector is for the packages that start goroutines, in tests or otherwise, or
# have something for several. Those that run longest come first.
RACED = . ./internal/kerneltest ./internal/vmtest $(filter-out . ./internal/kerneltest ./internal/vmtest,$(sort $(shell \
	grep -rlE --include='*.go' --exclude-dir=bench --exclude-dir=bin --exclude-dir=agent --exclude-dir=tools --exclude-dir=testdata \
	'^[[:space:]]+go [a-zA-Z]|^[^/]*\<(sync|atomic)\.' . | xargs -n 1 dirname)))

race:
	$(GO) test -race -vet=off -ldflags='-s -w' -timeout 20m -p 3 $(RACED)

plain:
	CGO_ENABLED=0 $(GO) test -vet=off -ldflags='-s -w' $(filter-out $(RACED),$(shell $(GO) list ./... | sed "s,^$$($(GO) list -m),.,"))
	CGO_ENABLED=0 $(GO) test -vet=off -ldflags='-s -w' -run '$(SERIAL)' .

# Builds for what is supported, and for what is only to build.
cross:
	$(GO) -C internal/tools run ./crossvet $(CURDIR) linux/arm64 linux/s390x darwin/arm64 windows/amd64

# The codec's tests on a big-endian processor, which QEMU emulates.
bigendian:
	@if command -v qemu-s390x >/dev/null; then set -ex; export CGO_ENABLED=0 GOARCH=s390x; \
	$(GO) test -exec qemu-s390x ./internal/wire ./internal/attr ./internal/uapi ./internal/inetnl; \
	$(GO) test -exec qemu-s390x -run 'Batch|Fit|Deliver|Err|Ack' ./internal/rtnl; \
	$(GO) test -exec qemu-s390x -run 'Codec|Fuzz' .; \
	else echo "SKIPPED: big-endian tests, for want of qemu-s390x (package qemu-user)"; test -z "$$CI"; fi

runner:
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/vmtest ./internal/vmtest/cmd/vmtest

# Two guests of each kernel run all test binaries, which are linked once. What go test
# builds for $(1) is kept in bin/jobs/$@, in a directory for each guest.
GUEST    := $(RUNNER) -p 3 -mem 4096
define collect
	@mkdir -p bin/jobs/$@
	@CGO_ENABLED=0 $(GO) test -count 1 -v -vet=off -timeout 30m -ldflags='-s -w' -exec "$(RUNNER) -collect $(CURDIR)/bin/jobs/$@/$(strip $(1))" \
	$(2) >bin/jobs/$@.log 2>&1 || { cat bin/jobs/$@.log; exit 1; }
endef

# Tests that take a module away, or use hardware in the first namespace, run when no
# others do; so do those of ipoib, whose mode the kernel refuses to change while any other
# link is being changed.
matrix: runner
	@rm -rf bin/jobs/$@
	$(call collect,kinds,-skip 'WithoutModule|RowsOfHardware' $(filter-out . ./team ./internal/kerneltest $(ALONE),$(GUESTS)))
	$(call collect,kinds,-run '$(FIRST)' ./internal/kerneltest)
	$(call collect,root,-skip '$(FIRST)' ./internal/kerneltest)
	$(call collect,root,-run Settings -skip 'IPoIBSettings|^($(PURE))$$' .)
	$(call collect,root,-skip 'Settings|^($(PURE))$$' .)
	$(call collect,root,-skip 'WithoutModule' ./team)
	$(call collect,root -alone,$(ALONE))
	$(call collect,root -alone,-run IPoIBSettings .)
	$(call collect,root -alone,-run RowsOfHardware ./internal/kerneltest/migrating)
	$(call collect,root -alone,-run WithoutModule ./fou ./macsec ./ovpn ./team)
	@sh internal/tools/matrix.sh "$(GUEST)" "$(KERNELS)" bin/jobs/$@/root bin/jobs/$@/kinds

test-kernel: runner
	$(RUNNER) fetch -kernel $(K)
	$(GO) test -exec "$(RUNNER) -kernel $(K)" -timeout 40m -run '$(RUN)' $(PKG)

test-ipoib: runner
	@rm -rf bin/jobs/$@
	$(call collect,root,-run IPoIB .)
	@sh internal/tools/matrix.sh "$(GUEST)" "$(KERNELS)" bin/jobs/$@/root

# A kernel with a device that only such a guest has.
test-failover: runner
	@rm -rf bin/jobs/$@
	$(call collect,failover,./failover)
	@sh internal/tools/matrix.sh "$(GUEST) -failover" 7.3 bin/jobs/$@/failover

test-tshark: deps runner
	@rm -rf bin/capture && mkdir -p bin/capture
	$(GO) test -exec "$(RUNNER) -kernel $(K)" -artifacts -outputdir $(CURDIR)/bin/capture -run 'TestCapture$$' ./nlmon
	$(GO) test -run 'TestTshark$$' ./nlmon -captures $(CURDIR)/bin/capture

# The benchmarks, with all that they are compared with: see bench/README.md.
bench: deps
	cd bench && $(GO) run .

# Each benchmark once, so that none rots.
bench-once: export CGO_ENABLED = 0
bench-once: agent
	cd bench && $(GO) vet . && $(GO) mod tidy -diff && $(GO) test . && out=$$(mktemp -d) && $(GO) run . -once -out "$$out" && rm -r "$$out"
	$(GO) test -run '^$$' -bench . -benchtime 1x . ./internal/...

# The example in a module of its own, which reads YAML.
agent:
	cd examples/agent && $(GO) vet . && $(GO) mod tidy -diff && $(GO) test .

fuzz:
	@sh internal/tools/fuzz.sh $(GO) $(FUZZTIME)

docs:
	$(GO) test ./internal/api -run TestListing -update
	$(GO) test -run 'TestKernelsDocument|TestSchemaDocument' . -update

golden: deps
	$(GO) test -run TestGolden . -update
