# Who runs here, and what the executor has left behind.

# Sets `parent`, `session` and `start` of process $1; fails where it is gone or a zombie.
look() {
  local line text=''
  { while IFS= read -r line; do text="$text $line"; done <"/proc/$1/stat"; } 2>/dev/null || return 1
  [ -n "$text" ] || return 1
  # The name, in brackets, may hold anything.
  set -- ${text##*) }
  [ "$1" != Z ] && [ "$1" != X ] || return 1
  parent=$2 session=$4 start=${20}
}

# Is process $1, started at $2, still there?
lives() {
  local parent session start
  look "$1" && [ "$start" = "$2" ]
}

# A pause that holds no descriptor of ours, so that nobody waits for it.
nap() {
  sleep "$1" </dev/null >/dev/null 2>&1 3<&- 4>&-
}

# Lets a subshell end at signal $1, with no pause of its own left behind.
end_at() {
  pause='' over=''
  trap 'over=1; [ "$pause" = starting ] || leave' "$1"
}

# Killed and waited for: nobody else may collect it.
leave() {
  [ -z "$pause" ] || {
    kill -9 "$pause"
    wait "$pause"
  }
  exit 0
}

# A pause of $1 seconds of such a subshell. The signal can come before its number is known.
rest() {
  pause=starting
  sleep "$1" </dev/null >/dev/null 2>&1 &
  pause=$!
  [ -z "$over" ] || leave
  wait "$pause"
  pause=''
  # The tool's place may have been deleted meanwhile, and ours be there.
  hash -r
}

# A line for each process: PID PARENT SESSION START.
processes() {
  local entry parent session start
  for entry in /proc/[0-9]*; do
    look "${entry#/proc/}" && printf '%s %s %s %s\n' "${entry#/proc/}" "$parent" "$session" "$start"
  done
}

# The descendants of process $1, it not included.
descendants() {
  processes | awk -v top="$1" '
    { parent[$1] = $2 }
    END {
      for (pid in parent) {
        # The table is no snapshot: a number used twice could make a ring of it.
        hops = 0
        for (up = parent[pid]; up in parent && up != top && hops++ < 999; up = parent[up]) ;
        if (up == top && pid != top) print pid
      }
    }'
}

# The executor of this lock or of a dead one, with all that it has not let go of. Its children
# are listed before it is killed: later they are nobody's.
kill_executor() {
  local pid start list
  read -r pid start 2>/dev/null <"$home/executor" || return 0
  lives "$pid" "$start" || return 0
  list=$(descendants "$pid")
  kill -9 "$pid" $list 2>/dev/null
}

# Prints PID ROOT for each process that a build left behind: those below the executor, and
# orphans (ROOT's parent is who gets them) that are younger than our first contact, are no
# child that this parent made itself (those share its session, the executor has its own), and
# belong neither to us nor to a client that waits.
left_behind() {
  local file pid start executor='' namespace_then first_start since reaper
  read -r namespace_then first_start since reaper <"$state/processes" || return 1
  read -r executor start 2>/dev/null <"$home/executor" && lives "$executor" "$start" || executor=
  {
    printf 'ours %s\n' "$me"
    lives "$$" "$my_start" && printf 'ours %s\n' "$$"
    for file in "$clients"/*-*; do
      pid=${file##*/} start=${pid#*-} pid=${pid%%-*}
      case $pid$start in *[!0-9]* | '') continue ;; esac
      lives "$pid" "$start" && printf 'ours %s\n' "$pid"
    done
    processes
  } | awk -v since="$since" -v reaper="$reaper" -v executor="$executor" '
    $1 == "ours" { ours[$2]; next }
    { parent[$1] = $2; session[$1] = $3; start[$1] = $4 }
    END {
      for (pid in ours)
        for (up = pid; up in parent && !(up in spared); up = parent[up]) spared[up]
      for (pid in parent) {
        hops = 0
        for (up = pid; up in parent && hops++ < 999; up = parent[up]) {
          if (up == executor) { print pid, up; break }
          if (up in spared || start[up] <= since) break
          if (parent[up] == reaper) {
            if (session[up] != session[reaper]) print pid, up
            break
          }
        }
      }
    }'
}

# Kills what a build left behind, until there is none; fails when there is still some.
sweep() {
  local round=0 pid root list own
  own=$(readlink /proc/1/exe)
  while [ "$round" -lt 40 ]; do
    list=
    while read -r pid root; do
      # A server that is process 1 itself and serves somebody else.
      [ -n "$pid" ] && [ "$(readlink "/proc/$root/exe")" != "$own" ] && list="$list $pid"
    done <<LEFT
$(left_behind)
LEFT
    [ -n "$list" ] || return 0
    kill -9 $list 2>/dev/null
    round=$((round + 1))
    nap 0.1
  done
  problem="processes of a build cannot be killed:$list"
  return 1
}

# An executor that nobody of ours has started, as `waiting` shows it.
foreign_executor() {
  local entry pid recorded='' begun=0 parent session start up file
  read -r recorded begun 2>/dev/null <"$home/executor"
  for entry in $(ls -l /proc/[0-9]*/exe 2>/dev/null |
    sed -n 's|^.* /proc/\([0-9]*\)/exe -> /kaniko/executor\( (deleted)\)\{0,1\}$|\1|p'); do
    look "$entry" || continue
    [ "$entry" != "$recorded" ] || [ "$start" != "$begun" ] || continue
    # Clients ask it for its version before they hold the lock.
    up=$entry
    while look "$up"; do
      for file in "$clients/$up-"*; do [ ! -e "$file" ] || continue 3; done
      up=$parent
    done
    return 0
  done
  return 1
}
