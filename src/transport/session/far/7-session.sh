# One build from its greeting to its end.

generation='' in_run='' started='' code='' problem=''
me=$$

# Tells the client that we are here, as long as it takes.
beats() {
  end_at TERM
  exec 3<&- 4>&-
  while :; do
    rest "$beat"
    lives "$$" "$my_start" || exit 0
    printf 'beat\n'
  done
}

start_beats() {
  beats &
  beats_pid=$!
}

stop_beats() {
  kill -TERM "$beats_pid"
  wait "$beats_pid"
}

# Sees to it that everything ends when the client is silent or the main shell is gone.
watch() {
  local tick=$((silence / 12)) quiet=0 last='' now waited
  trap '' HUP INT TERM
  end_at USR1
  exec 3<&- 4>&- >/dev/null
  read -r me now </proc/self/stat
  watch_pid=$me
  [ "$tick" -gt 0 ] || tick=1
  while :; do
    rest "$tick"
    lives "$$" "$my_start" || take_over
    [ ! -e "$clients/$my_name.ending" ] || continue
    now=$(stat -c '%n %Y %s' "$clients/$my_name" "$run/bundle.tgz")
    if [ "$now" != "$last" ] || [ -e "$clients/$my_name.busy" ]; then
      last=$now quiet=0
      continue
    fi
    quiet=$((quiet + tick))
    [ "$quiet" -ge "$silence" ] || continue
    : >"$clients/$my_name.stop"
    ! main_holds_lock || kill_executor
    kill -TERM "$$"
    # It may be kept by a program that writes to a dead connection, or by such a write itself.
    nap 2
    [ -e "$clients/$my_name.ending" ] || kill_others
    waited=0
    while [ ! -e "$clients/$my_name.ending" ] && [ "$waited" -lt 20 ]; do
      nap 1
      waited=$((waited + 1))
    done
    [ -e "$clients/$my_name.ending" ] || kill -9 "$$"
  done
}

# The main shell is gone: what it held is ended in its place, unless another client does.
take_over() {
  local holder=''
  kill_others
  if main_holds_lock && take_lock "$me" "$(look "$me" && printf '%s' "$start")"; then
    [ ! -e "$home/dirty" ] || { kill_executor; clean && restore; }
    drop_lock
  fi
  rm -f "$clients/$my_name" "$clients/$my_name".*
  exit 0
}

# Kills what the main shell has started, but the watchman and the beats.
kill_others() {
  local pid list=''
  for pid in $(descendants "$$"); do
    case " $watch_pid $beats_pid $(descendants "$watch_pid") $(descendants "$beats_pid") " in
    *[!0-9]"$pid"[!0-9]*) ;;
    *) list="$list $pid" ;;
    esac
  done
  [ -z "$list" ] || kill -9 $list
}

# The one way out: what is held is cleaned and let go, and the client told so.
finish() {
  local farewell='' bound
  trap '' TERM HUP INT
  trap - EXIT
  : >"$clients/$my_name.ending"
  kill_others
  if main_holds_lock; then
    if [ -e "$home/dirty" ]; then
      if kill_executor && clean && restore; then farewell=cleaned; else farewell="unclean $problem"; fi
    fi
    drop_lock
  fi
  kill -USR1 "$watch_pid"
  wait "$watch_pid"
  stop_beats
  rm -f "$clients/$my_name" "$clients/$my_name".*
  # Nobody may be there to hear it, and the connection be full.
  give_up_after 10 &
  bound=$!
  [ -z "$farewell" ] || say "$farewell"
  say bye
  kill -USR1 "$bound"
  wait "$bound"
}

# Kills the main shell after $1 seconds, unless told not to.
give_up_after() {
  end_at USR1
  exec 3<&- 4>&- >/dev/null
  rest "$1"
  kill -9 "$$"
}

# Ends with a word to the client: CLASS TEXT.
fail() {
  say "error $*"
  exit 1
}

# Runs the executor in the foreground: a background job would ignore INT and QUIT, and so
# would every RUN step.
execute() {
  say started
  started=1 in_run=1
  # Its arguments and environment come in a file that is gone before it starts.
  setsid env -i "$state/bin/busybox" sh -c '
    cd / && unset PWD OLDPWD SHLVL PATH && . /kaniko/.kaniko-build/run/.start || exit 126
    /kaniko/.kaniko-build/state/bin/rm -f /kaniko/.kaniko-build/run/.start
    read -r kb_line </proc/self/stat
    kb_record() { shift 19; printf "%s %s\n" "$$" "$1" >/kaniko/.kaniko-build/executor; }
    kb_record ${kb_line##*) }
    [ ! -e "$0" ] || exit 143
    umask 022
    exec /kaniko/executor "$@"' "$clients/$my_name.stop" </dev/null >&4 2>&4 3<&- 4>&-
  code=$?
}

# Sends back what was wanted, each with its length and checksum before it.
deliver() {
  local number kind path length sum digest
  while IFS=' ' read -r number kind path; do
    case $kind in
    digest)
      [ -s "$run/$path" ] || continue
      digest=$(tr -d '\n' <"$run/$path" | cut -c 1-200)
      say "digest $digest"
      continue
      ;;
    file)
      if [ ! -f "$run/$path" ]; then
        say "missing $number"
        continue
      fi
      pack() { cat "$run/$path"; }
      ;;
    directory)
      if [ ! -d "$run/$path" ]; then
        say "missing $number"
        continue
      fi
      pack() { tar -C "$run/$path" -cf - .; }
      ;;
    esac
    length=$(pack | wc -c)
    sum=$(pack | sha256sum)
    # Beats would get among the bytes.
    stop_beats
    say "output $number $length ${sum%% *}"
    pack
    start_beats
  done <"$run/.wants"
}

