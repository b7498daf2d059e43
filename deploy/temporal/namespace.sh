#!/bin/sh
# Makes the namespace and its search attributes. Retention: closed histories stay until the forgetting deletes them, so it
# must be longer than the longest time between the closing of a request and its forgetting (30 days in the shipped packs).
set -eu
until temporal operator cluster health >/dev/null 2>&1; do sleep 2; done
if ! temporal operator namespace describe -n "$DEFAULT_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace create -n "$DEFAULT_NAMESPACE" --retention 60d
fi
until temporal operator namespace describe -n "$DEFAULT_NAMESPACE" >/dev/null 2>&1; do sleep 1; done
attribute() {
  temporal operator search-attribute create --namespace "$DEFAULT_NAMESPACE" --name "$1" --type "$2" || echo "$1 is there"
}
attribute habeasOperator Keyword
attribute habeasState Keyword
attribute habeasRight Keyword
attribute habeasDue Datetime
