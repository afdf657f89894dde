#!/bin/sh
# Runs collected test binaries on kernels, in guests with one processor each, as many
# at a time as there are processors: matrix.sh RUNNER KERNELS DIRECTORY… runs the binaries of each
# directory on each kernel, in a guest of their own, and shows what failed, what was
# proven and what was skipped. RUNNER is vmtest with its flags. Where no virtual machine
# can be had it says so loudly, and fails only in CI.
#
# The clock of an emulated processor jumps when the host is busy. The packages
# that fail are therefore tried once more. Those are listed at the end, for all
# kernels, with the first failing test of each and its message; or in the file
# $RETRIES, for a caller that does more and shows it at its own end.
tools=$(dirname "$0")
if [ "$1" != -guest ]; then
	runner=$1 kernels=$2
	shift 2
	own=
	[ -n "$RETRIES" ] || own=$(mktemp) || exit 1
	export RETRIES="${RETRIES:-$own}"
	for k in $kernels; do
		for jobs; do printf '%s\n%s\n' "$k" "$jobs"; done
	done | xargs -P "$(getconf _NPROCESSORS_ONLN)" -n 2 sh "$0" -guest "$runner"
	code=$?
	[ -z "$own" ] || { cat "$own"; rm -f "$own"; }
	exit "$code"
fi
shift
runner=$1 kernel=$2 jobs=$3
log=$(mktemp) shown=$(mktemp) || exit 1
trap 'cat "$shown" >&3; rm -f "$log" "$shown"' EXIT
exec 3>&1 >"$shown" 2>&1

# passes [PACKAGE…] runs the test binaries, or those of the packages, and shows what
# matters of their output.
passes() {
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

# twice tries the packages that have failed once more.
twice() {
	again=$(sed -n 's/^FAIL[[:space:]]\{1,\}\([^[:space:]]*\).*/\1/p' "$log" | sort -u)
	reasons=$(awk -f "$tools/reasons.awk" "$log")
	echo "*** FAILED ON LINUX $kernel (see above); once more:" $again
	outcome="FAILED AGAIN"
	passes $again && outcome="passed then"
	printf '*** tried once more on Linux %s, %s; the first time:\n%s\n' "$kernel" "$outcome" "$reasons" >>"$RETRIES"
	[ "$outcome" = "passed then" ]
}

echo "=== Linux $kernel, $(basename "$jobs")"
${runner%% *} fetch -kernel "$kernel"
case $? in
0) ;;
78)
	echo "*** NOT TESTED ON LINUX $kernel: no virtual machine can be had here (see above)."
	[ -z "$CI" ]
	exit
	;;
*) exit 1 ;;
esac
passes || twice || { echo "failed on Linux $kernel"; exit 1; }