greet() {
  printf '%s\n' 'kaniko-build hello 1'
  say "version $version"
  say "flags $(env -i HOME=/ /kaniko/executor --help </dev/null |
    sed -n 's/^ *\(-[a-zA-Z], \)\{0,1\}\(--[a-zA-Z-]*\).*/\2/p' | tr '\n' ' ')"
  say "room $(room)"
  say greeted
}

# Waits for the lock, and for executors that somebody has started by hand.
acquire() {
  local turn=0 since=''
  while ! take_lock "$$" "$my_start"; do
    [ -n "$holder" ] || fail "prepare the lock cannot be written ($(room) KiB are left at /kaniko)"
    [ $((turn % 5)) != 0 ] || say "waiting $holder"
    turn=$((turn + 1))
    nap 1
    hash -r
  done
  turn=0
  while foreign_executor; do
    [ -n "$since" ] || since=$(date +%s)
    [ $((turn % 5)) != 0 ] || say "waiting $since - -"
    turn=$((turn + 1))
    nap 1
    hash -r
  done
  forget_dead
}

# Removes what clients that were killed have left in the list of clients.
forget_dead() {
  local file name
  for file in "$clients"/*; do
    name=${file##*/} name=${name%%.*}
    lives "${name%%-*}" "${name#*-}" || rm -f "$file"
  done
}

# All that can be told without the lock, and no more: nothing is made or changed here.
probe() {
  [ -w /kaniko ] || refuse space "/kaniko cannot be written ($(room) KiB are left)"
  [ -e "$state/version" ] || ! used || refuse used "$trace is there"
  greet
  if is_held; then
    say "waiting $holder"
  elif foreign_executor; then
    say "waiting $(date +%s) - -"
  fi
  [ -e "$state/version" ] || fits || say "error $problem"
  say bye
}

main() {
  local tool list parent session start trace listener
  prove
  list=$("$busybox" --list)
  for tool in $tools; do
    case $newline$list$newline in
    *"$newline$tool$newline"*) ;;
    *) refuse tools "its busybox has no $tool" ;;
    esac
  done
  [ ! -e "$state/version" ] || [ "$(cat "$state/version")" = "$state_version" ] ||
    refuse version "another version of kaniko-build has prepared it"
  if [ ! -e "$home" ] && used && [ ! -e "$home" ]; then
    refuse used "$trace is there"
  fi
  look 1 && first_start=$start && look "$$" && my_start=$start ||
    refuse container "/proc there does not tell its processes"
  my_name=$$-$my_start
  if [ "$purpose" = probe ]; then
    probe
    exit 0
  fi

  mkdir -p "$locks" "$clients" || refuse space "/kaniko cannot be written ($(room) KiB are left)"
  trap '[ -n "$in_run" ] || exit 1' TERM HUP INT
  trap : PIPE
  trap finish EXIT
  heard
  watch_pid=''
  start_beats
  watch &
  watch_pid=$!
  listen &
  listener=$!
  greet
  acquire
  say locked

  if [ ! -e "$state/version" ]; then
    ! used || fail "used $trace is there"
    prepare || {
      rm -rf "$home/new"
      fail "$problem"
    }
  fi
  read -r parent session start <"$state/processes"
  if [ "$parent $session" != "$namespace $first_start" ]; then
    note_processes "$state" || fail 'prepare the processes of this place cannot be noted'
  fi
  main_holds_lock || fail 'prepare the lock was lost'
  clean || fail "clean $problem"
  say ready

  wait "$listener" || exit 1
  receive &
  wait $! || exit 1
  say received
  listen &
  [ -e "$clients/$my_name.stop" ] || execute
  if [ -n "$started" ]; then
    # Until it is told, nothing ends this shell: who stops the executor sends it a signal as well.
    say "exit $code"
    in_run=
    # Nobody changes an output any more.
    sweep
    [ "$code" != 0 ] || [ -e "$clients/$my_name.stop" ] || deliver
  fi
  exit 0
}

main
