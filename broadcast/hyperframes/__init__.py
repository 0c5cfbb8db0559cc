"""Compositions of HTML and CSS made into films by HeyGen's open-source Hyperframes, run beside us under Node.

toolbox       Node, the package, a browser, ffmpeg: where they are, and the command that installs what is not there
sheet         an order and its narration into the variables of a composition
templates     what a template is, and which variables it takes
composition   a template into a folder that can be rendered: length, size, fonts, variables
running       the program: its environment, its progress, its end
studio        what is done in a worker process: before the program, and after it
"""
