#!/bin/sh
# root.sh DIRECTORY: make a small Debian (or Ubuntu) of this host's release in DIRECTORY,
# with the programs that send mail installed in it. Needs root and the network; what is
# there already, made by this very script, stays; DIRECTORY.made says so.
set -eu

root=$1
stamp=$root.made
state=$(cksum <"$0")
# shellcheck disable=SC1091 # of the host
. /etc/os-release

# What Postoak links: packaging/dependencies.mk.
libraries="ca-certificates libbsd0 libyaml-0-2 libcurl4 libjansson4 libidn2-0"
callers="cron at sudo mdadm smartmontools fail2ban logwatch unattended-upgrades apt-listchanges
    git-email s-nail bsd-mailx mailutils mutt procmail dovecot-sieve
    php-cli libphp-phpmailer php-symfony-mailer libemail-sender-perl libmime-lite-perl
    python3 ruby-mail nodejs node-nodemailer"

if [ "$(cat "$stamp" 2>/dev/null)" = "$state" ]; then
    exit 0
fi
if [ "$(id -u)" != 0 ]; then
    echo "root.sh needs root" >&2
    exit 77
fi
if [ -e "$root" ] && [ ! -e "$stamp" ]; then
    echo "root.sh: $root is not its own" >&2
    exit 73
fi

# Lines "URI RELEASE COMPONENT" of the distribution itself, as the host has them.
archives() {
    apt-get indextargets --format "\$(ORIGIN) \$(REPO_URI) \$(RELEASE) \$(COMPONENT)" \
        'Created-By: Packages' | awk -v id="$ID" -v name="$VERSION_CODENAME" '
        tolower($1) == id && $2 ~ /^https?:/ && index($3, name) == 1 { print $2, $3, $4 }' | sort -u
}

again() { # again COMMAND...: three times at most; a mirror may be busy
    "$@" || "$@" || "$@"
}

bootstrap() {
    rm -rf --one-file-system "$root"
    debootstrap --variant=minbase "$VERSION_CODENAME" "$root" "$1"
}

mkdir -p "$(dirname "$root")"
echo begun >"$stamp"
[ "$(archives)" ] || apt-get update -qq
mirror=$(archives | awk -v name="$VERSION_CODENAME" '$2 == name { print $1; exit }')
if [ -z "$mirror" ]; then
    echo "root.sh: apt knows no mirror of $ID $VERSION_CODENAME" >&2
    exit 69
fi
again bootstrap "$mirror"

archives | sed 's/^/deb /' >"$root/etc/apt/sources.list"
cat >"$root/etc/apt/apt.conf.d/callers" <<'END'
Acquire::Retries "5";
APT::Install-Recommends "false";
Dpkg::Use-Pty "false";
END
# It is a test's: neither safe from power cuts, nor read by anyone.
cat >"$root/etc/dpkg/dpkg.cfg.d/callers" <<'END'
force-unsafe-io
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/doc/*
END
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # start no service
chmod 755 "$root/usr/sbin/policy-rc.d"
echo host >"$root/etc/hostname"
echo example.com >"$root/etc/mailname"
printf '127.0.0.1 localhost\n127.0.1.1 host.example.com host\n' >"$root/etc/hosts"

# The mail server of this system, as far as its packages can tell: Postoak comes later,
# by make install.
place=$root/tmp/postoak-place
mkdir -p "$place/DEBIAN"
cat >"$place/DEBIAN/control" <<'END'
Package: postoak-place
Version: 1
Architecture: all
Maintainer: Postoak <root@localhost>
Provides: mail-transport-agent
Conflicts: mail-transport-agent
Description: the place that Postoak takes
END
dpkg-deb --build "$place" "$place.deb"

inside() { chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
again inside apt-get update -qq
# shellcheck disable=SC2086 # lists of words
again inside apt-get install -y -qq /tmp/postoak-place.deb $libraries $callers
inside apt-get clean

inside useradd --create-home --shell /bin/bash --comment 'Alice Example,Room 1' alice
inside useradd --create-home --shell /bin/bash --comment 'Bob Example' bob

rm -rf "$place" "$place.deb"
echo "$state" >"$stamp"
