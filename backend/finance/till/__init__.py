"""收银台: money that staff take, cashiers' shifts, bank statements matched with orders.

Promise: money is taken for an order under its lock and counts once; whoever counts the drawer is
not who confirms it; a line of the bank's stands for one payment at most.
"""
