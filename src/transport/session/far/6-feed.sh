# The client's frames: a line each, some with bytes behind it, read exactly.
#
# `read` takes a pipe byte by byte, and dd takes as many as it is told; head -c would read on.

# Notes that the client has been heard; the watchman looks at this file's time.
heard() {
  : >"$clients/$my_name"
}

# Appends the next $2 bytes of the frames to file $1.
take() {
  local why
  if [ "$2" = 0 ]; then
    : >>"$1"
  else
    why=$(dd bs=65536 count="$2" iflag=fullblock,count_bytes <&3 2>&1 >>"$1") ||
      fail_feed "it cannot be written there: ${why%%"$newline"*} ($(room) KiB are left at /kaniko)"
  fi
}

newline='
'

# Ends this client's affair: told to stop, or alone.
abandon() {
  : >"$clients/$my_name.stop"
  # Another client's executor is none of ours.
  ! main_holds_lock || kill_executor
  kill -TERM "$$"
  exit 1
}

# Until the client says `proceed`; nothing else but beats comes before it.
listen() {
  local line
  while read -r line <&3; do
    heard
    case $line in
    beat) ;;
    proceed) exit 0 ;;
    stop) break ;;
    *)
      say "error feed $strange"
      break
      ;;
    esac
  done
  abandon
}

strange='the connection brought something else than what was sent'

# Everything up to `run`: files, wishes, the bundle in chunks, its length and checksum. `run`
# brings the checksum of all lines that say what is to be done.
receive() {
  local word length sum path total=0 lines='' found
  { mkdir -m 700 "$run" && : >"$run/.wants"; } || fail_feed "no directory can be made there"
  while IFS=' ' read -r word length sum path <&3; do
    heard
    case $word in
    file | want | bundle) lines=$lines$word' '$length' '$sum' '$path$newline ;;
    esac
    case $length in
    *[!0-9]*) [ "$word" != file ] && [ "$word" != chunk ] || fail_feed "$strange" ;;
    esac
    case $word in
    beat) ;;
    file)
      make_parent "$path"
      take "$run/$path" "$length"
      verify "$run/$path" "$length" "$sum"
      ;;
    chunk)
      take "$run/bundle.tgz" "$length"
      total=$((total + length))
      ;;
    bundle)
      [ "$total" = "$length" ] || fail_feed "$total bytes of the bundle came instead of $length"
      verify "$run/bundle.tgz" "$length" "$sum"
      ;;
    want)
      make_parent "$path"
      printf '%s %s %s\n' "$length" "$sum" "$path" >>"$run/.wants" ||
        fail_feed "it cannot be written there ($(room) KiB are left at /kaniko)"
      ;;
    run)
      found=$(printf %s "$lines" | sha256sum)
      [ "${found%% *}" = "$length" ] || fail_feed "$strange"
      exit 0
      ;;
    stop) abandon ;;
    *) fail_feed "$strange" ;;
    esac
  done
  abandon
}

make_parent() {
  case $1 in
  */*) mkdir -p "$run/${1%/*}" || fail_feed "no directory can be made there" ;;
  esac
}

# Is file $1 of $2 bytes with the checksum $3?
verify() {
  local found
  # Cut within it: the end of the frames follows.
  [ "$(stat -c %s "$1")" = "$2" ] || return 0
  # Hashing takes what it takes, and the client is not read meanwhile.
  : >"$clients/$my_name.busy"
  found=$(sha256sum <"$1")
  rm -f "$clients/$my_name.busy"
  heard
  [ "${found%% *}" = "$3" ] || fail_feed "what arrived is not what was sent: its checksum differs"
}

# Not by way of a file: the disk can be full.
fail_feed() {
  say "error feed $*"
  exit 2
}
