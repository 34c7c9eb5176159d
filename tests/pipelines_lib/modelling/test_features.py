"""The feature contract: the same raw values always become the same numbers."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pipelines_lib.errors import DataContractError
from pipelines_lib.modelling.features import (
    FeatureContract,
    InputFeature,
    check_features_vary,
    matrix,
)
from pipelines_lib.results import Consequence, Outcome
from pipelines_lib.spec.rulebook import Rule, RuleBook

NAN = np.float32("nan")
RULES = RuleBook(
    rules=(Rule("DATA-013", "varies", Consequence.HARD, "house", "none", "house"),),
    approval_required=False,
    policies=(),
)


def _input(name, kind="number", levels=(), missing_codes=()):
    return InputFeature(name, kind, levels, "none", missing_codes, reason="because")


CONTRACT = FeatureContract(
    (
        _input("amount", missing_codes=("-999", "none")),
        _input("months", kind="integer"),
        _input("region", kind="category", levels=("north", "7"), missing_codes=("?",)),
    )
)


def _arrow():
    return pa.table(
        {
            "region": pa.array(["7", "north", "east", None, "?"]),
            "amount": pa.array([1.5, -999.0, None, 1e300, 0.1]),
            "extra": pa.array([1, 2, 3, 4, 5]),
            "months": pa.array([3, None, -1, 0, 16_777_217]),
        }
    )


EXPECTED = np.array(
    [
        [1.5, 3, 1],
        [NAN, NAN, 0],
        [NAN, -1, NAN],
        [np.finfo(np.float32).max, 0, NAN],
        [0.1, 16_777_216, NAN],
    ],
    dtype=np.float32,
)


def test_columns_are_found_by_name_and_encoded_as_the_contract_says():
    encoded = matrix(CONTRACT, _arrow())

    assert encoded.dtype == np.float32
    np.testing.assert_array_equal(encoded, EXPECTED)


def test_a_record_batch_and_dictionary_columns_encode_alike():
    table = _arrow()
    table = table.set_column(0, "region", table["region"].dictionary_encode())

    np.testing.assert_array_equal(
        matrix(CONTRACT, table.combine_chunks().to_batches()[0]), EXPECTED
    )


def test_a_pandas_frame_of_raw_values_encodes_to_the_same_numbers():
    frame = pd.DataFrame(
        {
            "amount": ["1.5", "none", "", 1e300, 0.1],
            "months": pd.array([3, None, -1, 0, 16_777_217], dtype="Int64"),
            "region": [7, "north", "east", None, "?"],
        }
    )

    np.testing.assert_array_equal(matrix(CONTRACT, frame), EXPECTED)


@pytest.mark.parametrize("codes", [[7, 7], [7.0, np.nan], ["7", None], [np.int64(7), "7"]])
def test_a_numeric_code_is_the_same_level_however_it_arrives(codes):
    frame = pd.DataFrame({"amount": [0, 0], "months": [0, 0], "region": codes})

    assert matrix(CONTRACT, frame)[0, 2] == 1


def test_a_level_that_is_also_a_missing_code_is_missing():
    contract = FeatureContract((_input("region", "category", ("a", "b"), ("a",)),))

    for table in (pa.table({"region": ["a", "b"]}), pd.DataFrame({"region": ["a", "b"]})):
        np.testing.assert_array_equal(matrix(contract, table), [[NAN], [1]])


@pytest.mark.parametrize(
    "table", [pa.table({"months": [1]}), pd.DataFrame({"months": [1]})], ids=["arrow", "pandas"]
)
def test_missing_columns_are_named(table):
    with pytest.raises(DataContractError, match="lacks amount, region") as refused:
        matrix(CONTRACT, table)
    assert "Deliver every column" in refused.value.fix


def test_text_where_a_number_belongs_is_refused_without_showing_it():
    frame = pd.DataFrame({"amount": ["secret"], "months": [1], "region": ["north"]})

    with pytest.raises(DataContractError, match="amount holds values that are not") as refused:
        matrix(CONTRACT, frame)
    assert "secret" not in str(refused.value)


def test_an_empty_table_gives_an_empty_matrix():
    assert matrix(CONTRACT, _arrow().slice(0, 0)).shape == (0, 3)


def test_the_contract_survives_json(spec_of):
    contract = FeatureContract.from_spec(spec_of())

    assert FeatureContract.from_plain(contract.to_plain()) == contract
    assert contract.names == ("income", "overdue", "debt", "region")
    assert contract.features[3].levels == ("north", "south", "3")


@pytest.mark.parametrize(
    ("column", "outcome"),
    [
        ([1, 1, 2], Outcome.PASSED),
        ([1, 1, NAN], Outcome.PASSED),
        ([NAN, 1, 1], Outcome.PASSED),
        ([0, 0, NAN], Outcome.PASSED),
        ([1, 1, 1], Outcome.FAILED),
        ([NAN, NAN, NAN], Outcome.FAILED),
        ([], Outcome.FAILED),
    ],
)
def test_a_constant_feature_fails_and_a_blank_beside_a_value_is_variation(column, outcome):
    contract = FeatureContract((_input("amount"),))
    train = np.array(column, dtype=np.float32).reshape(-1, 1)

    (result,) = check_features_vary(train, contract, RULES)

    assert (result.code, result.subject, result.outcome) == ("DATA-013", "amount", outcome)
    assert result.n == len(column)
