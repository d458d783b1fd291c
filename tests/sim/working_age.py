"""Working age by the labour code: 15 to the retirement age of the year (reached = no longer counted)."""

import calendar
import datetime

FROM_YEARS = 15


def retirement_months(year: int, female: bool) -> int:
    """Men 60y3m in 2021, three months more each year until 62y (2028); women 55y4m, four months, until 60y (2035)."""
    steps = max(0, year - 2020)
    return min(55 * 12 + 4 * steps, 60 * 12) if female else min(60 * 12 + 3 * steps, 62 * 12)


def months_after(day: datetime.date, months: int) -> datetime.date:
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def is_working_age(born: datetime.date, female: bool, on: datetime.date) -> bool:
    return months_after(born, FROM_YEARS * 12) <= on < months_after(born, retirement_months(on.year, female))
