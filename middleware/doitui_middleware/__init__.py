"""The sensor: what goes into other people's WSGI sites. Standard library only, and cheap to import.

It will own the format of the spool, the files in which a site notes views and downloads; the core only reads them.
"""
