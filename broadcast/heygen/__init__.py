"""HeyGen's v3 interface: a client, what its answers mean, what it costs. The plugin is `renderers/heygen.py`."""
