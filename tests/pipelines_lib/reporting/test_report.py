"""The validation report: self-contained, escaped, the same bytes each time, all four verdicts."""

import re
from html.parser import HTMLParser

import pytest

from pipelines_lib.errors import EvidenceError
from pipelines_lib.reporting.report import SECTIONS, render, write_report

VERDICTS = ("promoted", "awaiting_approval", "rejected", "stopped")
VOID = {"meta", "input", "col", "br", "hr", "img", "link"}
MEGABYTE = 1_000_000
USUAL_SIZE = 250_000


class Page(HTMLParser):
    """What a reader finds: balanced tags, ids, texts by id, and every attribute."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).replace("\u00a0", " ").split())


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_section_is_there_whatever_the_verdict(build, verdict):
    page = Page(render(build(verdict)))
    assert [name for name in SECTIONS if name not in page.ids] == []
    assert page.open == []


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_report_refers_to_nothing_outside_itself(build, verdict):
    html = render(build(verdict))
    page = Page(html)
    references = [
        value for _, name, value in page.attributes if name in {"href", "src", "action", "data"}
    ]
    assert [value for value in references if not value.startswith("#")] == []
    assert re.findall(r"https?://|url\(|@import", html) == []
    assert {"script", "link", "img", "iframe"}.isdisjoint(page.tags)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_inner_link_has_a_target_and_no_id_is_given_twice(build, verdict):
    page = Page(render(build(verdict)))
    targets = {value[1:] for _, name, value in page.attributes if name == "href"}
    labels = {
        word
        for _, name, value in page.attributes
        if name in {"aria-labelledby", "for"}
        for word in value.split()
    }
    # A reason may name a check that has neither a result nor a requirement in this evidence.
    assert sorted((targets | labels) - set(page.ids) - {"DATA-004"}) == []
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_report_stays_small(build, verdict):
    size = len(render(build(verdict)).encode())
    assert size < USUAL_SIZE < MEGABYTE


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        ("promoted", "Promoted"),
        ("awaiting_approval", "Awaiting approval"),
        ("rejected", "Rejected"),
        ("stopped", "Stopped"),
    ],
)
def test_the_verdict_comes_before_every_figure(build, verdict, word):
    text = Page(render(build(verdict))).words
    assert text.index(f"Verdict {word}") < text.index("Key figures")


def test_the_same_evidence_gives_the_same_bytes(build):
    assert render(build("rejected")) == render(build("rejected"))


def test_what_the_evidence_says_is_text_and_never_markup(build):
    attack = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
    evidence = poisoned(build("rejected"), attack)
    page = Page(render(evidence))
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in page.words


def poisoned(value, attack, key=""):
    """Put the attack into every free text of the evidence."""
    fixed = {"format", "verdict", "outcome", "consequence", "first", "last", "check", "direction"}
    if isinstance(value, dict):
        return {name: poisoned(item, attack, name) for name, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item, attack, key) for item in value]
    return value + attack if isinstance(value, str) and key not in fixed else value


def test_every_picture_has_a_title_and_a_description(build):
    page = Page(render(build("promoted")))
    pictures = [value for tag, name, value in page.attributes if (tag, name) == ("svg", "role")]
    assert len(pictures) == 2 + 2 + 2 + 6 + 1  # curves, calibration, bands, bins, nights
    assert page.tags.count("desc") == len(pictures)


def test_a_stopped_run_says_why_its_sections_are_empty(build):
    text = Page(render(build("stopped"))).words
    assert text.count("The data checks stopped this run before it came to this question.") >= 5
    assert "3,600 of 30,000 values are blank." in text


def test_a_stopped_run_shows_its_data_before_the_empty_sections(build):
    ids = Page(render(build("stopped"))).ids
    assert ids.index("data") < ids.index("performance")


def test_a_first_model_says_that_there_is_no_champion(build):
    text = Page(render(build("awaiting_approval"))).words
    assert "There is no champion yet, so there is nothing to compare with." in text


def test_figures_are_written_the_same_way_everywhere(build):
    text = Page(render(build("promoted"))).words
    assert "AUC, out of time 0.781 0.761 to 0.801 (95 % interval)" in text
    assert "observed 22.1 %" in text


def test_every_check_is_listed_with_its_outcome_in_words(build):
    evidence = build("awaiting_approval")
    text = Page(render(evidence)).words
    for check in evidence["checks"]:
        assert check["code"] in text
        assert check["explanation"] in text
    assert "Not enough evidence age=under_25 0.812 0.779 to 0.845" in text


def test_a_required_check_without_a_result_is_listed_as_such(build):
    text = Page(render(build("rejected"))).words
    assert "No result declines" in text


def test_small_and_unknown_groups_are_shown_and_not_judged(build):
    text = Page(render(build("promoted"))).words
    assert "60 and over too small to judge" in text
    assert "unknown not judged" in text


def test_missing_figures_leave_a_dash_and_not_a_zero(build):
    evidence = build("promoted")
    evidence["figures"]["performance"]["windows"]["out_of_time"] = None
    evidence["figures"]["performance"]["curves"] = None
    evidence["figures"]["drift"]["score"] = None
    for each in evidence["figures"]["drift"]["features"]:
        each.update(psi=None, critical=None, missing_current=None)
    for attribute in evidence["figures"]["fairness"]["attributes"]:
        for group in attribute["groups"]:
            kept = {key: group[key] for key in ("group", "rows", "share", "small")}
            group.update({**dict.fromkeys(group), **kept})
    text = Page(render(evidence)).words
    assert "No figure could be computed out of time." in text
    assert "No group is large enough to be held against the limit." in text
    assert "No feature could be compared." in text


@pytest.mark.parametrize(
    "section", ["performance", "comparison", "fairness", "drift", "explanation"]
)
def test_a_section_with_hardly_any_figures_still_renders(build, section):
    evidence = build("promoted")
    evidence["figures"][section] = {"rows": 1}
    assert Page(render(evidence)).open == []


@pytest.mark.parametrize(
    "section", ["quality", "performance", "comparison", "fairness", "drift", "explanation"]
)
def test_any_section_may_be_without_figures(build, section):
    evidence = build("rejected")
    evidence["figures"][section] = None
    assert "The evidence holds no figures for this question." in Page(render(evidence)).words


def test_rows_that_were_set_aside_are_named_by_the_hash_of_their_file(build):
    evidence = build("stopped")
    evidence["snapshots"]["quarantine"] = {"sha256": "9" * 64}
    assert "9" * 64 in render(evidence)


def test_evidence_with_nothing_but_a_verdict_still_renders(build):
    evidence = build("stopped")
    evidence.update(
        checks=[], requirements=[], rules=[], sources=[], policies=[], figures={}, snapshots={},
        windows=None, champion=None, documentation={}, monitoring={},
    )  # fmt: skip
    text = Page(render(evidence)).words
    assert "The evidence holds no check." in text
    assert "No source could be read." in text


def test_a_model_that_decides_about_nobody_says_so(build):
    evidence = build("promoted")
    evidence["figures"]["fairness"] = {
        "not_applicable": "Prices of used cars; no person is decided about.",
        "rows": 0,
        "attributes": [],
    }
    assert "Not applicable: Prices of used cars" in Page(render(evidence)).words


def test_a_check_of_a_later_version_is_shown_with_its_bare_code(build):
    evidence = build("promoted")
    evidence["checks"].append({**evidence["checks"][0], "code": "STRESS-099", "subject": "shock"})
    assert "STRESS-099 STRESS-099" in Page(render(evidence)).words


def test_an_unknown_format_is_refused_with_advice(build):
    evidence = {**build("promoted"), "format": "pipelines-evidence/9"}
    with pytest.raises(EvidenceError, match="pipelines-evidence/9") as caught:
        render(evidence)
    assert "version that wrote it" in caught.value.fix


def test_the_file_is_written_whole(build, tmp_path):
    path = tmp_path / "deep" / "report.html"
    write_report(build("promoted"), path)
    assert path.read_text(encoding="utf-8") == render(build("promoted"))
    assert [each.name for each in path.parent.iterdir()] == ["report.html"]
