"""DATA-008: was the newest delivery delivered before?"""

# ruff: noqa: S608  (names and values in SQL are quoted by columns.quoted and identifier)

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

from pipelines_lib.data.columns import quoted
from pipelines_lib.data.loading import Loaded
from pipelines_lib.errors import bounded
from pipelines_lib.results import CheckResult
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import RuleBook

if TYPE_CHECKING:
    from pipelines_lib.data.tables import Workbench

TWICE = "DATA-008"


def check_delivered_twice(
    bench: "Workbench",
    spec: ModelSpec,
    population: Loaded | None,
    features: str | None,
    rules: RuleBook,
) -> CheckResult:
    """DATA-008: is the newest delivery a copy of an earlier one?

    Files are compared by their bytes; nights by their rows without key and date, in any
    order, where the night has ``minimum_rows`` rows (fewer can be equal by chance).
    Observed is the number of copies.
    """
    rule, name = rules.rule(TWICE), spec.population.name
    minimum = int(rule.parameter("minimum_rows"))
    copies = _copied_files(population) if population else 0
    if features is None and not copies:
        return rule.answer(name, "Not computed: a source could not be read.", holds=None)
    newest, rows, equal = _equal_nights(bench, spec, population, features, minimum)
    told = [f"{copies} file(s) have exactly the bytes of another."] if copies else []
    if equal:
        told.append(f"The {rows} rows of {newest} are those of {bounded(equal)} again.")
    advice = "Withdraw the copy, have the right file delivered, and run again."
    if not told:
        advice = "The newest delivery is no copy of an earlier one."
        if rows < minimum:
            advice += f" Its {rows} rows are too few to compare contents."
    return rule.judge(name, float(copies + len(equal)), " ".join([*told, advice]))


def _copied_files(population: Loaded) -> int:
    """How many of the newest files are copies; without dates in their names, of all files."""
    files = population.delivery.files
    same = Counter(file.sha256 for file in files if file.sha256)
    newest = files[-1].partition
    if newest is None:
        return sum(number - 1 for number in same.values())
    return sum(1 for file in files if file.partition == newest and same[file.sha256] > 1)


def _equal_nights(
    bench: "Workbench",
    spec: ModelSpec,
    population: Loaded | None,
    features: str | None,
    minimum: int,
) -> tuple[date | None, int, list[date]]:
    """The newest night, its rows, and the earlier nights of the same content."""
    if population is None or features is None:
        return None, 0, []
    sizes = bench.run(
        f"SELECT business_date, count(*) FROM {population.table} WHERE visible "
        "GROUP BY business_date ORDER BY business_date DESC"
    )
    newest, rows = sizes[0]
    alike = [night for night, number in sizes if number == rows]
    if rows < minimum or len(alike) == 1:
        return newest, rows, []
    nights = ", ".join(f"DATE {quoted(str(night))}" for night in alike)
    values = ", ".join(f"f{index}" for index in range(len(spec.features)))
    # Two sums over 64-bit hashes: equal only where the rows are, whatever their order.
    digests = bench.run(
        "SELECT business_date, sum(h) AS total, bit_xor(hash(h)) AS mix "
        f"FROM (SELECT business_date, hash({values}) AS h FROM ({features}) "
        f"WHERE business_date IN ({nights})) GROUP BY business_date"
    )
    content = {night: (total, mix) for night, total, mix in digests}
    return newest, rows, sorted(n for n in alike if n < newest and content[n] == content[newest])
