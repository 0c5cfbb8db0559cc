"""Whom this machine trusts, read once a process: each client of the network reads it for itself, for 40 ms."""

from functools import cache

from broadcast import http


def read_once() -> None:
    http.certificates = cache(http.certificates)
