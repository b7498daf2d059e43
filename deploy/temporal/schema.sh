#!/bin/sh
# Creates and updates Temporal's two databases. Harmless when run again; the server refuses to start on an old schema.
set -eu
for name in temporal temporal_visibility; do
  case "$name" in
    temporal) folder=temporal ;;
    *) folder=visibility ;;
  esac
  export SQL_DATABASE="$name"
  temporal-sql-tool --database "$name" create-database || echo "database $name is there"
  temporal-sql-tool setup-schema -v 0.0 || echo "schema of $name is there"
  temporal-sql-tool update-schema -d "/etc/temporal/schema/postgresql/v12/$folder/versioned"
done
