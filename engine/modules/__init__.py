"""Strategy modules and the contract they keep."""
