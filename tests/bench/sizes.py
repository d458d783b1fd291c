"""How large the generated inputs are."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Size:
    name: str
    rows: int
    communes: int  # 225: the real ones of the province


SHORT = Size("short", 1_000_000, 225)
PROVINCE = Size("province", 10_000_000, 225)
NATIONAL = Size("national", 50_000_000, 10_600)
