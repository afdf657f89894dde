#!/bin/sh
# Installs the Debian packages of the programs that are missing. Arguments are
# program:package. Where it cannot, it says what is missing; what then cannot
# be tested says so itself.
missing=
for pair in "$@"; do
	command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
[ -z "$missing" ] && exit 0
sudo=
[ "$(id -u)" = 0 ] || sudo="sudo -n"
if command -v apt-get >/dev/null && $sudo true 2>/dev/null; then
	echo "installing$missing"
	$sudo apt-get update -qq && $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
fi
echo "MISSING, and not to be installed without root:$missing"
[ -z "$CI" ]
