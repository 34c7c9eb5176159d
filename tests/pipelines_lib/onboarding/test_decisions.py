"""Target, key, dates and protected attributes: found, given, made, or asked for."""

import pyarrow.parquet as pq
import pytest

from pipelines_lib.errors import DataContractError, SpecError
from pipelines_lib.onboarding.writing import gaps

N = 400


def without(table, *names):
    return {name: values for name, values in table.items() if name not in names}


# --- target ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "positive"),
    [
        (("0", "1"), "1"),
        (("no", "yes"), "yes"),
        (("N", "Y"), "Y"),
        (("False", "True"), "True"),
        (("good", "bad"), "bad"),
        (("0.0", "1.0"), "1.0"),
    ],
)
def test_which_code_is_positive_is_known_by_its_name(init, rows, codes, positive):
    table = rows()
    table["defaulted"] = [codes[flag] for flag in table["defaulted"]]
    assert init(table).spec.label.positive == positive


def test_an_unclear_target_is_asked_about_with_its_values(init, rows):
    table = rows()
    table["defaulted"] = [("A", "B")[flag] for flag in table["defaulted"]]
    with pytest.raises(SpecError, match="Which value of 'defaulted' is predicted: 'A', 'B'") as e:
        init(table)
    assert "--positive" in e.value.fix
    label = init(table, positive=("B",)).spec.label
    assert (label.positive, label.negative) == ("B", "A")
    assert init(table, negative=("B",), name="turned").spec.label.positive == "A"


def test_a_target_with_three_values_needs_both_sides_and_is_folded(init, rows):
    table = rows()
    table["defaulted"] = [("paid", "late", "open")[i % 3] for i in range(N)]
    with pytest.raises(SpecError, match="has 3 values: 'late', 'open', 'paid'"):
        init(table)
    with pytest.raises(SpecError, match="has 3 values") as caught:
        init(table, positive=("late",))
    assert "--negative" in caught.value.fix
    made = init(table, positive=("late",), negative=("paid",))
    assert "rows have no known outcome" in " ".join(made.plan.copy_because)
    assert pq.read_table(made.copy / "outcomes.parquet").num_rows == 267  # 400 less 133 open
    both = init(table, positive=("late", "open"), negative=("paid",), name="both")
    assert (both.spec.label.positive, both.spec.label.negative) == ("1", "0")
    found = pq.read_table(both.copy / "outcomes.parquet")["defaulted"].to_pylist()
    assert (found.count("1"), found.count("0")) == (266, 134)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1] * N, "takes one value in all rows"),
        ([""] * N, "has no values"),
        (list(range(N)), "has over 50 values"),
    ],
)
def test_a_target_that_cannot_be_predicted_is_refused(init, rows, values, said):
    table = rows()
    table["defaulted"] = values
    with pytest.raises(SpecError, match=said):
        init(table)


def test_a_wrong_name_is_corrected(init, rows):
    with pytest.raises(SpecError, match=r"There is no column 'defalted' \(--target\)") as caught:
        init(rows(), target="defalted")
    assert "Did you mean 'defaulted'?" in caught.value.fix
    with pytest.raises(SpecError, match="never takes the value 'bad'") as caught:
        init(rows(), positive=("bad",))
    assert "Values: '0', '1'." in caught.value.fix
    with pytest.raises(SpecError, match="cannot be positive and negative"):
        init(rows(), positive=("1",), negative=("1",))
    assert init(rows(), target="Defaulted").spec.label.column == "defaulted"


def test_good_news_as_a_target_is_pointed_at(init, rows):
    table = rows()
    table["repaid"] = table.pop("defaulted")
    assert "LOOK AT THIS: 'repaid' sounds like good news" in init(table, target="repaid").text
    sure = init(table, target="repaid", positive=("0",), name="sure")
    assert "LOOK AT THIS" not in sure.text


def test_one_row_is_no_history(init, rows):
    with pytest.raises(SpecError, match="one value in all rows"):
        init(rows(1))


# --- key and dates --------------------------------------------------------------------------


def test_a_key_that_repeats_or_has_blanks_is_refused(init, rows):
    table = rows()
    table["application_id"][3] = table["application_id"][4]
    table["application_id"][5] = ""
    with pytest.raises(DataContractError, match="1 rows have none, 1 repeat another's"):
        init(table, key="application_id")


def test_a_key_is_made_where_there_is_none(init, rows):
    made = init(without(rows(), "application_id"))
    assert made.spec.population.key == "row_number"
    assert "a key is made" in made.plan.copy_because[0]
    outcomes = pq.read_table(made.copy / "outcomes.parquet").to_pydict()
    assert sorted(map(int, outcomes["row_number"])) == list(range(1, N + 1))
    table = rows()
    bad = {str(row) for row, flag in enumerate(table["defaulted"], start=1) if flag}
    known = zip(outcomes["row_number"], outcomes["defaulted"], strict=True)
    assert {key for key, label in known if label == "1"} == bad


def test_dates_are_made_about_evenly_and_said_to_be_made(init, rows):
    made = init(without(rows(6000), "applied_on"))
    assert "MADE" in made.text
    nights = sorted(made.copy.glob("applications/business_date=*"))
    assert [nights[0].name, nights[-1].name] == [
        "business_date=2025-01-01",
        "business_date=2025-01-20",
    ]
    sizes = {pq.read_metadata(night / "part.parquet").num_rows for night in nights}
    assert len(nights) == 20
    assert 240 <= min(sizes) <= max(sizes) <= 360  # 300 on average, give or take 17
    assert "Prepared copy of applications.csv" in (made.copy / "README.md").read_text()


