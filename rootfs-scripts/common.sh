# shellcheck shell=bash
# What the scripts of this directory share: a root file system appears whole under its name, or not at all.
# To be sourced by a bash script that has set -euo pipefail.

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Written last into what we make: says that it is ours, and from which inputs.
STAMP=.cofferdam-rootfs

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
fail() {
  say "$*"
  exit 1
}
misused() {
  say "$* (see ${0##*/} --help)"
  exit 2
}

# need PROGRAM PACKAGE
need() {
  command -v "$1" >/dev/null ||
    fail "$1 is missing; get it with: sudo apt-get install -y --no-install-recommends $2"
}

# inputs_of WORDS... : a hash of the words, the scripts, the C sources and the architecture.
inputs_of() {
  { printf '%s\n' "$(uname -m)" "$@" && cat "$SCRIPTS"/common.sh "$0" "$SCRIPTS"/*.c; } | sha256sum | cut -d' ' -f1
}

# compile_into ROOT : our own programs, static so that they run in any root.
compile_into() {
  local name
  mkdir -p "$1/home"
  for name in loop mem; do
    "${CC:-cc}" -static -O2 -Wall -Wextra -o "$1/home/$name" "$SCRIPTS/$name.c" ||
      fail "cannot compile $name.c; a C compiler with static libc comes with: sudo apt-get install -y gcc libc6-dev"
  done
}

is_empty() { [ -z "$(ls -A -- "$1")" ]; }

# enclosed COMMAND ARG... : with processes and mounts of its own. Its mounts are seen by nobody else and go with it, and
# killing its first process kills all of them. bash runs no trap while it waits for a foreground command, which for an
# installation is a minute; the builtin `wait` ends at once.
enclosed() {
  local status=0
  unshare --mount --pid --fork --kill-child --mount-proc "$@" &
  BUILD=$!
  wait "$BUILD" || status=$?
  BUILD=
  return "$status"
}

clean_up() {
  # The interpreter of a signal's trap runs this again on its way out.
  trap - EXIT
  if [ -n "${BUILD:-}" ]; then
    kill -KILL "$BUILD" 2>/dev/null || true
    wait "$BUILD" 2>/dev/null || true
  fi
  # Those that were killed may still be ending, and writing until then.
  [ -z "${WORK:-}" ] || rm -rf --one-file-system -- "$WORK" 2>/dev/null || { sleep 1 && rm -rf --one-file-system -- "$WORK"; }
}

# make_root DIR INPUTS COMMAND : run COMMAND DIRECTORY to fill a new directory, then give it the name DIR.
make_root() {
  local dir parent inputs=$2 builder=$3 stale began=$SECONDS
  dir=$(realpath -m -- "$1")
  parent=$(dirname -- "$dir")
  [ "$dir" != / ] || misused "DIR cannot be /"
  if [ -e "$dir" ] && [ ! -d "$dir" ]; then fail "$dir is there and is not a directory"; fi
  mkdir -p -- "$parent"

  # The lock is the parent directory itself: nothing of it can be left behind.
  exec {LOCK}<"$parent"
  if ! flock -n "$LOCK"; then
    say "waiting for another run in $parent"
    flock "$LOCK"
  fi

  if [ -d "$dir" ] && ! is_empty "$dir"; then
    if [ ! -f "$dir/$STAMP" ] || [ -L "$dir/$STAMP" ]; then
      fail "$dir is not empty and was not made by this script: choose another directory, or empty it"
    fi
    if [ "$(head -c 64 "$dir/$STAMP")" = "$inputs" ]; then
      say "$dir is up to date"
      return
    fi
    say "$dir was made from other inputs: making it anew (the present one is kept as $dir.previous)"
  fi

  # Whoever holds the lock has no neighbours: such directories are from runs that were killed.
  for stale in "$dir".tmp.*; do
    if [ -d "$stale" ] && [[ $stale =~ \.tmp\.[0-9]+$ ]]; then rm -rf --one-file-system -- "$stale"; fi
  done

  WORK=$dir.tmp.$$
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  mkdir -- "$WORK"
  "$builder" "$WORK"
  compile_into "$WORK"
  chmod 0755 "$WORK"
  printf '%s\n' "$inputs" >"$WORK/$STAMP"

  if [ -d "$dir" ]; then
    if is_empty "$dir"; then
      rmdir -- "$dir"
    else
      rm -rf --one-file-system -- "$dir.previous"
      mv -T -- "$dir" "$dir.previous"
    fi
  fi
  mv -T -- "$WORK" "$dir"
  WORK=
  say "$dir is ready: $(du -sh -- "$dir" | cut -f1), $((SECONDS - began)) s"
}
