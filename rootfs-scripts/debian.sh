#!/bin/bash
# A root file system of Debian packages: what the lab's commands need, and little else.
set -euo pipefail
# shellcheck source=rootfs-scripts/common.sh
. "$(dirname "$0")/common.sh"

usage() {
  cat <<'TEXT'
Usage: debian.sh DIR [--with PACKAGE,...] [--suite NAME]

Make a Debian root file system in DIR with mmdebstrap, from the package sources
of this machine: bash, coreutils, procps (ps, top), net-tools (ifconfig),
iproute2 (ip), iputils-ping and less, and the lab's programs /home/loop and
/home/mem. About 40 MB to download, 120 MB on disk, 20 seconds to two minutes.
Debian bookworm where the sources have it, otherwise this machine's own release.

Needs root. Running it again is quick when nothing has changed. A DIR that was
not made by this script must be empty or missing; one that cannot be finished is
not left behind.

      --with PACKAGE,...  install these packages too, python3 for one
      --suite NAME        this release of Debian or Ubuntu, and no other
  -h, --help              show this and exit

Example:
  sudo rootfs-scripts/debian.sh rootfs/debian --with python3,nano
  sudo env PATH="$PATH" npm run minidocker -- --rootfs rootfs/debian
TEXT
}

PREFERRED=bookworm
PACKAGES=bash,coreutils,procps,net-tools,iproute2,iputils-ping,less,ncurses-base

# sources SUITE : the lines for sources.list(5) that this machine has for a suite, its updates and security fixes.
sources() {
  # shellcheck disable=SC2016 # the dollars are apt's
  apt-get indextargets --format '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)' 'Created-By: Packages' |
    awk -F'|' -v suite="$1" '
      $2 ~ "^" suite "(-updates|-security)?$" && ($3 == "main" || $3 == "universe") {
        # apt leaves the field as it is written when a source has none.
        option = $4 ~ /^\// ? "[signed-by=" $4 "] " : ""
        print "deb " option $1 " " $2 " " $3
      }' | sort -u
}

# apt_options : what this machine's apt needs to get out (proxies, certificates), as options for mmdebstrap's.
apt_options() {
  apt-config dump | grep -E '^Acquire::(http|https)(::[A-Za-z0-9.-]*)*(::)?(Proxy|CaInfo|Verify-Peer)[^ ]* "' || true
}

fill() {
  local root=$1 suite=${SUITE:-$PREFERRED} lines option
  local -a options=() entries
  lines=$(sources "$suite")
  if [ -z "$lines" ] && [ -n "$SUITE" ]; then
    fail "apt on this machine knows no packages of $SUITE: add it to /etc/apt/sources.list.d and run apt-get update, or leave out --suite"
  fi
  if [ -z "$lines" ]; then
    # shellcheck source=/dev/null
    suite=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    lines=$(sources "$suite")
  fi
  [ -n "$lines" ] || fail "apt on this machine knows no packages of $PREFERRED or of its own release: run apt-get update"
  mapfile -t entries <<<"$lines"
  while read -r option; do
    if [ -n "$option" ]; then options+=("--aptopt=${option%;}"); fi
  done < <(apt_options)
  say "Debian packages of $suite into $root: about 40 MB to download, 120 MB on disk, 20 seconds to two minutes"
  # force-unsafe-io: a root that a power cut spoils has not got its name yet, and is made again.
  enclosed mmdebstrap --mode=root --variant=essential --include="$PACKAGES${WITH:+,$WITH}" \
    --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    ${options[@]+"${options[@]}"} "$suite" "$root" "${entries[@]}" >&2
  printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
  # mmdebstrap copies this machine's; a container has a name of its own.
  : >"$root/etc/hostname"
}

directory=
WITH=
SUITE=
while [ $# -gt 0 ]; do
  case $1 in
  -h | --help)
    usage
    exit
    ;;
  --with)
    [ $# -gt 1 ] || misused '--with needs a list of packages'
    WITH=$2
    shift
    ;;
  --with=*) WITH=${1#--with=} ;;
  --suite)
    [ $# -gt 1 ] || misused '--suite needs a name'
    SUITE=$2
    shift
    ;;
  --suite=*) SUITE=${1#--suite=} ;;
  -*) misused "unknown option $1" ;;
  *)
    [ -z "$directory" ] || misused "one DIR only, got $directory and $1"
    directory=$1
    ;;
  esac
  shift
done
[ -n "$directory" ] || misused 'DIR is missing'
# dpkg's rules for names: nothing here may become an option of mmdebstrap.
[[ $WITH =~ ^([a-z0-9][a-z0-9.+-]*(,[a-z0-9][a-z0-9.+-]*)*)?$ ]] || misused "--with takes package names with commas between, got '$WITH'"
[[ $SUITE =~ ^([a-z][a-z0-9-]*)?$ ]] || misused "--suite takes a name such as bookworm, got '$SUITE'"

[ "$(id -u)" = 0 ] || fail "needs root: sudo $0 $directory${WITH:+ --with $WITH}"
need mmdebstrap mmdebstrap
need unshare util-linux
need "${CC:-cc}" 'gcc libc6-dev'
make_root "$directory" "$(inputs_of debian "$WITH" "$SUITE")" fill
