/**
 * The loop that a user's container runs: POSIX sh, builtins only (and `sleep` where the FIFOs are late). It takes one
 * script at a time from the runner and tells the exit code back. The protocol, per container folder D:
 *
 *   cmd  runner → loop   a line `ID` for each step; the files ID.sh and ID.out (a FIFO) are there already
 *   ctl  runner → watch  a line `TERM -1` or `KILL -1`: the signal and whom it is for
 *   rep  loop → runner   `up OOM`, `go ID`, `rc ID CODE OOM`; OOM is the kernel's oom_kill counter of the container
 *
 * Each line starts with a newline of its own, which flushes what user code may have left unfinished in the FIFO.
 */
export interface LoopOptions {
  /** The container's folder, absolute; letters, digits, `/`, `.`, `_` and `-` only. */
  folder: string;
  /** What runs scripts: a path, with arguments separated by blanks. */
  shell: string;
  /** false: also where it is not process 1. `kill -1` would then end the processes of others, so the group is killed. */
  processOne?: boolean;
}

export function loopText({ folder, shell, processOne = true }: LoopOptions): string {
  for (const text of [folder, shell]) {
    if (!/^[A-Za-z0-9/._ -]+$/.test(text)) throw new Error(`"${text}" cannot stand in a script unquoted`);
  }
  const guard = processOne
    ? `[ $$ = 1 ] || { echo "otto: this container must have a process namespace of its own (shareProcessNamespace: false)" >&2; exit 64; }`
    : `_own=-$$`;
  return `_d='${folder}' _s='${shell}' _own=-1
${guard}
${LOOP}`;
}

/*
 * Why it is as it is:
 * - With plain `<`, loop and watcher see the end of file when the runner is gone, and end the container.
 * - The script runs in the foreground and kill requests go to a watcher: a background child inherits INT and QUIT
 *   ignored, and `set -m` gives a process group in three shells of seven.
 * - `kill -1` from a child of process 1 spares both in all shells and catches what called setsid.
 * - A trap with a command keeps the loop alive at the kubelet's TERM; an empty one would be inherited by the steps.
 * - A line that comes twice (the runner asks again when no answer came) runs once.
 */
const LOOP = `_n='
'
trap _t=1 TERM INT HUP QUIT
until [ -p "$_d/cmd" ] && [ -p "$_d/ctl" ] && [ -p "$_d/rep" ]; do sleep 0.02 || sleep 1; done 2>/dev/null
_watch() {
  trap '' TERM INT HUP QUIT
  while read -r _sig _pid; do
    case $_sig in INT|TERM|KILL) ;; *) continue ;; esac
    case $_pid in -1) kill -$_sig $_own ;; esac
  done <"$_d/ctl"
  kill -KILL $_own
}
_oom() {
  _o=0
  for _f in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
    [ -r $_f ] || continue
    while read -r _k _v; do case $_k in oom_kill) _o=$_v ;; esac; done <$_f
  done
}
_watch & _w=$!
exec 3<"$_d/cmd" 4>"$_d/rep"
_oom
echo "\${_n}up $_o" >&4
_last=
while _t=; read -r _i <&3 || [ "$_t" ]; do
  case $_i in ''|*[!A-Za-z0-9]*) continue ;; esac
  [ "$_i" = "$_last" ] && continue
  _last=$_i
  kill -0 $_w 2>/dev/null || { _watch 3<&- 4>&- & _w=$!; }
  echo "\${_n}go $_i" >&4
  $_s "$_d/$_i.sh" $_s </dev/null >"$_d/$_i.out" 2>&1 3<&- 4>&-
  _c=$?
  [ $_c = 0 ] || _oom
  echo "\${_n}rc $_i $_c $_o" >&4
done
exit 0
`;
