"""Kernel-4 metadata: read it, put it into one form, judge it, send it, and see whether it arrived.

kernel4.py    the controlled lists of Kernel 4.7, and the table of blocks and their members
from_json.py  REST attributes or a JSON:API document -> the canonical form; names of attributes DataCite would drop
from_xml.py   Kernel-4 XML -> the canonical form
landing_pages.py  addresses of landing pages: what is refused, what leads nowhere
sizes.py      how large a document may be
places.py     geoLocations: one place, point, box and polygon a row
schema.json   the canonical form as a JSON schema: what DataCite refuses
validate.py   schema and advice together -> findings, errors first
advice.py     what DataCite takes but people will regret: warnings
over_xml.py   what is changed or lost on the way to DataCite as XML
linking.py    identifiers that DataCite takes and cannot link
markup.py     entities and tags in text, and what DataCite keeps of them
checksums.py  ORCID, ISNI, ROR, ISSN, ISBN: is the number a real one
dates.py      W3CDTF dates and ranges, and EDTF
wording.py    how findings name a place and show a value
build.py      canonical form -> the attributes of one request; its fingerprint
compare.py    sent against returned: the blocks that did not arrive

The canonical form is a plain dict of REST attributes (camelCase names) without empty members. Import the modules, not
this package: lxml, jsonschema_rs and idutils load only where they are needed.
"""
