#!/bin/sh
# Runs a `go test` command on each kernel of a list: matrix.sh RUNNER KERNELS
# COMMAND… and shows what failed, what was proven and what was skipped. Where no
# virtual machine can be had it says so loudly, and fails only in CI.
runner=$1 kernels=$2
shift 2
failed=
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
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
	if "$@" -v -exec "$runner -kernel $k" >"$log" 2>&1; then
		grep -E '^(ok|settable|skipped|  [^ ].*: |\?)' "$log"
	else
		grep -vE '^ *(=== |--- PASS|[a-z_]+_test\.go:[0-9]+: (ip|\$) )' "$log" | tail -n 400
		failed="$failed $k"
	fi
done
[ -z "$failed" ] || { echo "failed on Linux:$failed"; exit 1; }
