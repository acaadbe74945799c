#!/bin/sh
# What a launcher starts on another machine: in the network namespace that has its address (link.py made them).
while [ "${1#-}" != "$1" ]; do shift; done
case "$1" in *.1) namespace=toeplitz-a ;; *) namespace=toeplitz-b ;; esac
shift
exec ip netns exec "$namespace" sh -c "$*"
