# Shared by up, down and test: where things are, and processes by pid file. Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

data_dir() {
    if [ -n "${DATA:-}" ]; then echo "$DATA"
    elif [ "$(id -u)" -eq 0 ]; then echo /var/lib/deskfleet
    else echo "${XDG_DATA_HOME:-$HOME/.local/share}/deskfleet"
    fi
}

# A pid file holds "PID STARTTIME", so that a number used again is not taken for ours.
start_time() { awk '{ sub(/.*\) /, ""); print $20 }' "/proc/$1/stat" 2>/dev/null; }
note_pid() { echo "$2 $(start_time "$2")" >"$1"; }
pid_of() {
    local pid started
    { read -r pid started <"$1"; } 2>/dev/null || return 1
    [ -n "$pid" ] && [ "$(start_time "$pid")" = "$started" ] && echo "$pid"
}

# stop_pid FILE SECONDS: SIGTERM, wait, SIGKILL.
stop_pid() {
    local pid tries
    if pid=$(pid_of "$1"); then
        kill "$pid" 2>/dev/null || true
        for ((tries = $2 * 20; tries > 0; tries--)); do
            pid_of "$1" >/dev/null || break
            sleep 0.05
        done
        pid_of "$1" >/dev/null && kill -9 "$pid" 2>/dev/null
    fi
    rm -f "$1"
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
    local seconds=$1 what=$2 tries
    shift 2
    for ((tries = seconds * 20; tries > 0; tries--)); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.05
    done
    die "$what did not come up within $seconds s"
}
