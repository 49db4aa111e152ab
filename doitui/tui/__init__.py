"""The screens: what is stuck, why, and which key fixes it. `app.py` is the frame, `screens/` has a file each."""
