# Is this a container that Kaniko may wipe? Everything here only reads.
#
# What is wanted is proof, not the absence of doubt: a machine that somebody copied Kaniko to,
# or a shell on somebody's computer, must never pass. No flag leads around it.

# The initial process namespace has this number on every Linux.
# Source: Linux, include/linux/proc_ns.h, PROC_PID_INIT_INO.
initial_namespace='pid:[4026531836]'

# Reads the mounts into `mounts` as `///proc///dev//`: `//` is in no path, so `/PATH//` behind a
# `/` means that PATH is a mount, and `/PATH/` with more behind it that it leads to one.
read_mounts() {
  local table id parent device top point rest
  mounts=/ root_kind='' root_source='' root_top=''
  table=$(cat /proc/self/mountinfo) || return 1
  while IFS=' ' read -r id parent device top point rest; do
    case $point in
    *\\*)
      point=$(printf '%s' "$point" | sed 's/\\\([0-7][0-7][0-7]\)/\\0\1/g')
      point=$(printf '%b.' "$point")
      point=${point%.}
      ;;
    esac
    # A mount whose place was deleted spares nothing.
    case $point in *//deleted) continue ;; esac
    mounts=$mounts$point//
    if [ "$point" = / ]; then
      rest=${rest#*- }
      root_kind=${rest%% *} rest=${rest#* } root_source=${rest%% *} root_top=$top
    fi
  done <<TABLE
$table
TABLE
  # A table without that one is none to rely on.
  case $mounts in *//proc//*) return 0 ;; esac
  return 1
}

# A mark that an engine leaves, and nobody else: only the environment of process 1 counts, for
# ours can come from a client's.
marked() {
  [ -e /.dockerenv ] || [ -e /run/.containerenv ] || tr '\0' '\n' </proc/1/environ |
    grep -qE '^(container=(docker|podman|oci|containerd|crio|garden)$|KUBERNETES_SERVICE_HOST=.|CF_INSTANCE_)'
}

prove() {
  local pid rest name found
  [ "$(id -u)" = 0 ] || refuse root "the shell there runs as user $(id -u)"
  [ -d /kaniko ] && [ ! -L /kaniko ] && [ -f /kaniko/executor ] &&
    [ ! -L /kaniko/executor ] && [ -x /kaniko/executor ] ||
    refuse executor "there is no program /kaniko/executor"

  read -r pid rest </proc/self/stat && [ "$pid" = "$$" ] ||
    refuse container "/proc there shows other processes than its own"
  namespace=$(readlink /proc/self/ns/pid) && [ -n "$namespace" ] ||
    refuse container "/proc there does not tell its process namespace"
  [ "$namespace" != "$initial_namespace" ] ||
    refuse container "it shares the process namespace of its machine"

  read_mounts || refuse container "/proc there tells no mounts"
  case $root_kind in
  '') refuse container "nothing is mounted at /" ;;
  overlay | overlayfs | aufs | fuse.fuse-overlayfs | fuse-overlayfs) ;;
  *)
    # Engines without overlays give a directory of some file system, or a volume of their own.
    case $root_source in
    /dev/*) [ "$root_top" != / ] || refuse machine "/ is the whole of the device $root_source" ;;
    esac
    marked || refuse container "/ is a $root_kind and no container engine has left its mark"
    ;;
  esac

  read -r name </proc/1/comm || refuse container "process 1 cannot be seen"
  case $name in
  init | init\(* | systemd | openrc-init | runit | runit-init | procd | launchd | upstart | \
    shepherd | dinit | finit) refuse machine "its process 1 is $name" ;;
  esac
  [ ! -d /run/systemd/system ] || refuse machine "systemd runs there"
  ! tr '\0' '\n' </proc/1/environ | grep -qE '^container=(lxc|lxc-libvirt|systemd-nspawn|wsl)$' ||
    refuse machine "it is a container that stands for a whole machine"
  for found in /boot/vmlinu* /boot/bzImage* /boot/kernel* /boot/initr* /boot/efi/* /boot/grub*/*; do
    [ ! -e "$found" ] || refuse machine "it has $found"
  done
  ! grep -qE '^[[:blank:]]*[^#[:blank:]]' /etc/fstab || refuse machine "its /etc/fstab has entries"
  for found in /home/*/.ssh /home/*/.bash_history /home/*/.zsh_history; do
    [ ! -e "$found" ] || refuse machine "somebody lives there: it has $found"
  done

  version=$(env -i HOME=/ /kaniko/executor version </dev/null) || version=
  case $version in
  *'Kaniko version'*) version=$(printf '%s' "${version#*:}" | tr -s '[:cntrl:] ' ' ') ;;
  *) refuse executor "its /kaniko/executor is not Kaniko's" ;;
  esac
  version=${version# } version=${version% }
}

# What a build leaves in /kaniko; with no state of ours there, somebody else's.
# Source: both executors' constants and their `--cleanup`.
used() {
  local name
  for name in Dockerfile Dockerfile.dockerignore buildcontext stages bases deps layers caches \
    swap secrets; do
    [ ! -e "/kaniko/$name" ] || is_mount "/kaniko/$name" || { trace=/kaniko/$name && return 0; }
  done
  for name in /kaniko/[0-9]*; do
    case ${name#/kaniko/} in
    *[!0-9]*) ;;
    *) [ ! -e "$name" ] || { trace=$name && return 0; } ;;
    esac
  done
  return 1
}

is_mount() {
  case $mounts in *"/$1//"*) return 0 ;; esac
  return 1
}
