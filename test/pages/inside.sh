#!/bin/sh
# Follows the pages on a bare Debian, one after the other, as an admin does who has a machine for each way of
# installing. run.sh runs it as root in a chroot, which is thrown away.
set -eu
. /srv/machine.sh
trap stop_all EXIT
. /srv/install-dom0.sh
new_machine
. /srv/install-beside.sh
. /srv/day-two.sh
new_machine
. /srv/day-one.sh
