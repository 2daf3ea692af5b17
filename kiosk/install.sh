#!/bin/sh
# Makes a Debian machine (12 or newer, also Raspberry Pi OS) boot straight to a Fleetglass wall.
#
#   sudo ./install.sh --server https://fleet.example --panel 55 --distance 5
#
# It can be run again at any time, with other words; it changes no file that is not its own.
set -eu
umask 022

usage() {
  cat <<'END'
usage: install.sh --server URL [more]

  --server URL       the server, as https://fleet.example or http://10.0.0.5:8080
  --token-file FILE  a kiosk link's token; without one the screen shows a code to pair it by
  --panel INCHES     the panel's diagonal                               (55)
  --distance METRES  how far away the farthest reader stands            (3)
  --options TEXT     more for the wall's address, as "theme=sun&overscan=2&reload=03:30"
  --timezone ZONE    the machine's zone, as Africa/Johannesburg; the clock on the wall shows it
  --no-packages      install no packages (chromium, cage, fonts-noto-core, dbus)
  --root DIR         write below DIR only, and touch neither users, packages nor services
  --dry-run          say what would be done, and do nothing
END
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
user=fleetglass-kiosk
server='' token_file='' panel=55 distance=3 options='' timezone='' root='' dry_run='' packages=yes

fail() {
  echo "install.sh: $*" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  case $1 in
  --no-packages) packages='' ;;
  --dry-run) dry_run=yes ;;
  -h | --help)
    usage
    exit 0
    ;;
  --server | --token-file | --panel | --distance | --options | --timezone | --root)
    [ $# -ge 2 ] || fail "$1 needs a value"
    case $1 in
    --server) server=$2 ;;
    --token-file) token_file=$2 ;;
    --panel) panel=$2 ;;
    --distance) distance=$2 ;;
    --options) options=$2 ;;
    --timezone) timezone=$2 ;;
    --root) root=$2 ;;
    esac
    shift
    ;;
  *) fail "unknown: $1 (--help says what there is)" ;;
  esac
  shift
done

# The whole of a text must be of these characters: a line break is none of them.
is_made_of() {
  # shellcheck disable=SC2254 # it is meant as a pattern
  case $2 in
  *[!$1]*) return 1 ;;
  esac
}
is_number() { is_made_of '0-9.' "$1" && printf '%s' "$1" | grep -Eq '^[0-9]{1,3}(\.[0-9]{1,2})?$'; }

[ -n "$server" ] || fail "--server is missing, as --server https://fleet.example"
server=${server%/}
is_server() {
  is_made_of 'A-Za-z0-9.:/[\]_-' "$1" &&
    printf '%s' "$1" | grep -Eq '^https?://([A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?$'
}
is_server "$server" || fail "--server must be http:// or https:// and a host, without a path: $server"
is_number "$panel" || fail "--panel must be inches, as 55: $panel"
is_number "$distance" || fail "--distance must be metres, as 5: $distance"
# It becomes a text in a script: nothing in it may end that.
is_made_of 'A-Za-z0-9=&%:.,_~-' "$options" || fail "--options must be percent-encoded: $options"
is_made_of 'A-Za-z0-9+/_-' "$timezone" || fail "--timezone must be a name as Africa/Johannesburg: $timezone"
token=''
if [ -n "$token_file" ]; then
  [ -r "$token_file" ] || fail "--token-file cannot be read: $token_file"
  token=$(tr -d ' \r\n' <"$token_file")
  if [ -z "$token" ] || ! is_made_of 'A-Za-z0-9_.~-' "$token"; then
    fail "--token-file holds no token"
  fi
fi
if [ -z "$root$dry_run" ] && [ "$(id -u)" -ne 0 ]; then
  fail "must be run as root (sudo), or with --root DIR or --dry-run"
fi

address="$server/wall#panel=$panel&distance=$distance"
[ -z "$options" ] || address="$address&$options"
[ -z "$token" ] || address="$address&token=$token"

# Does something on this very machine: not below a --root, and only told of in a dry run.
on_machine() {
  [ -z "$root" ] || return 0
  if [ -n "$dry_run" ]; then
    echo "would run: $*"
  else
    "$@"
  fi
}

# put MODE TARGET: writes standard input there.
put() {
  if [ -n "$dry_run" ]; then
    cat >/dev/null
    echo "would write: $root$2 ($1)"
    return
  fi
  mkdir -p "$(dirname -- "$root$2")"
  # Never readable by others, not even for a moment.
  (umask 077 && cat >"$root$2.new")
  chmod "$1" "$root$2.new"
  mv -f "$root$2.new" "$root$2"
}

# link_to WHERE TARGET
link_to() {
  if [ -n "$dry_run" ]; then
    echo "would link: $root$1 -> $2"
    return
  fi
  mkdir -p "$(dirname -- "$root$1")"
  ln -sfn "$2" "$root$1"
}

if [ -n "$packages" ]; then
  on_machine apt-get update
  on_machine env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    chromium cage dbus libpam-systemd fonts-noto-core
fi
if [ -n "$root$dry_run" ] || ! id "$user" >/dev/null 2>&1; then
  on_machine useradd --system --home-dir "/var/lib/$user" --shell /usr/sbin/nologin "$user"
fi

put 0644 /usr/local/share/fleetglass-kiosk/waiting.html <"$here/waiting.html"
printf 'window.FLEETGLASS_WALL = "%s";\n' "$address" | put 0640 /etc/fleetglass-kiosk/address.js
on_machine chgrp "$user" /etc/fleetglass-kiosk/address.js
link_to /usr/local/share/fleetglass-kiosk/address.js /etc/fleetglass-kiosk/address.js
put 0644 /etc/fleetglass-kiosk/flags <"$here/flags"
put 0755 /usr/local/lib/fleetglass-kiosk/run <"$here/run"
put 0644 /etc/pam.d/fleetglass-kiosk <"$here/pam"
put 0644 /etc/systemd/system/fleetglass-kiosk.service <"$here/fleetglass-kiosk.service"
put 0644 /etc/systemd/logind.conf.d/fleetglass-kiosk.conf <"$here/logind.conf"

# No blanking and no sleep, whatever asks for it.
for target in sleep suspend hibernate hybrid-sleep; do
  link_to "/etc/systemd/system/$target.target" /dev/null
done
link_to /etc/systemd/system/default.target /lib/systemd/system/graphical.target
link_to /etc/systemd/system/graphical.target.wants/fleetglass-kiosk.service /etc/systemd/system/fleetglass-kiosk.service
if [ -n "$timezone" ]; then
  link_to /etc/localtime "/usr/share/zoneinfo/$timezone"
  printf '%s\n' "$timezone" | put 0644 /etc/timezone
fi

on_machine systemctl daemon-reload
on_machine systemctl restart fleetglass-kiosk.service
if [ -z "$dry_run" ]; then
  echo "This machine shows $server/wall from its next start on${root:+ (below $root)}."
  [ -n "$token" ] || echo "Its screen will show a code: enter it at $server/displays"
fi
