# The far side of one build: this text is read from stdin and evaluated by whatever shell the
# connection starts, and starts itself again under busybox, whose tools are all that it needs.
#
# stdout carries the protocol's lines, stderr the executor's output, stdin the client's frames.
# Nothing on this machine is touched before `prove` has found it to be a container for Kaniko.

if [ "$0" != kaniko-build-far ]; then
  for kb_busybox in /kaniko/.kaniko-build/state/bin/busybox /busybox/busybox \
    /busybox2/busybox "$(command -v busybox)" /bin/busybox /usr/bin/busybox; do
    if [ -x "$kb_busybox" ] && "$kb_busybox" true 2>/dev/null; then
      # Unquoted: the client's words, of plain characters only.
      exec "$kb_busybox" sh -c "$kb_script" kaniko-build-far "$kb_busybox" $kb_words
    fi
  done
  printf '%s\n' 'kaniko-build refused tools there is no busybox'
  exit 3
fi

set -u
busybox=$1 beat=$2 silence=$3 build=$4 owner=$5 purpose=$6

home=/kaniko/.kaniko-build
state=$home/state run=$home/run locks=$home/locks clients=$home/clients

PATH=$state/bin:${busybox%/*}:/busybox:/busybox2:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
IFS=' 	
'
umask 077
cd /

# The client's frames are read from 3 and the executor writes to 4: no tool takes or writes
# anything there by accident.
exec 3<&0 4>&2 </dev/null 2>/dev/null

# A line of the protocol, with its checksum: what changes on its way must not mean something else.
say() {
  local sum
  # Where it was found before, a build may have deleted it.
  sum=$(hash -r && printf %s "$*" | sha256sum)
  printf '%s\n' "$* ${sum%% *}"
}

# The one way to say no before anything has been touched, in a line as bare as the greeting's first.
refuse() {
  printf '%s\n' "kaniko-build refused $*"
  exit 3
}
