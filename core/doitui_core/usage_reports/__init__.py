"""Usage reports: a month's counts as SUSHI report `rd1`, for DataCite's report store or a hub."""
