# Stage 0: what a gateway runs on a machine that has nothing of ours, as `/bin/sh -c SCRIPT execnet NONCE [IMAGE...]`.
#
# It finds out what is there, keeps files in a private directory, and becomes the agent. It only does what the coordinator tells it, one
# line a command; Bootstrap.swift is the other end. Every line that it says begins with the nonce. Even /dev/null may be missing here.
#
# The script may travel through any login shell in single quotes: no single quotes, exclamation marks, backslashes; every line ends a statement, because
# comments and newlines are taken out. It needs a POSIX shell, and what `busybox` alone can do.

umask 077;
N=$1;
shift;
H="$*";
D=;
X=;
say() { echo "$N $*"; };

# A machine may have the tools only as words of busybox; and that may claim to have them built in although it cannot start itself.
B=/bin/busybox;
case "$(command -v busybox 2>&-)" in /*) B=$(command -v busybox 2>&-);; esac;
[ "$(echo a | cat 2>&-)" = a ] && A=1 || A=;
has() { [ -n "$A" ] && [ -n "$(command -v "$1" 2>&-)" ]; };
has id || id() { $B id "$@"; };
has uname || uname() { $B uname "$@"; };
has mkdir || mkdir() { $B mkdir "$@"; };
has chmod || chmod() { $B chmod "$@"; };
has mv || mv() { $B mv "$@"; };
has rm || rm() { $B rm "$@"; };
has ln || ln() { $B ln "$@"; };
has cat || cat() { $B cat "$@"; };
has wc || wc() { $B wc "$@"; };
has touch || touch() { $B touch "$@"; };
has dd || dd() { $B dd "$@"; };
has head || head() { $B head "$@"; };
has gzip || gzip() { $B gzip "$@"; };
U=$(id -u 2>&-);

# What an unfinished conversation leaves behind goes; its files are named after this process.
clean() { [ -z "$D" ] || rm -rf "$D"/x.$$.*; };
trap clean 0;
trap "exit 91" 1 2 13 15;

# Calls its arguments with d set to each place where files may be kept, until that answers with a failure.
each() {
for p in "$XDG_CACHE_HOME" "$HOME/.cache" "$HOME" /var/tmp "$XDG_RUNTIME_DIR" "$TMPDIR" /tmp /dev/shm "$PWD"; do
case $p in /*) d=${p%/}/.execnet-$U; "$@" || return 0;; esac;
done;
};
mine() { [ -d "$d" ] && [ -O "$d" ] || return 1; [ -L "$d" ] && return 1; return 0; };
# What is used must not be taken for old and removed by an agent that tidies up.
use() { touch -c "$1" "$1"/* 2>&-; };
look() { mine || return 0; for h in $H; do if [ -x "$d/$h" ]; then use "$d/$h"; D=$d; say have "$h" $$ "$d"; return 1; fi; done; return 0; };

# Tries a place: it must be ours alone, take a file, and let it be executed (S is the first line of a script). Directories in X were of no use.
try() {
case "$X" in *":$d:"*) return 0;; esac;
[ -d "${d%/*}/" ] || { say no absent "$d:"; return 0; };
[ -d "$d" ] || { e=$(mkdir "$d" 2>&1) || [ -d "$d" ] || { say no unwritable "$d:" "$e"; return 0; }; };
mine || { say no foreign "$d:"; return 0; };
chmod 700 "$d" 2>&-;
t=$d/x.$$.t;
e=$({ echo "$S" >"$t"; } 2>&1) && e=$(chmod 700 "$t" 2>&1) || { say no unwritable "$d:" "$e"; rm -f "$t"; return 0; };
e=$("$t" 2>&1 <&-) || { say no noexec "$d:" "$e"; rm -f "$t"; return 0; };
rm -f "$t";
D=$d;
return 1;
};

# Exactly $2 bytes of the input become a file. All of them are read even if they cannot be kept, so that commands follow.
take() {
if [ "$3" = gz ]; then exactly "$2" | { gzip -dc >"$1" || { skip; false; }; };
else exactly "$2" | { cat >"$1" || { skip; false; }; } && [ "$(wc -c <"$1")" -eq "$2" ]; fi;
};
skip() { wc -c >&- 2>&-; };
exactly() { if [ "$C" = head ]; then head -c "$1"; else dd ibs=1 obs=65536 count="$1" 2>&-; fi; };

# A word that may hold anything comes with octal escapes.
word() { w=$(printf %bx "$1"); w=${w%x}; };

echo;
each look;
if [ -z "$D" ]; then
[ "$(echo a | gzip -c 2>&- | gzip -dc 2>&-)" = a ] && z=1 || z=0;
[ "$(echo ab | head -c 1 2>&-)" = a ] && C=head || C=dd;
say probe $$ "$(uname -s 2>&-)" "$(uname -m 2>&-)" "$(getconf LONG_BIT 2>&- || echo 0)" $z "$(command -v python3 2>&-)";
fi;
set --;

while read -r c a b r; do
case $c in
dir) S=$a; [ -z "$D" ] || { clean; X="$X:$D:"; D=; }; each try; if [ -n "$D" ]; then say dir "$D"; else say nodir; fi;;
need) n=; for h in $a $b $r; do if [ -e "$D/$h" ]; then use "$D/$h"; else n="$n $h"; fi; done; say need $n;;
take) e=$(take "$D/x.$$.$a" "$b" "$r" 2>&1) && chmod 700 "$D/x.$$.$a" && say took "$a" || { say lost "$a" "$e"; rm -f "$D/x.$$.$a"; };;
keep) if [ -d "$D/$a" ]; then rm -rf "$D/x.$$.$a"; else mv -f "$D/x.$$.$a" "$D/$a" || say lost "$a"; [ -d "$D/$a" ] && rm -rf "$D/$a/x.$$.$a"; fi;;
link) [ -d "$D/x.$$.$a" ] || mkdir "$D/x.$$.$a"; ln -sf "../$r" "$D/x.$$.$a/$b" || say lost "$a";;
file) set -- "$@" "$D/$a";;
temp) set -- "$@" "$D/x.$$.$a";;
word) word "$a"; set -- "$@" "$w";;
drop) set --;;
set) word "$b"; export "$a=$w";;
cd) word "$a"; unset CDPATH; [ -d "$w" ] || mkdir "$w" 2>&-; e=$(cd "$w" 2>&1) && cd "$w" || { say nocd "$e"; exit 94; };;
test) w=$D/x.$$.$r; [ -e "$w" ] || w=$D/$r; e=$(EXECNET_SELFTEST="$a $b" EXECNET_SELFTEST_FILE="$w" "$@" 2>&1 <&-); say test $? "$e";;
run) say run; trap - 0 1 2 13 15; exec "$@";;
esac;
done;
exit 90
