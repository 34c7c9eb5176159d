"""Whatever is written is read back as what it was, by the reader of specs."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines_lib.onboarding.commented_yaml import beside, comment, flow, scalar
from pipelines_lib.spec.documents import parse_document

texts = st.text(st.characters(exclude_categories=("Cs",)))


def read(text):
    return parse_document(text, Path("a.yaml")).data


@given(st.lists(texts))
def test_any_text_comes_back(values):
    assert read(f"levels: {flow(values)}\n") == {"levels": values}


@pytest.mark.parametrize(
    "text", ["no", "on", "true", "null", "~", "012", "1e3", "12:30", "2025-01-01", "", " a", "*x"]
)
def test_a_word_that_yaml_reads_otherwise_stays_a_text(text):
    assert read(f"a: {scalar(text)}{beside('why # not')}") == {"a": text}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_comes_back(value):
    assert read(f"a: {scalar(value)}") == {"a": value}


def test_plain_words_are_not_quoted():
    assert scalar("amount of loan") == "amount of loan"
    assert flow(["own", "rent"]) == "[own, rent]"


@given(texts)
def test_a_comment_never_ends_early(text):
    lines = comment(text, indent=2)
    assert all(line.startswith("  #") for line in lines)
    assert read("\n".join([*lines, "a: 1"])) == {"a": 1}
