#!/bin/bash
# A stand-in for the docker CLI, for LAVA's docker actions where there is no container engine: `run` starts the command
# as a process of the worker, with the environment, the volumes and the host name it was told, and a dispatcher's state
# of its own; `stop` ends it with all that it has started. The image is not used: what is installed here is the image.
set -u
known=/tmp/containers
mkdir -p "$known"
[ "${1:-}" != --host ] || shift 2
action=${1:-}
shift || true
case $action in
version) echo 20.10.24 ;;
pull) echo "Pulling $1: done" ;;
image | inspect)
    case "$*" in
    *image* | *Image*) echo "the image is there" ;;
    *) [ -e "$known/${*: -1}" ] || exit 1 && echo . ;;
    esac
    ;;
run)
    name=container-$$ volumes=() variables=() host=lava
    while [ $# -gt 0 ]; do
        case $1 in
        --rm | --interactive | --tty | --init | --privileged | -i | -t | -it | -ti) shift ;;
        --name) name=$2 && shift 2 ;;
        --name=*) name=${1#*=} && shift ;;
        --hostname) host=$2 && shift 2 ;;
        --hostname=*) host=${1#*=} && shift ;;
        --volume | -v) volumes+=("$2") && shift 2 ;;
        --volume=*) volumes+=("${1#*=}") && shift ;;
        --env | -e) variables+=("$2") && shift 2 ;;
        --env=*) variables+=("${1#*=}") && shift ;;
        --cpus | --memory | --cap-add | --device | --network | --mount | --add-host) shift 2 ;;
        --*) shift ;;
        *) break ;;
        esac
    done
    shift # the image
    [ $# -gt 0 ] || set -- bash
    echo $$ >"$known/$name"
    state=$(mktemp -d)
    mkdir -p "$state/worker" "$state/tmp" "$state/cache"
    VOLUMES="${volumes[*]:-}" STATE=$state HOST=$host exec unshare --mount --uts --propagation unchanged bash -c '
        hostname "$HOST"
        for volume in $VOLUMES; do
            from=${volume%%:*} to=${volume#*:}
            to=${to%%:*}
            mkdir -p "$to"
            mount --bind "$from" "$to"
        done
        mount --bind "$STATE" /var/lib/lava/dispatcher
        cd /
        unset VOLUMES STATE HOST
        exec env HOME=/root "$@"' run ${variables[@]+"${variables[@]}"} "$@"
    ;;
stop | kill | rm)
    name=${*: -1}
    first=$(cat "$known/$name" 2>/dev/null) || {
        echo "Error: No such container: $name" >&2
        exit 1
    }
    below() {
        local child
        for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
            echo "$child"
            below "$child"
        done
    }
    if [ -d "/proc/$first" ]; then
        all="$first $(below "$first")"
        kill -TERM $all 2>/dev/null
        sleep 0.5
        kill -KILL $all 2>/dev/null
    fi
    rm -f "$known/$name"
    echo "$name"
    ;;
*)
    echo "the stand-in for docker does not know: $action" >&2
    exit 1
    ;;
esac
