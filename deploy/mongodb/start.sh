#!/bin/sh
# A replica set with sign-in needs a key that its members share. It comes from the environment into memory (a tmpfs).
set -eu
umask 077
printf '%s' "$MONGODB_REPLICA_KEY" >/run/mongodb/key
exec docker-entrypoint.sh mongod --replSet habeas --keyFile /run/mongodb/key --bind_ip_all
