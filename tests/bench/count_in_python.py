#!/usr/bin/env python3
"""Prints `commune,people` and `bad,rows` of bank exports. count_in_python.py UNITS FILE…"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim"))

import count_people  # noqa: E402

found, rejects = count_people.count([pathlib.Path(name) for name in sys.argv[2:]], pathlib.Path(sys.argv[1]))
print("".join(f"{unit},{people}\n" for unit, people in sorted(found.items())) + f"bad,{rejects.total()}")
