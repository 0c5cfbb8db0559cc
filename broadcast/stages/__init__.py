"""The stages of the main path, each in a file of its own: read, write, render, finish, send; rows, dubs, gates."""
