"""The timetable search measured on a public problem: curriculum-based timetabling, ITC-2007, UD2.

Promise: a timetable without a hard violation within seconds, better ones as time goes on, the best
so far when stopped; costs are counted plainly before anything is written.
"""
