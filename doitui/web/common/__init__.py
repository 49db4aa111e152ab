"""What all web resources share: bodies, paging, errors, accounts, rights."""
