#!/bin/bash
# The root file systems of the replicas and of the balancer.
set -euo pipefail
rootfs-scripts/busybox.sh rootfs/node --with "$(node -p process.execPath)"
rootfs-scripts/busybox.sh rootfs/haproxy --with haproxy

# busybox.sh:
# #!/bin/bash
# # A root file system of a few MB: static busybox.
# set -euo pipefail
# # shellcheck source=rootfs-scripts/common.sh
# . "$(dirname "$0")/common.sh"
#
# usage() {
#   cat <<'TEXT'
# Usage: busybox.sh DIR [--with PROGRAM,...]
#
# Make a small root file system in DIR: the static busybox of Debian's package
# busybox-static with a link for each of its programs, and the lab's programs
# /home/loop and /home/mem. About 3 MB; a second or two.
#
# The package is taken from this machine when it is installed, otherwise
# downloaded through apt (1 MB). Needs no root. Running it again is quick when
# nothing has changed. A DIR that was not made by this script must be empty or
# missing; one that cannot be finished is not left behind.
#
#       --with PROGRAM,...  this machine's own node, haproxy ..., by name or path,
#                           with the shared libraries that it needs
#   -h, --help              show this and exit
#
# Example:
#   rootfs-scripts/busybox.sh rootfs/busybox
#   npm run minidocker -- --rootfs rootfs/busybox
# TEXT
# }
#
# # is_static FILE
# is_static() { ! ldd "$1" >/dev/null 2>&1; }
#
# # fetch_busybox DIRECTORY : prints the path of a static busybox; DIRECTORY may be used for the download.
# fetch_busybox() {
#   local installed
#   for installed in /bin/busybox /usr/bin/busybox; do
#     if [ -x "$installed" ] && is_static "$installed"; then
#       printf '%s\n' "$installed"
#       return
#     fi
#   done
#   need apt-get apt
#   need dpkg-deb dpkg
#   say 'downloading busybox-static (1 MB)'
#   # apt drops its privileges for downloads, to a user that must be able to write here.
#   chmod 0777 "$1"
#   (cd "$1" && apt-get download -qq busybox-static >&2) ||
#     fail 'apt cannot get busybox-static: run apt-get update, or install the package'
#   dpkg-deb -x "$1"/busybox-static_*.deb "$1"
#   find "$1" -name busybox -type f -perm -u+x -print -quit
# }
#
# # path_of PROGRAM
# path_of() {
#   local path
#   # sbin is not in a plain user's PATH.
#   path=$(PATH=$PATH:/usr/sbin:/sbin command -v -- "$1") || fail "$1 is not installed"
#   realpath -- "$path"
# }
#
# # add_program ROOT PROGRAM : into /bin, with the libraries that the dynamic loader would take, each at its own path.
# add_program() {
#   local root=$1 path library
#   path=$(path_of "$2")
#   rm -f "$root/bin/${2##*/}"
#   cp "$path" "$root/bin/${2##*/}"
#   while read -r library; do
#     mkdir -p "$root$(dirname -- "$library")"
#     cp -L "$library" "$root$library"
#   done < <(ldd "$path" 2>/dev/null | grep -o '/[^ ]*' | sort -u)
# }
#
# fill() {
#   local program
#   fill_busybox "$1"
#   for program in "${PROGRAMS[@]}"; do add_program "$1" "$program"; done
# }
#
# fill_busybox() {
#   local root=$1 download=$1/.download busybox applet
#   mkdir "$download"
#   busybox=$(fetch_busybox "$download")
#   mkdir -p "$root"/{bin,dev,etc,home,proc,root,run,sys,tmp,usr,var}
#   chmod 0700 "$root/root"
#   chmod 1777 "$root/tmp"
#   cp "$busybox" "$root/bin/busybox"
#   chmod 0755 "$root/bin/busybox"
#   rm -rf "$download"
#   ln -s bin "$root/sbin"
#   ln -s ../bin "$root/usr/bin"
#   ln -s ../bin "$root/usr/sbin"
#   while read -r applet; do
#     [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
#   done < <("$root/bin/busybox" --list)
#   printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'nobody:x:65534:65534:nobody:/:/bin/false' >"$root/etc/passwd"
#   printf '%s\n' 'root:x:0:' 'tty:x:5:' 'nogroup:x:65534:' >"$root/etc/group"
#   printf '%s\n' '127.0.0.1 localhost' '::1 localhost' >"$root/etc/hosts"
# }
#
# directory=
# WITH=
# while [ $# -gt 0 ]; do
#   case $1 in
#   -h | --help)
#     usage
#     exit
#     ;;
#   --with)
#     [ $# -gt 1 ] || misused '--with needs a list of programs'
#     WITH=$2
#     shift
#     ;;
#   --with=*) WITH=${1#--with=} ;;
#   -*) misused "unknown option $1" ;;
#   *)
#     [ -z "$directory" ] || misused "one DIR only, got $directory and $1"
#     directory=$1
#     ;;
#   esac
#   shift
# done
# [ -n "$directory" ] || misused 'DIR is missing'
#
# need "${CC:-cc}" 'gcc libc6-dev'
# IFS=, read -ra PROGRAMS <<<"$WITH"
# facts=
# for program in "${PROGRAMS[@]}"; do
#   path=$(path_of "$program")
#   facts+=" $program $(stat -c '%n %s %Y' -- "$path")"
# done
# # A program that was updated is another one.
# make_root "$directory" "$(inputs_of busybox "$facts")" fill
#
