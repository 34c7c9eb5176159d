"""What each check asks, in which unit it answers, and what to do when it does not pass.

The codes are stable for ever. A code this page does not know is still shown, with its bare
code and four significant digits.
"""

from dataclasses import dataclass

from pipelines_lib.reporting import formatting
from pipelines_lib.reporting.formatting import Format

AREAS = {
    "DATA": "Data",
    "LEAK": "Leakage",
    "PERF": "Performance",
    "FAIR": "Fairness",
    "DRIFT": "Drift",
    "STRESS": "Stress",
    "EXPL": "Explanation",
    "GOV": "Governance",
}
"""Areas of checks in the order of the report."""


@dataclass(frozen=True)
class Question:
    """One check as a reader meets it.

    Attributes:
        title: What is asked, in a few words.
        write: How its figure is written.
        action: What to do when it does not pass, and who does it.
    """

    title: str
    write: Format
    action: str


_DATA_OWNER = "Data owner: "
_DEVELOPER = "Developer: "

QUESTIONS = {
    "DATA-001": Question(
        "Columns present and readable",
        formatting.share,
        _DATA_OWNER + "restore the declared columns and types of {subject} and deliver it again.",
    ),
    "DATA-002": Question(
        "Missing values",
        formatting.share,
        _DATA_OWNER + "find out why {subject} is blank and deliver it again.",
    ),
    "DATA-003": Question(
        "Values within the declared range",
        formatting.share,
        _DATA_OWNER + "check the unit and source of {subject}, correct it and deliver it again.",
    ),
    "DATA-004": Question(
        "Known categories only",
        formatting.share,
        _DATA_OWNER + "explain the new codes in {subject}, or have the owner declare them.",
    ),
    "DATA-005": Question(
        "Key is unique",
        lambda value: formatting.share(value) if (value or 0) <= 1 else formatting.count(value),
        _DATA_OWNER + "remove the repeated keys from {subject} and deliver it again.",
    ),
    "DATA-006": Question(
        "Delivery is fresh",
        formatting.days,
        _DATA_OWNER + "find out why {subject} is late and deliver the missing nights.",
    ),
    "DATA-007": Question(
        "Volume against recent nights",
        formatting.ratio,
        _DATA_OWNER + "check whether the newest night of {subject} is complete; deliver it again.",
    ),
    "DATA-008": Question(
        "Delivered twice",
        formatting.count,
        _DATA_OWNER + "withdraw the repeated delivery of {subject} and send the right one.",
    ),
    "DATA-009": Question(
        "Rows set aside",
        formatting.share,
        _DATA_OWNER + "correct the rows that were set aside; their hashed keys are in quarantine.",
    ),
    "DATA-010": Question(
        "Source is complete",
        formatting.share,
        _DATA_OWNER + "deliver what {subject} lacks.",
    ),
    "DATA-011": Question(
        "Dates are possible",
        formatting.share,
        _DATA_OWNER + "correct the impossible dates in {subject} and deliver it again.",
    ),
    "DATA-012": Question(
        "Outcomes have arrived",
        formatting.share,
        _DATA_OWNER + "deliver the outcomes that are due in {subject}.",
    ),
    "DATA-013": Question(
        "Feature varies",
        formatting.significant,
        _DATA_OWNER + "find out why {subject} holds one value only.",
    ),
    "DATA-014": Question(
        "Both outcomes are present",
        formatting.count,
        "Model owner: wait for more outcomes in the {subject} window, or move its limits.",
    ),
    "LEAK-001": Question(
        "One feature alone (AUC)",
        formatting.decimal,
        _DEVELOPER + "find out when {subject} is written; take it out or record a reason.",
    ),
    "LEAK-002": Question(
        "Missing values alone (AUC)",
        formatting.decimal,
        _DEVELOPER + "find out who fills {subject}, and when; take it out or record a reason.",
    ),
    "LEAK-003": Question(
        "Known only after the outcome",
        formatting.share,
        _DEVELOPER + "take {subject} out, or record why it is known on the business date.",
    ),
    "LEAK-004": Question(
        "Time told by a feature (AUC)",
        formatting.decimal,
        _DEVELOPER + "take {subject} out, or use its change instead of its level.",
    ),
    "LEAK-005": Question(
        "AUC added by the way of writing",
        formatting.signed,
        _DATA_OWNER + "find out what rounds or fills {subject}.",
    ),
    "LEAK-006": Question(
        "Distinct values",
        formatting.share,
        _DEVELOPER + "take {subject} out: it names the row.",
    ),
    "LEAK-007": Question(
        "Part with one outcome only",
        formatting.share,
        _DEVELOPER + "take {subject} out: it is the target in other words.",
    ),
    "LEAK-008": Question(
        "Test rows that repeat training rows",
        formatting.share,
        _DATA_OWNER + "find what was delivered twice under other keys; see the {subject} window.",
    ),
    "PERF-001": Question(
        "Discrimination (AUC)",
        formatting.decimal,
        _DEVELOPER + "find out why the candidate ranks worse in the {subject} window.",
    ),
    "PERF-002": Question(
        "Calibration in the large",
        formatting.decimal,
        _DEVELOPER + "recalibrate: scores and observed outcomes differ in the {subject} window.",
    ),
    "PERF-003": Question(
        "Brier skill against the base rate",
        formatting.decimal,
        _DEVELOPER + "review calibration and features for the {subject} window.",
    ),
    "PERF-004": Question(
        "Overfit gap",
        formatting.signed,
        _DEVELOPER + "reduce complexity: the candidate does not hold out of time.",
    ),
    "PERF-005": Question(
        "Not inferior to the baseline",
        formatting.signed,
        _DEVELOPER + "the plain scorecard does as well; justify or simplify the candidate.",
    ),
    "PERF-006": Question(
        "Not inferior to the champion",
        formatting.signed,
        "Nobody tonight: the champion is better and stays. Developer: review the training data.",
    ),
    "PERF-007": Question(
        "Reason to replace the champion",
        formatting.signed,
        "Nobody: no gain over a champion that is recent enough. It is tried again next time.",
    ),
    "PERF-008": Question(
        "Calibration slope and intercept",
        formatting.decimal,
        _DEVELOPER + "recalibrate: the {subject} of the scores is off.",
    ),
    "PERF-009": Question(
        "Calibration band by band",
        formatting.share,
        _DEVELOPER + "look at the bands that are off in the {subject} window; recalibrate.",
    ),
    "PERF-010": Question(
        "Cost saved by deciding by the score",
        formatting.share,
        "Model owner: compare the cut-off with the cheapest one, and the costs with the books.",
    ),
    "PERF-011": Question(
        "Stability over time slices",
        formatting.decimal,
        _DEVELOPER + "find out what was different in the nights where the {subject} was worst.",
    ),
    "PERF-012": Question(
        "Weak segments",
        formatting.count,
        _DEVELOPER + "look at the named customers: what tells them apart is not in the model.",
    ),
    "PERF-013": Question(
        "Remembered weak segments",
        formatting.count,
        _DEVELOPER + "the candidate is not shown to be as good as the champion where one was weak.",
    ),
    "PERF-014": Question(
        "Random split against time",
        formatting.signed,
        _DEVELOPER + "find what tells the time or repeats; quote only the figure out of time.",
    ),
    "PERF-015": Question(
        "Gain of the last doubling",
        formatting.signed,
        "Model owner: more rows may still help; lengthen the history or wait.",
    ),
    "PERF-016": Question(
        "Speed in milliseconds",
        lambda value: formatting.decimal(value, 1),
        _DEVELOPER + "the package is slow ({subject}): fewer trees, or a machine less busy.",
    ),
    "PERF-017": Question(
        "Decisions that flip",
        formatting.share,
        "Model owner: tell those who answer customers who is treated differently from now on.",
    ),
    "PERF-018": Question(
        "Cost saved against the champion",
        formatting.share,
        "Model owner: compare the cut-offs of both models before the models.",
    ),
    "PERF-019": Question(
        "Precision at capacity",
        formatting.share,
        "Model owner: set the capacity where the next case still pays.",
    ),
    "FAIR-001": Question(
        "Adverse impact ratio",
        formatting.ratio,
        "Validator: judge the approval rate of {subject} against its reference group.",
    ),
    "FAIR-002": Question(
        "Equal opportunity difference",
        formatting.decimal,
        "Validator: judge how often {subject} is approved among those who turn out well.",
    ),
    "FAIR-003": Question(
        "Protected attribute is not an input",
        formatting.significant,
        "Model owner: remove {subject} from the model's features.",
    ),
    "FAIR-009": Question(
        "Inputs that give a group away (AUC)",
        formatting.decimal,
        "Validator: judge whether the strongest proxies for {subject} belong into the model.",
    ),
    "FAIR-011": Question(
        "Less discriminatory alternative",
        formatting.signed,
        _DEVELOPER + "take the alternative found for {subject}, or show what it would cost.",
    ),
    "FAIR-004": Question(
        "Standardised difference of scores",
        formatting.decimal,
        "Validator: judge whether risk explains how {subject} is scored.",
    ),
    "FAIR-005": Question(
        "Equalised odds",
        formatting.decimal,
        "Validator: see which errors fall on {subject} more often than on its reference.",
    ),
    "FAIR-006": Question(
        "Calibration by group",
        formatting.decimal,
        _DEVELOPER + "find out what the inputs do not say about {subject}.",
    ),
    "FAIR-007": Question(
        "Adverse impact ratio of an intersection",
        formatting.ratio,
        "Validator: judge the approval rate of {subject} against that of both references.",
    ),
    "FAIR-008": Question(
        "Lowest adverse impact ratio along the score",
        formatting.ratio,
        "Model owner: know how {subject} fares before the cut-off is moved.",
    ),
    "FAIR-010": Question(
        "Coding of a protected attribute",
        formatting.decimal,
        _DATA_OWNER + "compare the codes of {subject} with those the spec declares.",
    ),
    "FAIR-012": Question(
        "No forbidden input",
        formatting.significant,
        "Model owner: remove the input that the explanation names.",
    ),
    "DRIFT-001": Question(
        "Feature drift (PSI)",
        formatting.decimal,
        _DEVELOPER + "look at the bins of {subject}: has the population moved, or its source?",
    ),
    "DRIFT-002": Question(
        "Score drift (PSI)",
        formatting.decimal,
        _DEVELOPER + "find the features behind the shift of the score.",
    ),
    "DRIFT-003": Question(
        "Change in missing share",
        formatting.points,
        _DATA_OWNER + "find out why {subject} is blank more often than before.",
    ),
    "DRIFT-004": Question(
        "Levels training never had",
        formatting.share,
        "Model owner: decide cases with the new levels of {subject} by hand until outcomes mature.",
    ),
    "DRIFT-005": Question(
        "Change of the rate of positives",
        formatting.share,
        _DEVELOPER + "see whether predictions follow (PERF-002); recalibrate on newer nights.",
    ),
    "DRIFT-006": Question(
        "Drift weighed by importance",
        formatting.decimal,
        _DEVELOPER + "look at the bins of the features that add most.",
    ),
    "DRIFT-007": Question(
        "Newest delivery is representative",
        formatting.decimal,
        _DATA_OWNER + "say how the newest delivery was drawn; it is no drift before it lasts.",
    ),
    "STRESS-001": Question(
        "Scenarios",
        formatting.share,
        "Model owner: weigh scenario {subject} against capital and limits before promotion.",
    ),
    "STRESS-002": Question(
        "Errors of measurement",
        formatting.share,
        _DEVELOPER + "smooth or bin the features whose small errors flip decisions.",
    ),
    "STRESS-003": Question(
        "Missing values",
        formatting.signed,
        "Model owner: refuse blanks of {subject}, or find a second source of what it tells.",
    ),
    "STRESS-004": Question(
        "Reverse stress",
        formatting.significant,
        "Model owner: ask how likely that multiple of scenario {subject} is.",
    ),
    "EXPL-001": Question(
        "Every decline has reasons",
        formatting.share,
        _DEVELOPER + "add reason texts for the features behind unexplained declines.",
    ),
    "EXPL-002": Question(
        "Contributions add up to the score",
        formatting.significant,
        _DEVELOPER + "do not use the reasons: contributions and score disagree.",
    ),
    "EXPL-003": Question(
        "Monotone direction holds",
        formatting.significant,
        _DEVELOPER + "{subject} acts against its declared direction; check the constraint.",
    ),
    "EXPL-004": Question(
        "Reasons survive retraining",
        formatting.share,
        _DEVELOPER + "reasons change with the training draw; look at inputs that are alike.",
    ),
    "EXPL-005": Question(
        "A second method gives the same reasons",
        formatting.share,
        _DEVELOPER + "do not use the reasons before it is understood why two methods differ.",
    ),
    "EXPL-006": Question(
        "Words of reasons fit",
        formatting.share,
        "Model owner: correct the {subject} of the reasons that are named.",
    ),
    "GOV-001": Question(
        "Inventory is complete",
        formatting.significant,
        "Model owner: complete the spec's inventory entries.",
    ),
    "GOV-002": Question(
        "Roles are separate",
        formatting.significant,
        "Model owner: name different people as owner, developer, validator and approver.",
    ),
    "GOV-003": Question(
        "Policy is in force",
        formatting.significant,
        "Model risk: put a policy pack {subject} in force for this date.",
    ),
    "GOV-004": Question(
        "Runs are in order of time",
        formatting.significant,
        "Model owner: a later champion exists; do not promote an earlier night over it.",
    ),
    "GOV-005": Question(
        "Concept is documented",
        formatting.count,
        "Model owner: write down {subject} so that a validator can judge it.",
    ),
    "GOV-006": Question(
        "Monitoring plan is there",
        formatting.days,
        "Model owner: complete the monitoring plan: {subject}.",
    ),
    "GOV-007": Question(
        "Citations still stand",
        formatting.significant,
        "Model risk: cite in {subject} what is in force now, or say that it is history.",
    ),
    "GOV-008": Question(
        "Documents that policy asks for",
        formatting.significant,
        "Model owner: prepare the {subject} and name it under documents.",
    ),
    "GOV-009": Question(
        "Can be made again",
        formatting.significant,
        _DEVELOPER + "put {subject} in order, or nobody can make this candidate again.",
    ),
}
"""Every check code of the product."""


def area(code: str) -> str:
    """The area of a check as people name it."""
    prefix = code.split("-", maxsplit=1)[0]
    return AREAS.get(prefix, prefix)


def question(code: str) -> Question:
    """What a code asks; a code not listed here is shown bare."""
    return QUESTIONS.get(
        code, Question(code, formatting.significant, "Read the explanation of {subject}.")
    )
