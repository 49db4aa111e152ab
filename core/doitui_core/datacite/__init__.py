"""The clients of DataCite's services. Nothing of `requests` leaves here: answers are `Answer`, failures ours."""
