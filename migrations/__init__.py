"""How the tables come to be and change: `tables` knows them all, `versions` is their history."""
