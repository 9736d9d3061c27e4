# Stage 0: what a gateway runs on a machine that has nothing of ours, as `/bin/sh -c SCRIPT execnet NONCE [IMAGE]`.
#
# It finds out what is there, keeps files in a private directory, and becomes the agent. It only does what the coordinator tells it, one
# line a command; Bootstrap.swift is the other end. Every line that it says begins with the nonce. Even /dev/null may be missing here.
#
# The script may travel through any login shell in single quotes: no single quotes, exclamation marks, backslashes; every line ends a statement, because
# comments and newlines are taken out. It needs a POSIX shell, and what `busybox` alone can do.
# Names begin with an underscore, because others may be variables that the agent is to find in its environment as they are.

_mask=$(umask);
umask 077;
_nonce=$1;
_hint=$2;
_dir=;
_tried=;
_settings=0;
say() { echo "$_nonce $*"; };
# What a program printed becomes one line.
flat() { set -f; set -- $_e; set +f; _e=$*; };

# A machine may have the tools only as words of busybox; and that may claim to have them built in although it cannot start itself.
box() { if [ -x /bin/busybox ]; then /bin/busybox "$@"; else "$(command -v busybox)" "$@"; fi; };
[ "$(echo a | cat 2>&-)" = a ] && _tools=1 || _tools=;
has() { [ -n "$_tools" ] && [ -n "$(command -v "$1" 2>&-)" ]; };
has id || id() { box id "$@"; };
has touch || touch() { box touch "$@"; };
_user=$(id -u 2>&-);

# What an unfinished conversation leaves behind goes; its files are named after the nonce, because machines that share a directory may have equal processes.
clean() { for _f in "$_dir"/x.$_nonce.*; do [ -e "$_f" ] && rm -rf "$_f"; done; return 0; };
trap clean 0;
trap "exit 91" 1 2 13 15;

