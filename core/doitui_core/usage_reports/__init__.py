"""Usage reports: a month's counts as SUSHI's report `rd1`, for DataCite's report store or a hub.

rules.py       what the other side takes (pure)
period.py      which days a month's report speaks of, and whether it is partial
reporter.py    who reports: the names a report goes out under, its UUID
counted.py     the counts of a month, DOI by DOI, from the database
datasets.py    counts -> a dataset of the report (pure)
parts.py       datasets -> parts, plain or compressed (pure)
building.py    the report of a repository and a month, as a stream
tsv.py         the same as COUNTER's DSR, tab-separated (pure)
files.py       parts on the disk, whole or not at all
reading.py     a report read back, dataset by dataset, of any size
validating.py  would it be taken? file by file
outcomes.py    what an answer of the report store means (pure)
requesting.py  a report is wanted: its row, its job
report_desk.py what a worker has at hand for reports
submitting.py  the job: part after part, from the beginning each time
held.py        the report as the other side holds it
reconcile.py   what we counted beside what the other side holds
listed.py      the reports there are, and how far they are

Everything streams: a million DOIs need no more memory than a part.
"""
