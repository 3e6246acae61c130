#!/usr/bin/env bash
# need.sh PACKAGE COMMAND: makes sure that COMMAND is there, from Debian's PACKAGE
# when this machine lets us install it; otherwise says what is missing and fails.
set -euo pipefail

package=$1 command=$2
command -v "$command" >/dev/null && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "installing $package, for $command" >&2
	export DEBIAN_FRONTEND=noninteractive
	{ apt-get update -q && apt-get install -q -y --no-install-recommends "$package"; } >&2 </dev/null || true
	command -v "$command" >/dev/null && exit 0
fi
echo "missing: $command (Debian's package $package); install it and try again" >&2
exit 1
