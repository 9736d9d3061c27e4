# Stage 0: what a gateway runs on a machine that has nothing of ours, as `/bin/sh -c SCRIPT execnet NONCE [IMAGE]`.
#
# It finds out what is there, keeps files in a private directory, and becomes the agent. It only does what the coordinator tells it, one
# line a command; Bootstrap.swift is the other end. Every line that it says begins with the nonce. Even /dev/null may be missing here.
#
# The script may travel through any login shell in single quotes: no single quotes, exclamation marks, backslashes; every line ends a statement, because
# comments and newlines are taken out. It needs a POSIX shell, and what `busybox` alone can do.
# Names begin with an underscore, because others may be variables that the agent is to find in its environment as they are.

_nonce=$1;
_hint=$2;
_dir=;
_tried=;
_lax=;
# Whatever starts a process costs a millisecond, so where an agent is in the cache only one is.
# Some shells have only print. With echo some would take a backslash in a name for the beginning of something else.
if [ -n "$KSH_VERSION" ]; then set -- $(command -v printf 2>&-; command -v print 2>&-); else set -- printf; fi;
_printf=$1;
case "$1 $2" in
/*" print" | "print ") show() { print -rn -- "$1"; }; decode() { print -- "${1}x"; };;
*) show() { "$_printf" %s "$1"; }; decode() { "$_printf" %bx "$1"; };;
esac;
set --;
say() { show "$_nonce $*"; echo; };
# What a program printed becomes one line.
flat() { set -f; set -- $_e; set +f; _e=$*; };

# A machine may have the tools only as words of busybox; and that may claim to have them built in although it cannot start itself.
box() { if [ -x /bin/busybox ]; then /bin/busybox "$@"; else "$(command -v busybox)" "$@"; fi; };
has() { [ -n "$_tools" ] && [ -n "$(command -v "$1" 2>&-)" ]; };

# What an unfinished conversation leaves behind goes; its files are named after the nonce, because machines that share a directory may have equal processes.
clean() { for _f in "$_dir"/x.$_nonce.*; do [ -e "$_f" ] && rm -rf "$_f"; done; return 0; };
trap clean 0;
trap "exit 91" 1 2 13 15;

# Calls its arguments with _d set to each place where files may be kept, until that answers with a failure. Of a user whose number is not asked for
# yet those count that are there.
_user=;
each() {
for _p in "$XDG_CACHE_HOME" "${HOME:+$HOME/.cache}" "$HOME" /var/tmp "$XDG_RUNTIME_DIR" "$TMPDIR" /tmp /dev/shm "$PWD"; do
case $_p in /*) for _d in "${_p%/}"/.execnet-${_user:-[0-9]*}; do "$@" || return 0; done;; esac;
done;
};
# Where others may rename things, they could put their own in the place of ours: only if there is no better place.
safe() { [ -n "$_lax" ] || [ -O "${_d%/*}/" ] || [ -k "${_d%/*}/" ]; };
mine() { [ -d "$_d" ] && [ -O "$_d" ] && safe || return 1; [ -L "$_d" ] && return 1; chmod 700 "$_d" 2>&- || box chmod 700 "$_d" 2>&-; return 0; };
# Others may have put files there while they could.
own() { [ -s "$1" ] || [ -d "$1" ] || return 1; for _f in "$1" "$1"/*; do if [ -e "$_f" ]; then [ -O "$_f" ] || return 1; fi; done; return 0; };
# What is used must not be taken for old and removed by an agent that tidies up. One that is started does this itself.
use() { touch -c "$1" "$1"/* 2>&-; };
look() { mine && [ -x "$_d/$_hint" ] && own "$_d/$_hint" || return 0; _dir=$_d; say have "$_hint" $$ "$_d"; return 1; };

# Tries a place, once: it must be ours alone, take a file, and let it be executed (_first is the first line of a script).
try() {
safe || return 0;
case "$_tried" in *":$_d:"*) return 0;; esac;
_tried="$_tried:$_d:";
[ -d "${_d%/*}/" ] || { say no absent "$_d:"; return 0; };
[ -d "$_d" ] || { _e=$(mkdir "$_d" 2>&1) || [ -d "$_d" ] || { flat; say no unwritable "$_d:" "$_e"; return 0; }; };
mine || { say no foreign "$_d:"; return 0; };
_dir=$_d;
_t=$_d/x.$_nonce.t;
_e=$({ echo "$_first" >"$_t"; } 2>&1) && _e=$(chmod 700 "$_t" 2>&1) || { refuse unwritable; return 0; };
_e=$("$_t" 2>&1 <&-) || { refuse noexec; return 0; };
rm -f "$_t";
return 1;
};
refuse() { flat; say no "$1" "$_d:" "$_e"; clean; _dir=; };

# Exactly $2 bytes of the input become a file. All of them are read even if they cannot be kept, so that commands follow.
take() {
if [ "$3" = gz ]; then exactly "$2" | { gzip -dc >"$1" || { skip; false; }; };
else exactly "$2" | { cat >"$1" || { skip; false; }; } && [ "$(wc -c <"$1")" -eq "$2" ]; fi;
};
skip() { wc -c >&- 2>&-; };
# Block by block, so that the coordinator hears that bytes arrive. Where head takes more than it is asked for, the next block comes when this one has been told.
exactly() { _l=$1; while [ "$_l" -gt 131072 ]; do copy 131072; say got >&3; _l=$((_l-131072)); done; copy "$_l"; };
copy() { if [ "$_copy" = dd ]; then dd ibs=1 obs=65536 count="$1" 2>&-; else head -c "$1"; fi; };

# A word that may hold anything comes with octal escapes after a percent sign. It must not become an argument of a process, where everyone can read it.
word() { _w=$1; case $1 in %*) _w=$(decode "${1#%}"); _w=${_w%x};; esac; };

echo;
_mask=;
[ -z "$_hint" ] || each look;
if [ -z "$_dir" ]; then
_mask=$(umask);
umask 077;
[ "$(echo a | cat 2>&-)" = a ] && _tools=1 || _tools=;
has id || id() { box id "$@"; };
has touch || touch() { box touch "$@"; };
has chmod || chmod() { box chmod "$@"; };
_user=$(id -u 2>&-);
has uname || uname() { box uname "$@"; };
has mkdir || mkdir() { box mkdir "$@"; };
has mv || mv() { box mv "$@"; };
has rm || rm() { box rm "$@"; };
has ln || ln() { box ln "$@"; };
has cat || cat() { box cat "$@"; };
has wc || wc() { box wc "$@"; };
has dd || dd() { box dd "$@"; };
has head || head() { box head "$@"; };
has gzip || gzip() { box gzip "$@"; };
[ "$(echo a | gzip -c 2>&- | gzip -dc 2>&-)" = a ] && _z=1 || _z=0;
case "$(echo ab | { head -c 1 2>&-; echo .; cat; })" in a.*b) _copy=exact; _wait=0;; a.*) _copy=head; _wait=1;; *) _copy=dd; _wait=0;; esac;
say probe $$ "$(uname -s 2>&-)" "$(uname -m 2>&-)" "$(getconf LONG_BIT 2>&- || echo 0)" $_z $_wait "$(command -v python3 2>&-)";
fi;
set --;
lose() { flat; say lost "$_a" "$_e"; };

while read -r _c _a _b _r; do
case $_c in
dir) _first=$_a; clean; _dir=; each try; [ -n "$_dir" ] || { _lax=1; each try; _lax=; }; if [ -n "$_dir" ]; then say dir "$_dir"; else say nodir; fi;;
need) _n=; for _h in $_a $_b $_r; do if own "$_dir/$_h"; then use "$_dir/$_h"; else _n="$_n $_h"; fi; done; say need $_n;;
take) { _e=$(take "$_dir/x.$_nonce.$_a" "$_b" "$_r" 2>&1) && chmod 700 "$_dir/x.$_nonce.$_a" && say took "$_a" || { lose; rm -f "$_dir/x.$_nonce.$_a"; }; } 3>&1;;
keep) if [ -d "$_dir/$_a" ]; then _e=$(mv -f "$_dir/x.$_nonce.$_a"/* "$_dir/$_a" 2>&1) || lose; else _e=$(mv -f "$_dir/x.$_nonce.$_a" "$_dir/$_a" 2>&1) || lose; [ -d "$_dir/$_a" ] && rm -rf "$_dir/$_a/x.$_nonce.$_a"; fi;;
link) [ -d "$_dir/x.$_nonce.$_a" ] || mkdir "$_dir/x.$_nonce.$_a" 2>&-; _e=$(ln -sf "../$_r" "$_dir/x.$_nonce.$_a/$_b" 2>&1) || lose;;
file) set -- "$@" "$_dir/$_a";;
temp) set -- "$@" "$_dir/x.$_nonce.$_a";;
word) word "$_a"; set -- "$@" "$_w";;
nice) if has nice; then set -- "$@" "$(command -v nice)" -n "$_a"; else _w=/bin/busybox; [ -x $_w ] || _w=$(command -v busybox 2>&-); [ -n "$_w" ] && set -- "$@" "$_w" nice -n "$_a" || { say refused the niceness: there is no nice; exit 94; }; fi;;
drop) clean; set --;;
set) word "$_b"; set -- "=$_a=$_w" "$@";;
cd) word "$_a"; case $_w in /*) ;; *) _w=./$_w;; esac; [ -z "$_mask" ] || umask "$_mask"; [ -d "$_w" ] || { mkdir "$_w" || box mkdir "$_w"; } 2>&-; [ -z "$_mask" ] || umask 077; _e=$(cd "$_w" 2>&1) && cd "$_w" || { flat; say nocd "$_e"; exit 94; };;
test) _w=$_dir/x.$_nonce.$_r; [ -e "$_w" ] || _w=$_dir/$_r; _e=$(SWIFT_BACKTRACE=enable=no,swift-backtrace=/ EXECNET_SELFTEST="$_a $_b" EXECNET_SELFTEST_FILE="$_w" "$@" 2>&1 <&-); _t=$?; flat; say test $_t "$_e";;
run) while case $1 in =*) true;; *) false;; esac; do _w=${1#=}; command export "$_w" 2>&- || { say refused the variable "${_w%%=*}"; exit 94; }; shift; done; say run; trap - 0 1 2 13 15; [ -z "$_mask" ] || umask "$_mask"; exec "$@";;
esac;
done;
exit 90
