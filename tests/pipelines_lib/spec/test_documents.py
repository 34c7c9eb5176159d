"""YAML is read strictly, and everything keeps the line it stands on."""

from datetime import date
from pathlib import Path

import pytest

from pipelines_lib.errors import SpecError
from pipelines_lib.spec.documents import Problem, parse_document, read_document, shown

PATH = Path("spec.yaml")


def data(text):
    return parse_document(text, PATH).data


def refusal(text):
    with pytest.raises(SpecError) as caught:
        parse_document(text, PATH)
    return caught.value.problem


def test_every_key_and_every_item_knows_its_line():
    document = parse_document("a: 1\nb:\n  - x\n  - {c: 2,\n     d: 3}\n", PATH)
    assert document.data == {"a": 1, "b": ["x", {"c": 2, "d": 3}]}
    assert document.line(("a",)) == 1
    assert document.line(("b", 0)) == 3
    assert document.line(("b", 1, "d")) == 5


def test_what_has_no_line_of_its_own_is_on_the_line_of_what_encloses_it():
    document = parse_document("# comment\na:\n  b: 1\n", PATH)
    assert document.line(("a", "b", "missing", 3)) == 3
    assert document.line(("a", "missing")) == 2
    assert document.line(("missing",)) == 2  # the document itself begins on line 2


def test_without_any_line_the_first_one_is_named():
    document = parse_document("a: 1", PATH)
    document.lines.clear()
    assert document.line(("a",)) == 1


def test_a_key_given_twice_is_found_with_both_lines_at_any_depth():
    document = parse_document("a: 1\nb: {c: 1}\na: 2\nd:\n  e: 1\n  e: 2\n", PATH)
    assert [str(problem) for problem in document.problems] == [
        "  line 3: key 'a' is given twice. It stands on line 1 too.",
        "  line 6: key 'e' is given twice. It stands on line 5 too.",
    ]


def test_a_problem_reads_as_line_what_and_fix():
    assert str(Problem(7, "it is wrong", "Mend it.")) == "  line 7: it is wrong. Mend it."


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "y", "n", "True", "FALSE"])
def test_only_true_and_false_are_booleans(word):
    assert data(f"a: {word}") == {"a": word}


def test_true_and_false_are_booleans():
    assert data("a: true\nb: false") == {"a": True, "b": False}


@pytest.mark.parametrize("code", ["01", "010", "08", "1_000", "0x1F", "0b11", "12:30", "1:30.5"])
def test_a_code_that_yaml_takes_for_an_odd_number_stays_as_it_is_written(code):
    assert data(f"a: {code}") == {"a": code}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-12", -12),
        ("+3", 3),
        ("0.05", 0.05),
        ("5.", 5.0),
        (".5", 0.5),
        ("-1.5e-3", -0.0015),
        ("1e-3", 0.001),
        ("2E6", 2e6),
        (".inf", float("inf")),
        ("-.inf", float("-inf")),
    ],
)
def test_a_number_is_a_number_as_a_person_writes_it(text, number):
    found = data(f"a: {text}")["a"]
    assert (found, type(found)) == (number, type(number))


def test_dates_nulls_and_quoted_text_are_read_as_what_they_are():
    assert data("a: 2025-04-10\nb: null\nc:\nd: '012'\ne: ~") == {
        "a": date(2025, 4, 10),
        "b": None,
        "c": None,
        "d": "012",
        "e": None,
    }


def test_a_day_that_does_not_exist_is_no_date():
    assert "line 2, column 4: '2025-04-31' is no date" in refusal("a: 1\nb: 2025-04-31")


def test_an_alias_is_refused_so_that_a_line_says_what_it_means():
    assert "line 2, column 4: an alias; write the value out" in refusal("a: &x [1]\nb: *x")


def test_a_document_that_holds_itself_is_refused_and_does_not_hang():
    assert "an alias" in refusal("a: &x {b: *x}")


def test_a_broken_file_is_refused_with_line_and_column():
    assert refusal("a: 1\nb: [1, 2\nc: 3").startswith("spec.yaml is not valid YAML on line 3")


def test_a_character_no_text_may_hold_is_refused():
    assert refusal("a: \x00").startswith("spec.yaml is not valid YAML: special characters")


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n", "word", "null"])
def test_a_file_that_is_no_mapping_is_refused(text):
    assert refusal(text) == "spec.yaml is not a mapping of keys to values."


@pytest.mark.parametrize("text", ["a: 1\n---\nb: 2", "? [x]\n: 1", "a: !!python/name:os.system"])
def test_what_safe_yaml_cannot_hold_is_refused(text):
    assert "is not valid YAML on line" in refusal(text)


def test_a_file_is_read_with_its_text_and_path(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("\ufeffa: é\n", encoding="utf-8")
    document = read_document(path)
    assert (document.path, document.data) == (path, {"a": "é"})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SpecError, match=r"b\.yaml does not exist"):
        read_document(tmp_path / "b.yaml")


def test_another_encoding_is_named_with_the_place_where_it_shows(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes("a: é".encode("latin-1"))
    with pytest.raises(SpecError, match=r"a\.yaml is not UTF-8 text \(byte 3\)"):
        read_document(path)


def test_a_folder_in_place_of_a_file_is_refused(tmp_path):
    with pytest.raises(SpecError, match=r"cannot be read: Is a directory"):
        read_document(tmp_path)


def test_a_path_is_shown_as_a_person_would_type_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "models" / "a.yaml") == "models/a.yaml"
    assert shown(Path("/elsewhere/a.yaml")) == "/elsewhere/a.yaml"
