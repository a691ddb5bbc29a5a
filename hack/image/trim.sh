#!/bin/sh
# trim.sh ROOT: makes a Debian file system that packages were unpacked into one that runs, and takes out what
# no container needs. No maintainer script has to have run before. Twice has the effect of once.
# The Dockerfile calls it on a public Debian image, hack/image/debian.ts on what mmdebstrap has unpacked.
set -eu
root=${1:?usage: trim.sh ROOT (a folder, or / in a build)}
cd "$root"

# Documentation, translations, character sets beyond the C library's own, and Perl: of what is used here only
# git's seldom commands (add -p, send-email, svn, instaweb) are written in it.
rm -rf usr/share/doc usr/share/man usr/share/info usr/share/locale usr/share/lintian usr/share/bug usr/share/gitweb \
  usr/share/perl usr/share/perl5 usr/share/bash-completion usr/share/zsh usr/share/fish usr/share/pixmaps \
  usr/share/applications usr/share/icons usr/share/debconf usr/share/i18n usr/share/common-licenses/* \
  usr/lib/*/perl usr/lib/*/perl5 usr/lib/*/perl-base usr/lib/*/gconv usr/lib/*/libperl.so.* usr/lib/systemd \
  usr/lib/apt usr/lib/*/libapt-*.so.* usr/bin/perl* usr/bin/apt* usr/bin/dpkg* usr/bin/debconf* usr/sbin/dpkg* \
  usr/share/dpkg usr/share/keyrings usr/share/git-core/contrib usr/share/git-core/templates/hooks/*.sample \
  etc/apt etc/init.d etc/cron* etc/logrotate.d etc/systemd etc/dpkg etc/pam.d \
  var/cache/* var/log/* var/lib/apt var/lib/systemd var/lib/pam
for tool in cpan corelist enc2xs encguess h2ph h2xs instmodsh json_pp libnetcfg pl2pm pod2html pod2man pod2text pod2usage \
  podchecker prove ptar ptardiff ptargrep shasum splain streamzip xsubpp zipdetails piconv perlbug perldoc; do
  rm -f usr/bin/"$tool" usr/bin/"$tool"5.*
done

# git's programs that only a server or a mail client needs, 2 MB each; KEEP_GIT_SERVER=1 leaves them.
if [ -z "${KEEP_GIT_SERVER-}" ]; then
  for tool in daemon http-backend shell; do rm -f usr/lib/git-core/git-$tool; done
  rm -f usr/bin/git-shell
fi
for tool in http-fetch http-push imap-send instaweb add--interactive; do rm -f usr/lib/git-core/git-$tool; done
rm -f usr/bin/scalar usr/lib/git-core/scalar
# A hard link, which a copy of the tree would turn into a second file.
if [ -e usr/lib/git-core/git ] && [ -e usr/bin/git ]; then ln -sfn ../../bin/git usr/lib/git-core/git; fi

# No file runs with more rights than its caller; the tools that manage users would be of no use then.
find usr bin sbin -xdev -type f -perm /6000 -delete
for tool in chage chfn chsh expiry gpasswd newgrp passwd su; do rm -f usr/bin/$tool bin/$tool; done
for tool in chgpasswd chpasswd cpgr cppw deluser faillock groupadd groupdel groupmems groupmod grpck grpconv grpunconv \
  mkhomedir_helper newusers pam_namespace_helper pam_timestamp_check pwck pwconv pwhistory_helper pwunconv shadowconfig \
  unix_chkpwd unix_update useradd userdel usermod vigr vipw; do
  rm -f usr/sbin/$tool sbin/$tool
done

mkdir -p etc proc sys run tmp root home home/otto var/tmp
chmod 1777 tmp var/tmp
chown 1000:1000 home/otto
# Users: 1000 is the one that stages run as by default. A run as any other works too.
[ -e etc/passwd ] || printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n' >etc/passwd
[ -e etc/group ] || printf 'root:x:0:\nnogroup:x:65534:\n' >etc/group
grep -q '^[^:]*:x:1000:' etc/passwd || echo 'otto:x:1000:1000:otto:/home/otto:/bin/sh' >>etc/passwd
grep -q '^[^:]*:x:1000:' etc/group || echo 'otto:x:1000:' >>etc/group
[ -e etc/nsswitch.conf ] || printf 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\n' >etc/nsswitch.conf

# What the maintainer script of ca-certificates does, less the links by hash that only OpenSSL's CApath reads.
if [ -d usr/share/ca-certificates/mozilla ]; then
  mkdir -p etc/ssl/certs
  cat usr/share/ca-certificates/mozilla/*.crt >etc/ssl/certs/ca-certificates.crt
fi

# Shared libraries are found by their folders (no ld.so.cache is needed), tools that are not here come from busybox.
rm -f etc/ld.so.cache
if [ -x bin/busybox ]; then
  for applet in $(./bin/busybox --list); do
    [ -e bin/"$applet" ] || [ -L bin/"$applet" ] || [ -e sbin/"$applet" ] || [ -L sbin/"$applet" ] || [ -e usr/bin/"$applet" ] ||
      [ -e usr/sbin/"$applet" ] || ln -s /bin/busybox bin/"$applet"
  done
fi
