"""The painted world: procedurally painted, captioned pictures that the built-in model learns from.

`words` is plain data and loads nothing heavy; `picture.paint` needs OpenCV, Pillow and a colour emoji font.
"""
