"""The screens: what is stuck, why, and the key that mends it. `app.py` is the frame, `screens/` has a file each."""
