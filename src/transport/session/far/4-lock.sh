# One build at a time.
#
# The lock is a row of numbered symlinks, whose texts say who made them: whoever made the
# highest holds it, unless that one is `free` or its maker is gone. The next number can be made
# by one contender only, text and all; nothing is ever renamed or replaced, so a contender that
# was slow can at worst make a number that is no longer the highest, which it sees and gives up.

# Sets `top` and `held`, the highest number and its text; 0 where there is none.
look_up() {
  local link number
  top=0 held=free
  for link in "$locks"/*; do
    number=${link##*/}
    case $number in '' | *[!0-9]*) continue ;; esac
    [ "$number" -le "$top" ] || top=$number
  done
  [ "$top" = 0 ] || held=$(readlink "$locks/$top")
}

# Has somebody the lock? Then in `holder` as SINCE BUILD OWNER.
is_held() {
  local pid start space since what who
  look_up
  [ "$held" != free ] || return 1
  IFS='|' read -r pid start space since what who <<HELD
$held
HELD
  [ "$space" = "$namespace" ] && lives "$pid" "$start" && holder="$since $what $who"
}

# Takes the lock for process $1, started at $2. Fails where somebody else has it, in `holder`,
# or with `holder` empty where it can't be had at all.
take_lock() {
  local next
  ! is_held || return 1
  next=$((top + 1)) holder=
  if ! ln -sn "$1|$2|$namespace|$(date +%s)|$build|$owner" "$locks/$next"; then
    [ ! -L "$locks/$next" ] || holder="$(date +%s) another run"
    return 1
  fi
  look_up
  if [ "$top" != "$next" ]; then
    rm -f "$locks/$next"
    holder="$(date +%s) another run"
    return 1
  fi
  generation=$next
}

# Is the lock the main shell's? Asked by its subshells too, which were there before it was.
main_holds_lock() {
  look_up
  case $held in "$$|$my_start|$namespace|"*) return 0 ;; esac
  return 1
}

drop_lock() {
  local link number
  # Some are kept: who reads the row meanwhile must not find it empty.
  for link in "$locks"/*; do
    number=${link##*/}
    [ "$number" -ge $((generation - 8)) ] || rm -f "$link"
  done
  ln -sn free "$locks/$((generation + 1))"
  generation=
}
