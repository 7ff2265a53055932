# What this place looked like before its first build, and how it gets to look so again.
#
# $state holds `version`, `bin` (a busybox of ours), `skel` (a copy of /), `kaniko` (copies of
# the directories in /kaniko), `names` (what belongs in /kaniko), `shm` (in /dev/shm) and
# `processes`; it appears whole, by a rename. `dirty` beside it says that a build has begun.

state_version=1
tools='awk cat chmod chown cp cut date dd df du env grep id ln ls mkdir mv readlink rm sed setsid sh
  sha256sum sleep stat tail tar touch tr true wc'

# Says what is in directory $1, one `entry` after the other, to the function $2.
each_in() {
  local entry action=$2
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if [ -e "$entry" ] || [ -L "$entry" ]; then
      "$action" "$entry" || return 1
    fi
  done
}

# Gives $2 the owner, mode and time of $1.
liken() {
  chown "$(stat -c %u:%g "$1")" "$2" && chmod "$(stat -c %a "$1")" "$2" && touch -r "$1" "$2"
}

# Copies $1, an entry of / or of /kaniko, to its place in the copy that starts at $new_top.
keep() {
  case $1 in
  /proc | /sys | /dev | /kaniko | "$home") return 0 ;;
  esac
  case $mounts in
  *"/$1//"*) return 0 ;;
  *"/$1/"[!/]*)
    mkdir "$new_top$1" && each_in "$1" keep && liken "$1" "$new_top$1"
    ;;
  *) cp -a "$1" "$new_top$1" ;;
  esac
}

keep_of_kaniko() {
  [ "$1" != "$home" ] || return 0
  : >"$home/new/names/${1##*/}"
  [ ! -d "$1" ] || [ -L "$1" ] || keep "$1"
}

note_of_shm() {
  : >"$home/new/shm/${1##*/}"
}

# Adds the size of $1 to `needed`, in KiB.
measure() {
  local size rest
  case $1 in
  /proc | /sys | /dev | /kaniko) return 0 ;;
  esac
  case $mounts in
  *"/$1//"*) ;;
  *"/$1/"[!/]*) each_in "$1" measure ;;
  *)
    size=$(du -sk "$1") || size=0
    needed=$((needed + ${size%%[!0-9]*}))
    ;;
  esac
}

# The room at /kaniko, in KiB.
room() {
  df -k /kaniko | awk '{ room = $(NF - 2) } END { print room }'
}

# Can the state be kept here? Why not is in `problem` as CLASS TEXT. Touches nothing.
fits() {
  local needed=8192
  if dd if="$busybox" bs=4096 count=1 | tr '\0' '\n' | grep -q '^/.*/ld[-.0-9]'; then
    problem='static its busybox needs libraries, which a build deletes'
    return 1
  fi
  each_in '' measure
  if [ "$needed" -gt "$(room)" ]; then
    problem="space a copy of / takes $needed KiB and /kaniko has $(room) KiB left"
    return 1
  fi
}

# Makes the state; its failure is in `problem` as CLASS TEXT.
prepare() {
  local tool new_top
  rm -rf "$home/new"
  fits || return 1
  problem='prepare the state of this place cannot be kept'
  mkdir -p "$home/new/bin" "$home/new/skel" "$home/new/kaniko" "$home/new/names" "$home/new/shm" &&
    cp "$busybox" "$home/new/bin/busybox" && chmod 755 "$home/new/bin/busybox" || return 1
  for tool in $tools; do ln -s busybox "$home/new/bin/$tool" || return 1; done
  new_top=$home/new/skel && each_in '' keep && liken / "$home/new/skel" &&
    mkdir "$home/new/kaniko/kaniko" && new_top=$home/new/kaniko && each_in /kaniko keep_of_kaniko &&
    liken /kaniko "$home/new/kaniko/kaniko" && each_in /dev/shm note_of_shm && note_processes "$home/new" &&
    printf '%s\n' "$state_version" >"$home/new/version" && mv "$home/new" "$state" || return 1
  hash -r
}

# Notes in directory $1 which processes are older than any build, and who gets orphans.
note_processes() {
  local parent session start orphan
  orphan=$(
    sleep 5 </dev/null >/dev/null 2>&1 3<&- 4>&- &
    printf '%s\n' "$!"
  )
  look "$orphan" || return 1
  kill "$orphan"
  [ "$parent" != 0 ] || parent=1
  printf '%s %s %s %s\n' "$namespace" "$first_start" "$my_start" "$parent" >"$1/processes"
}

# Removes $1 and all below it, but mounts and the directories that lead to them.
wipe() {
  case $1 in
  /proc | /sys | /dev | /kaniko | "$home") return 0 ;;
  esac
  case $mounts in
  *"/$1//"*) return 0 ;;
  *"/$1/"[!/]*)
    each_in "$1" wipe
    [ ! -d "$state/skel$1" ] || liken "$state/skel$1" "$1"
    ;;
  *)
    rm -rf "$1" && [ ! -e "$1" ] && [ ! -L "$1" ] || left=$1
    ;;
  esac
  return 0
}

wipe_of_kaniko() {
  if [ -e "$state/names/${1##*/}" ] && { [ ! -d "$1" ] || [ -L "$1" ]; }; then
    return 0
  fi
  wipe "$1"
}

wipe_of_shm() {
  [ -e "$state/shm/${1##*/}" ] || rm -rf "$1"
}

# Makes this place as empty as a build wants it: no process, no file of another one, and not
# the executor image's own files either, which a build would see in its first stage.
clean() {
  local left name tries=0
  # Credentials go first, whatever comes later.
  rm -rf "$run"
  : >"$home/dirty"
  sweep || return 1
  rm -f "$home/executor"
  while :; do
    left=
    read_mounts || return 1
    each_in /kaniko wipe_of_kaniko
    each_in '' wipe
    each_in /dev/shm wipe_of_shm
    [ -n "$left" ] || break
    tries=$((tries + 1))
    problem="$left cannot be removed"
    [ "$tries" -lt 3 ] || return 1
    nap 1
  done
  problem='what belongs in /kaniko cannot be put back'
  cp -a "$state/kaniko/kaniko/." /kaniko/ || return 1
  # Where these are no mounts, the executor finds no registry without them.
  for name in resolv.conf hosts hostname; do
    if [ -e "$state/skel/etc/$name" ]; then
      [ -d /etc ] || { mkdir -m 755 /etc && liken "$state/skel/etc" /etc; }
      cp -a "$state/skel/etc/$name" "/etc/$name" || return 1
    fi
  done
}

# Puts everything back as it was at first contact.
restore() {
  problem='the files of this place cannot be put back'
  cp -a "$state/skel/." / && liken "$state/skel" / && rm -f "$home/dirty"
}
