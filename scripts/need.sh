#!/usr/bin/env bash
# need.sh PACKAGES COMMANDS: makes sure that one of COMMANDS is there, from Debian's
# PACKAGES when this machine lets us install them; otherwise says what is missing and
# fails. A command may be a path with wildcards, for what stands outside PATH.
set -euo pipefail

packages=$1 commands=$2

found() {
	local command
	for command in $commands; do # its wildcards are for the shell, now
		command -v "$command" >/dev/null && return
	done
	return 1
}

found && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "installing $packages, for $commands" >&2
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086 # several packages are several words
	{ apt-get update -q && apt-get install -q -y --no-install-recommends $packages; } >&2 </dev/null || true
	found && exit 0
fi
echo "missing: $commands (Debian's $packages); install it and try again" >&2
exit 1
