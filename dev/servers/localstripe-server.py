"""Runs localstripe on loopback with a state file of its own: python localstripe-server.py PORT STATE_FILE

Its own command listens on all interfaces and keeps one file for the whole machine, which it rewrites in place on every
change. Here the file is replaced in one step, once before each answer, so that kill -9 at any moment loses nothing that
was answered, and it is read at the start.
"""
import os
import pickle
import sys

from aiohttp import web
from localstripe import resources, server

port, state_file = int(sys.argv[1]), sys.argv[2]


def dump_to_disk(store):
    beside = state_file + '.new'
    with open(beside, 'wb') as f:
        pickle.dump(dict(store), f, protocol=pickle.HIGHEST_PROTOCOL)
    os.replace(beside, state_file)


# The server itself saves at the end of every changing call; saving on each inner assignment as well would only be slow.
resources.Store.__setitem__ = dict.__setitem__
resources.Store.__delitem__ = dict.__delitem__
resources.Store.dump_to_disk = dump_to_disk

if os.path.exists(state_file):
    with open(state_file, 'rb') as f:
        resources.store.update(pickle.load(f))

web.run_app(server.app, host='127.0.0.1', port=port, print=None, access_log=None)
