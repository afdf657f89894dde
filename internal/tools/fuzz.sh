#!/bin/sh
# Runs every fuzz target of the module for a while: fuzz.sh GO TIME
go=$1 time=$2
for pkg in $($go list ./...); do
	for target in $($go test -list '^Fuzz' "$pkg" | grep '^Fuzz'); do
		echo "=== $pkg $target"
		$go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 100x "$pkg" || exit 1
	done
done
