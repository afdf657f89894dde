#!/bin/sh
# Runs a `go test` command for packages on each kernel of a list: matrix.sh RUNNER
# KERNELS PACKAGES COMMAND… and shows what failed, what was proven and what was
# skipped. Where no virtual machine can be had it says so loudly, and fails only
# in CI.
#
# The clock of an emulated processor jumps when the host is busy. The packages
# that fail are therefore tried once more, and that they were is said.
runner=$1 kernels=$2 packages=$3
shift 3
failed=
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

# passes KERNEL PACKAGES COMMAND… runs the command and shows what matters of its
# output.
passes() {
	kernel=$1 some=$2
	shift 2
	if "$@" -v -exec "$runner -kernel $kernel" $some >"$log" 2>&1; then
		grep -E '^(ok|settable|skipped|  [^ ].*: |\?)' "$log"
		return 0
	fi
	grep -vE '^ *(=== |--- PASS|[a-z_]+_test\.go:[0-9]+: (ip|\$) )' "$log" | tail -n 400
	return 1
}

for k in $kernels; do
	echo "=== Linux $k"
	${runner%% *} fetch -kernel "$k"
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
	passes "$k" "$packages" "$@" && continue
	again=$(sed -n 's/^FAIL[[:space:]]\{1,\}\([^[:space:]]*\).*/\1/p' "$log" | sort -u)
	echo "*** FAILED ON LINUX $k (see above); once more:" $again
	passes "$k" "${again:-$packages}" "$@" || failed="$failed $k"
done
[ -z "$failed" ] || { echo "failed on Linux:$failed"; exit 1; }