# Calls its arguments with _d set to each place where files may be kept, until that answers with a failure.
each() {
for _p in "$XDG_CACHE_HOME" "${HOME:+$HOME/.cache}" "$HOME" /var/tmp "$XDG_RUNTIME_DIR" "$TMPDIR" /tmp /dev/shm "$PWD"; do
case $_p in /*) _d=${_p%/}/.execnet-$_user; "$@" || return 0;; esac;
done;
};
mine() { [ -d "$_d" ] && [ -O "$_d" ] || return 1; [ -L "$_d" ] && return 1; return 0; };
# What is used must not be taken for old and removed by an agent that tidies up.
use() { touch -c "$1" "$1"/* 2>&-; };
look() { mine && [ -x "$_d/$_hint" ] || return 0; use "$_d/$_hint"; _dir=$_d; say have "$_hint" $$ "$_d"; return 1; };

# Tries a place, once: it must be ours alone, take a file, and let it be executed (_first is the first line of a script).
try() {
case "$_tried" in *":$_d:"*) return 0;; esac;
_tried="$_tried:$_d:";
[ -d "${_d%/*}/" ] || { say no absent "$_d:"; return 0; };
[ -d "$_d" ] || { _e=$(mkdir "$_d" 2>&1) || [ -d "$_d" ] || { flat; say no unwritable "$_d:" "$_e"; return 0; }; };
mine || { say no foreign "$_d:"; return 0; };
chmod 700 "$_d" 2>&-;
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
# Where head takes no more than it is asked for, the coordinator hears that bytes arrive.
exactly() {
case $_copy in
exact) _l=$1; while [ "$_l" -gt 65536 ]; do head -c 65536; say got >&3; _l=$((_l-65536)); done; head -c "$_l";;
head) head -c "$1";;
*) dd ibs=1 obs=65536 count="$1" 2>&-;;
esac;
};

# A word that may hold anything comes with octal escapes after a percent sign. It must not become an argument of a process, where everyone can read it: some
# shells have only print.
set -- $(command -v printf 2>&-; command -v print 2>&-);
decode() { printf %bx "$1"; };
case "$1 $2" in /*" print" | "print ") decode() { print -- "${1}x"; };; esac;
word() { _w=$1; case $1 in %*) _w=$(decode "${1#%}"); _w=${_w%x};; esac; };

echo;
[ -z "$_hint" ] || each look;
if [ -z "$_dir" ]; then
has uname || uname() { box uname "$@"; };
has mkdir || mkdir() { box mkdir "$@"; };
has chmod || chmod() { box chmod "$@"; };
has mv || mv() { box mv "$@"; };
has rm || rm() { box rm "$@"; };
has ln || ln() { box ln "$@"; };
has cat || cat() { box cat "$@"; };
has wc || wc() { box wc "$@"; };
has dd || dd() { box dd "$@"; };
has head || head() { box head "$@"; };
has gzip || gzip() { box gzip "$@"; };
[ "$(echo a | gzip -c 2>&- | gzip -dc 2>&-)" = a ] && _z=1 || _z=0;
case "$(echo ab | { head -c 1 2>&-; echo .; cat; })" in a.*b) _copy=exact;; a.*) _copy=head;; *) _copy=dd;; esac;
say probe $$ "$(uname -s 2>&-)" "$(uname -m 2>&-)" "$(getconf LONG_BIT 2>&- || echo 0)" $_z "$(command -v python3 2>&-)";
fi;
set --;

while read -r _c _a _b _r; do
case $_c in
dir) _first=$_a; clean; _dir=; each try; if [ -n "$_dir" ]; then say dir "$_dir"; else say nodir; fi;;
need) _n=; for _h in $_a $_b $_r; do if [ -e "$_dir/$_h" ]; then use "$_dir/$_h"; else _n="$_n $_h"; fi; done; say need $_n;;
take) { _e=$(take "$_dir/x.$_nonce.$_a" "$_b" "$_r" 2>&1) && chmod 700 "$_dir/x.$_nonce.$_a" && say took "$_a" || { flat; say lost "$_a" "$_e"; rm -f "$_dir/x.$_nonce.$_a"; }; } 3>&1;;
keep) if [ -d "$_dir/$_a" ]; then mv -f "$_dir/x.$_nonce.$_a"/* "$_dir/$_a" || say lost "$_a"; else mv -f "$_dir/x.$_nonce.$_a" "$_dir/$_a" || say lost "$_a"; [ -d "$_dir/$_a" ] && rm -rf "$_dir/$_a/x.$_nonce.$_a"; fi;;
link) [ -d "$_dir/x.$_nonce.$_a" ] || mkdir "$_dir/x.$_nonce.$_a"; ln -sf "../$_r" "$_dir/x.$_nonce.$_a/$_b" || say lost "$_a";;
file) set -- "$@" "$_dir/$_a";;
temp) set -- "$@" "$_dir/x.$_nonce.$_a";;
word) word "$_a"; set -- "$@" "$_w";;
nice) has nice && set -- "$@" "$(command -v nice)" -n "$_a" || set -- "$@" /bin/busybox nice -n "$_a";;
drop) clean; set --; _settings=0;;
set) word "$_b"; set -- "$_a=$_w" "$@"; _settings=$((_settings+1));;
cd) word "$_a"; case $_w in /*) ;; *) _w=./$_w;; esac; umask "$_mask"; [ -d "$_w" ] || { mkdir "$_w" || box mkdir "$_w"; } 2>&-; umask 077; _e=$(cd "$_w" 2>&1) && cd "$_w" || { flat; say nocd "$_e"; exit 94; };;
test) _w=$_dir/x.$_nonce.$_r; [ -e "$_w" ] || _w=$_dir/$_r; _e=$(SWIFT_BACKTRACE=enable=no,swift-backtrace=/ EXECNET_SELFTEST="$_a $_b" EXECNET_SELFTEST_FILE="$_w" "$@" 2>&1 <&-); _t=$?; flat; say test $_t "$_e";;
run) say run; trap - 0 1 2 13 15; umask "$_mask"; while [ "$_settings" -gt 0 ]; do export "$1"; shift; _settings=$((_settings-1)); done; exec "$@";;
esac;
done;
exit 90
