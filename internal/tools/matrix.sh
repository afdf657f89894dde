#!/bin/sh
# Runs a `go test` command on each kernel of a list: matrix.sh RUNNER KERNELS
# COMMAND… Where no virtual machine can be had it says so loudly, and fails only
# in CI.
runner=$1 kernels=$2
shift 2
failed=
for k in $kernels; do
	echo "=== Linux $k"
	"$runner" fetch -kernel "$k"
	case $? in
	0) ;;
	78)
		echo "*** NOT TESTED ON LINUX $k: no virtual machine can be had here (see above)."
		[ -z "$CI" ] || failed="$failed $k"
		continue
		;;
	*)
		failed="$failed $k"
		continue
		;;
	esac
	"$@" -exec "$runner -kernel $k" || failed="$failed $k"
done
[ -z "$failed" ] || { echo "failed on Linux:$failed"; exit 1; }