def test_made_dates_follow_the_key_and_not_the_order_of_the_rows(init, rows):
    table = without(rows(1200), "applied_on")
    turned = {name: values[::-1] for name, values in table.items()}
    one, two = init(table, name="one"), init(turned, name="two")

    def dates(made):
        found = [
            (key, path.parent.name)
            for path in made.copy.glob("applications/*/part.parquet")
            for key in pq.read_table(path)["application_id"].to_pylist()
        ]
        return sorted(found)

    assert dates(one) == dates(two)


@pytest.mark.parametrize(
    ("form", "copied"),
    [
        ("%Y-%m-%d", False),
        ("%Y%m%d", False),
        ("%Y-%m-%dT%H:%M:%S", False),
        ("%d/%m/%Y", True),
        ("%m/%d/%Y", True),
        ("%d.%m.%Y", True),
        ("%d-%b-%Y", True),
    ],
)
def test_dates_are_read_however_they_are_written(init, rows, form, copied):
    from datetime import date

    table = rows()
    days = [date.fromisoformat(text) for text in table["applied_on"]]
    table["applied_on"] = [day.strftime(form) for day in days]
    made = init(table)
    assert made.roles["applied_on"].role == "business date"
    assert (made.copy is not None) == copied
    assert (made.plan.time.first, made.plan.time.last) == (min(days), max(days))


def test_the_day_of_the_decision_is_chosen_among_dates(init, rows):
    table = rows()
    table["last_payment_date"] = table["applied_on"]
    table["birth_date"] = [f"{1950 + i % 50}-01-01" for i in range(N)]
    made = init(table)
    assert made.roles["applied_on"].role == "business date"
    assert made.roles["last_payment_date"].role == "excluded"
    assert made.roles["birth_date"].role == "protected"
    with pytest.raises(SpecError, match="holds no dates"):
        init(rows(), time="income", name="wrong")


def test_an_outcome_date_is_used_where_it_is_named(init, rows):
    table = rows()
    table["known_on"] = ["2025-06-01"] * N
    made = init(table, observed="known_on")
    label = next(source for source in made.spec.sources if source.role == "label")
    assert (label.observed_on, made.spec.label.performance_window_days) == ("known_on", 0)
    assert made.copy is None
    delayed = init(rows(), label_delay_days=7, name="delayed")
    assert delayed.spec.label.performance_window_days == 7


def test_recent_rows_without_an_outcome_or_its_date_are_read_where_they_lie(init, rows):
    table = rows()
    table["known_on"] = ["2025-06-01" if i < 350 else "" for i in range(N)]
    table["defaulted"] = [flag if i < 350 else "" for i, flag in enumerate(table["defaulted"])]
    assert init(table, observed="known_on").copy is None
    table["known_on"] = ["2025-06-01"] * N
    assert init(table, observed="known_on", name="dated").copy is not None


# --- protected ------------------------------------------------------------------------------


def test_a_protected_column_is_known_by_its_name_and_never_an_input(init, rows):
    table = rows()
    table["customer_age"] = [20 + i % 60 for i in range(N)]
    table["MaritalStatus"] = [("single", "married", "unknown")[i % 3] for i in range(N)]
    made = init(table)
    attributes = {each.name: each for each in made.spec.fairness.attributes}
    assert list(attributes) == ["gender", "customer_age", "marital_status"]
    assert set(attributes["customer_age"].bands) == {
        "under_25", "from_25_to_39", "from_40_to_59", "from_60",
    }  # fmt: skip
    assert attributes["marital_status"].groups == {"single": ("single",), "married": ("married",)}
    assert not {"gender", "customer_age", "MaritalStatus"} & set(made.features)


def test_the_age_of_an_account_is_no_protected_attribute(init, rows):
    table = rows()
    table["account_age"] = [i % 90 for i in range(N)]
    assert "account_age" in init(table).features


def test_flags_are_folded_into_one_attribute(init, rows):
    table = rows()
    for place, name in enumerate(("black", "asian", "white")):
        table[name] = ["" if i % 10 == 9 else int(i % 3 == place) for i in range(N)]
    table["white"][0] = 1  # black and white
    made = init(table, protected=("race=black,asian,white",))
    race = next(each for each in made.spec.fairness.attributes if each.name == "race")
    assert set(race.groups) == {"black", "asian", "white", "several"}
    found = pq.read_table(made.copy / "customers.parquet")["race"].to_pylist()
    assert found.count("several") == 1
    assert found.count(None) == 40
    with pytest.raises(SpecError, match="'income' is no 0/1 column"):
        init(table, protected=("race=black,income",), name="wrong")
    with pytest.raises(SpecError, match="needs a name and columns"):
        init(table, protected=("race=",), name="empty")


def test_without_protected_attributes_people_must_say_why(init, rows):
    made = init(without(rows(), "gender"))
    assert made.spec.fairness.not_applicable == "TODO"


def test_what_only_people_can_say_is_listed_with_its_line(init, rows):
    made = init(rows())
    lines = made.text.splitlines()
    assert all("TODO" in lines[line - 1] for line, _ in made.found.gaps)
    assert len(made.found.gaps) == made.text.count(": TODO") + made.text.count("- TODO")
    keys = {key for _, key in gaps(made.text)}
    assert {"purpose", "tier_rationale", "people.owner", "label.meaning"} <= keys


def test_the_same_table_gives_the_same_bytes(init, rows):
    table = without(rows(1200), "applied_on")
    one = init(table)
    files = {path.relative_to(one.copy): path.read_bytes() for path in one.copy.rglob("*.parquet")}
    text = one.text
    two = init(table, force=True)
    assert two.text == text
    assert files == {
        path.relative_to(two.copy): path.read_bytes() for path in two.copy.rglob("*.parquet")
    }
