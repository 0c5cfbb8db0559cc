"""Static pages for finished runs, and the folder that they lie in.

<folder>/index.html                                     plays the newest run, lists the others
<folder>/<show>/<slot>[-<edition>]/index.html           plays one, with its transcript and sources
                                   broadcast.json       what both pages are made of
                                   video.mp4, poster.jpg, captions.srt, captions.vtt, script.txt
"""

from .pages import index_page, run_page
from .record import PAGE, VIDEO, Record, place, script_text

__all__ = ["PAGE", "VIDEO", "Record", "index_page", "place", "run_page", "script_text"]
