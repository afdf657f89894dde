#!/bin/sh
# Runs collected test binaries on each kernel of a list, in one guest for each:
# matrix.sh RUNNER KERNELS DIRECTORY shows what failed, what was proven and what was
# skipped. RUNNER is vmtest with its flags. Where no virtual machine can be had it
# says so loudly, and fails only in CI.
#
# The clock of an emulated processor jumps when the host is busy. The packages
# that fail are therefore tried once more. Those are listed at the end, for all
# kernels, with the first failing test of each and its message; or in the file
# $RETRIES, for a caller that does more and shows it at its own end.
runner=$1 kernels=$2 jobs=$3
failed=
tools=$(dirname "$0")
log=$(mktemp) || exit 1
retries=${RETRIES:-$(mktemp)} || exit 1
finish() {
	rm -f "$log"
	[ -n "$RETRIES" ] || { cat "$retries"; rm -f "$retries"; }
}
trap finish EXIT

# passes KERNEL [PACKAGE…] runs the test binaries, or those of the packages, and shows
# what matters of their output.
passes() {
	kernel=$1
	shift
	if $runner -kernel "$kernel" -collected "$jobs" "$@" >"$log" 2>&1; then
		grep -E '^(ok|settable|skipped|  [^ ].*: |\?)' "$log"
		return 0
	fi
	grep -vE '^ *(=== |--- PASS|[a-z_]+_test\.go:[0-9]+: (ip|\$) )' "$log" | awk '
		{ text = text $0 "\n" }
		/^ok[ \t]/ { print; text = "" }
		/^FAIL[ \t]/ { print substr(text, length(text) - 200000); text = "" }
		END { print text }' | tail -n 5000
	return 1
}

# twice KERNEL tries the packages that have failed once more.
twice() {
	kernel=$1
	again=$(sed -n 's/^FAIL[[:space:]]\{1,\}\([^[:space:]]*\).*/\1/p' "$log" | sort -u)
	reasons=$(awk -f "$tools/reasons.awk" "$log")
	echo "*** FAILED ON LINUX $kernel (see above); once more:" $again
	outcome="FAILED AGAIN"
	passes "$kernel" $again && outcome="passed then"
	printf '*** tried once more on Linux %s, %s; the first time:\n%s\n' "$kernel" "$outcome" "$reasons" >>"$retries"
	[ "$outcome" = "passed then" ]
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
	passes "$k" || twice "$k" || failed="$failed $k"
done
[ -z "$failed" ] || { echo "failed on Linux:$failed"; exit 1; }
